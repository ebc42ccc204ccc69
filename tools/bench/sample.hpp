#pragma once
// The referral that everything is measured with: a pro forma whose disclosed items are 4 KiB of
// octets together, without an e-mail or exhibits.

#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "schema/base/result.hpp"
#include "schema/codec/items.hpp"

namespace lapx::bench {

inline constexpr std::size_t kItemOctets = 4096;
inline constexpr schema::Kind kKind = schema::Kind::kAssistance;

struct SampleItem {
    schema::Label label;
    std::string text;  // as a person types it
    schema::ItemValue value;
};

// The present items in template order; `facts` is as long as it takes to come to kItemOctets, or a
// few octets below. Errors: kInvalidArgument.
Result<std::vector<SampleItem>> sample_items();

// The body of POST /v1/drafts that files it for `to` ("spam@acma.example") and sends it at once.
// Errors: kInvalidArgument.
Result<nlohmann::json> sample_request(const std::string& to);

}  // namespace lapx::bench
