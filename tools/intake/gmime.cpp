#include "tools/intake/gmime.hpp"

#include <array>

#include "schema/base/text.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/prescan.hpp"
#include "tools/intake/safe_text.hpp"

namespace lapx::tools::intake {
namespace {

using schema::intake::Address;

constexpr int kMaxDepth = 32;      // of parts
constexpr int kMaxGroupDepth = 4;  // of address groups
constexpr const char* kFallbackCharset = "windows-1252";

std::string unfolded(const char* raw) { return clean_line(raw == nullptr ? "" : raw, kMaxField); }

std::size_t add_addresses_at(InternetAddressList* list, std::size_t most, std::vector<Address>& out,
                             int depth) {
    std::size_t count = 0;
    const int length = list == nullptr ? 0 : internet_address_list_length(list);
    for (int i = 0; i < length; ++i) {
        InternetAddress* address = internet_address_list_get_address(list, i);
        if (INTERNET_ADDRESS_IS_GROUP(address)) {
            if (depth < kMaxGroupDepth) {
                count += add_addresses_at(
                    internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)), most, out,
                    depth + 1);
            }
            continue;
        }
        const char* name = internet_address_get_name(address);
        const char* mailbox = internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(address));
        Address entry{clean_line(name == nullptr ? "" : name, schema::intake::kMaxLine),
                      clean_line(mailbox == nullptr ? "" : mailbox, schema::intake::kMaxLine)};
        if (entry.address.empty()) {
            continue;
        }
        ++count;
        if (out.size() < most) {
            out.push_back(std::move(entry));
        }
    }
    return count;
}

// The content of a part, decoded as it is read, and through `filter` if there is one. Null if the
// part has none.
Owned<GMimeStream> open_content(GMimePart* part, GMimeFilter* filter) {
    GMimeDataWrapper* content = g_mime_part_get_content(part);
    GMimeStream* raw = content == nullptr ? nullptr : g_mime_data_wrapper_get_stream(content);
    if (raw == nullptr || g_mime_stream_reset(raw) != 0) {
        return nullptr;
    }
    Owned<GMimeStream> stream(g_mime_stream_filter_new(raw));
    const Owned<GMimeFilter> decoder(
        g_mime_filter_basic_new(g_mime_data_wrapper_get_encoding(content), FALSE));
    g_mime_stream_filter_add(GMIME_STREAM_FILTER(stream.get()), decoder.get());
    if (filter != nullptr) {
        g_mime_stream_filter_add(GMIME_STREAM_FILTER(stream.get()), filter);
    }
    return stream;
}

// Hands each piece to `take` until it says stop. (GMime's own bounded memory stream neither grows
// nor stops.)
void read_pieces(GMimeStream* stream, const std::function<bool(std::string_view)>& take) {
    std::array<char, 16'384> buffer{};
    while (stream != nullptr) {
        const ssize_t got = g_mime_stream_read(stream, buffer.data(), buffer.size());
        if (got <= 0 || !take({buffer.data(), static_cast<std::size_t>(got)})) {
            return;
        }
    }
}

std::string read_some(GMimePart* part, GMimeFilter* filter, std::size_t max) {
    std::string out;
    read_pieces(open_content(part, filter).get(), [&](std::string_view piece) {
        out += piece.substr(0, max - out.size());
        return out.size() < max;
    });
    return out;
}

Owned<GMimeFilter> charset_filter(const char* charset) {
    return Owned<GMimeFilter>(g_mime_filter_charset_new(charset, "utf-8"));
}

bool each_leaf_at(GMimeObject* part, const std::function<void(GMimeObject*)>& visit, int depth,
                  std::size_t& seen) {
    if (part == nullptr) {
        return true;
    }
    if (depth > kMaxDepth || ++seen > kMaxParts) {
        return false;
    }
    if (!GMIME_IS_MULTIPART(part)) {
        visit(part);
        return true;
    }
    bool all = true;
    GMimeMultipart* multipart = GMIME_MULTIPART(part);
    const int count = g_mime_multipart_get_count(multipart);
    for (int i = 0; i < count; ++i) {
        all &= each_leaf_at(g_mime_multipart_get_part(multipart, i), visit, depth + 1, seen);
    }
    return all;
}

}  // namespace

