#pragma once
// GMime objects with owners, and the few things that are asked of them.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmime/gmime.h>

#include "schema/base/time.hpp"
#include "schema/intake/mail.hpp"

namespace lapx::tools::intake {

struct Unref {
    void operator()(gpointer object) const { g_object_unref(object); }
};
template <typename T>
using Owned = std::unique_ptr<T, Unref>;

// Null where GMime finds no message at all.
Owned<GMimeMessage> read_message(std::string_view octets);

// The value of a header field, unfolded, as the mail has it; in order of appearance.
std::vector<std::string> fields(GMimeMessage* message, const char* name, std::size_t most);
std::string field(GMimeMessage* message, const char* name);  // the first; empty if there is none

// Years 2000 to 2999 only: what a time in lapx can be.
std::optional<Time> read_date(const std::string& text);

// Flattens groups; adds to `out` until it holds `most`. Gives the number of all addresses.
std::size_t add_addresses(InternetAddressList* list, std::size_t most,
                          std::vector<schema::intake::Address>& out);
std::vector<schema::intake::Address> read_addresses(const std::string& field, std::size_t most);

// "text/html", in lower case.
std::string media_type(GMimeObject* part);

// At most `max` decoded octets.
std::string decoded(GMimePart* part, std::size_t max);
// The same as UTF-8, from the part's character set. `clean` turns false if it is not known.
std::string decoded_text(GMimePart* part, std::size_t max, bool& clean);

struct Measured {
    std::uint64_t size = 0;
    std::string sha256;
};
Measured measure(GMimePart* part);  // over all decoded octets

// Calls `visit` for each part that is no multipart, in order. It does not enter embedded messages.
// False if parts were left out because they are too deep or too many.
bool each_leaf(GMimeObject* root, const std::function<void(GMimeObject*)>& visit);

}  // namespace lapx::tools::intake
