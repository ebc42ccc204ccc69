// The evidence itself, of referrals of ours and of received ones.

#include <algorithm>

#include "daemon/api/api.hpp"
#include "keys/age.hpp"
#include "keys/domains.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {

using control::Request;

Result<std::vector<Api::DescribedExhibit>> Api::described_exhibits(const cases::Row& row) {
    std::vector<DescribedExhibit> out;
    std::uint16_t element = 0;
    const auto add = [&](std::size_t item, const Bytes& octets) -> Result<void> {
        if (octets.empty()) {
            out.push_back({element, item, std::nullopt});
            return {};
        }
        LAPX_TRY_ASSIGN(schema::DecodedItem decoded, schema::decode_item(octets));
        out.push_back({element, item, std::get<schema::Exhibit>(std::move(decoded.value))});
        return {};
    };
    if (row.direction == cases::Direction::kOut) {
        LAPX_TRY_ASSIGN(const cases::Case value, parts_.pipeline_parts.cases.load(row.seq));
        for (std::size_t i = 0; i < value.draft.items.size(); ++i) {
            const model::DraftItem& item = value.draft.items[i];
            element += item.label == schema::Label::kExhibit ? 1 : 0;
            if (item.label == schema::Label::kExhibit && item.present) {
                LAPX_TRY(add(i + 1, item.octets));
            }
        }
        return out;
    }
    LAPX_TRY_ASSIGN(const Received got, received(row));
    std::size_t next = 0;
    for (std::size_t i = 0; i < got.manifest.items.size(); ++i) {
        const bool is_exhibit = got.manifest.items[i].label == schema::Label::kExhibit;
        element += is_exhibit ? 1 : 0;
        if (!std::holds_alternative<schema::Disclosed>(got.cover.view()->view.items.at(i))) {
            continue;
        }
        const Bytes& octets = got.items.at(next++);
        if (is_exhibit) {
            LAPX_TRY(add(i + 1, octets));
        }
    }
    return out;
}

Result<Json> Api::exhibits_json(const cases::Row& row) {
    LAPX_TRY_ASSIGN(const auto described, described_exhibits(row));
    LAPX_TRY_ASSIGN(const auto here, parts_.pipeline_parts.cases.exhibits_here(row.seq));
    const auto is_erased = [&](std::uint16_t element) {
        const auto kept = parts_.pipeline_parts.cases.exhibit(row.seq, element);
        return !kept && kept.error().code == Code::kErased;
    };
    Json out = Json::array();
    for (const DescribedExhibit& one : described) {
        out.push_back({{"exhibit", one.element},
                       {"item", one.item},
                       {"here", std::find(here.begin(), here.end(), one.element) != here.end()},
                       {"erased", is_erased(one.element)},
                       {"described", one.description.has_value()}});
    }
    return out;
}

Result<Api::Content> Api::exhibit(const Request& request, const cases::Row& named) {
    const auto number = number_from(request.path.at(3));
    if (!number) {
        return fail(Code::kInvalidArgument, "an exhibit is named by its number, from 1");
    }
    cases::Cases& store = parts_.pipeline_parts.cases;
    LAPX_TRY_ASSIGN(const cases::Row row, row_of(request, named));
    LAPX_TRY_ASSIGN(const auto described, described_exhibits(row));
    const auto one = std::find_if(described.begin(), described.end(),
                                  [&](const auto& d) { return d.element == *number; });
    if (one == described.end()) {
        return fail(Code::kNotFound,
                    "there is no exhibit " + std::to_string(*number) + "; they count from 1");
    }
    LAPX_TRY_ASSIGN(const auto kept, store.exhibit(row.seq, one->element));
    if (!one->description) {
        return fail(Code::kErased, "the description of exhibit " + std::to_string(*number));
    }
    if (!kept) {
        return fail(Code::kNotFound, "only the description of exhibit " + std::to_string(*number) +
                                         " is here: ask " + row.agency.text() + " for the rest");
    }
    LAPX_TRY_ASSIGN(auto secret, keys::Secret<32>::from(kept->identity.view()));
    const auto plain = keys::open(keys::Identity(std::move(secret)), kept->sealed);
    if (!plain || keys::digest_of<ContentDigest>(*plain) != kept->plain ||
        kept->plain != one->description->sha256) {
        return fail(Code::kDatabaseBroken,
                    "exhibit " + std::to_string(*number) + " is not what was kept");
    }
    return Content{{{"sha256", to_string(kept->plain)},
                    {"size", plain->size()},
                    {"name", one->description->name},
                    {"media_type", one->description->media_type},
                    {"octets_base64", base64(*plain)}},
                   disclosure::octets_are_confidential(parts_.pipeline_parts.policy)};
}

}  // namespace lapx::daemon