Owned<GMimeMessage> read_message(std::string_view octets) {
    const Owned<GMimeStream> stream(
        g_mime_stream_mem_new_with_buffer(octets.data(), octets.size()));
    const Owned<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
    return Owned<GMimeMessage>(g_mime_parser_construct_message(parser.get(), nullptr));
}

std::vector<std::string> fields(GMimeMessage* message, const char* name, std::size_t most) {
    std::vector<std::string> out;
    GMimeHeaderList* headers = g_mime_object_get_header_list(GMIME_OBJECT(message));
    const int count = g_mime_header_list_get_count(headers);
    for (int i = 0; i < count && out.size() < most; ++i) {
        GMimeHeader* header = g_mime_header_list_get_header_at(headers, i);
        if (equal_ignoring_case(g_mime_header_get_name(header), name)) {
            out.push_back(unfolded(g_mime_header_get_raw_value(header)));
        }
    }
    return out;
}

std::string field(GMimeMessage* message, const char* name) {
    std::vector<std::string> all = fields(message, name, 1);
    return all.empty() ? std::string() : std::move(all.front());
}

std::optional<Time> read_date(const std::string& text) {
    GDateTime* date = text.empty() ? nullptr : g_mime_utils_header_decode_date(text.c_str());
    if (date == nullptr) {
        return std::nullopt;
    }
    const Time time{std::chrono::seconds{g_date_time_to_unix(date)}};
    g_date_time_unref(date);
    return time_from(lapx::to_string(time)) ? std::optional<Time>(time) : std::nullopt;
}

std::size_t add_addresses(InternetAddressList* list, std::size_t most, std::vector<Address>& out) {
    return add_addresses_at(list, most, out, 0);
}

std::vector<Address> read_addresses(const std::string& field, std::size_t most) {
    std::vector<Address> out;
    const Owned<InternetAddressList> list(internet_address_list_parse(nullptr, field.c_str()));
    add_addresses(list.get(), most, out);
    return out;
}

std::string media_type(GMimeObject* part) {
    GMimeContentType* type = g_mime_object_get_content_type(part);
    if (type == nullptr) {
        return "text/plain";
    }
    char* text = g_mime_content_type_get_mime_type(type);
    std::string out = to_lower(clean_line(text, schema::intake::kMaxMediaType));
    g_free(text);
    return out;
}

std::string decoded(GMimePart* part, std::size_t max) { return read_some(part, nullptr, max); }

std::string decoded_text(GMimePart* part, std::size_t max, bool& clean) {
    const char* charset = g_mime_object_get_content_type_parameter(GMIME_OBJECT(part), "charset");
    const std::string name = charset == nullptr ? "" : to_lower(charset);
    const bool plain = name.empty() || name == "utf-8" || name == "us-ascii";
    Owned<GMimeFilter> filter = plain ? nullptr : charset_filter(charset);
    if (!filter) {
        std::string octets = decoded(part, max);
        clean &= plain;
        if (is_utf8(octets) || name == "utf-8") {
            return to_utf8(octets);
        }
        filter = charset_filter(kFallbackCharset);
    }
    return to_utf8(read_some(part, filter.get(), max));
}

Measured measure(GMimePart* part) {
    const Owned<GMimeFilter> checksum(g_mime_filter_checksum_new(G_CHECKSUM_SHA256));
    Measured out;
    read_pieces(open_content(part, checksum.get()).get(), [&](std::string_view piece) {
        out.size += piece.size();
        return true;
    });
    char* text = g_mime_filter_checksum_get_string(GMIME_FILTER_CHECKSUM(checksum.get()));
    out.sha256 = text;
    g_free(text);
    return out;
}

bool each_leaf(GMimeObject* root, const std::function<void(GMimeObject*)>& visit) {
    std::size_t seen = 0;
    return each_leaf_at(root, visit, 0, seen);
}

}  // namespace lapx::tools::intake
