#include "schema/intake/answer.hpp"

#include <algorithm>
#include <set>

#include <nlohmann/json.hpp>

#include "schema/base/text.hpp"
#include "schema/intake/limits.hpp"

namespace lapx::schema::intake {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 8;

// Reads the members of one object. The first thing wrong is remembered; what is read after that
// does not count.
class Reader {
  public:
    explicit Reader(const json& object) : object_(object) {
        if (!object_.is_object()) {
            wrong("not an object");
        }
    }

    const json& member(const char* key) {
        static const json kNull;
        ++read_;
        const auto found = object_.is_object() ? object_.find(key) : object_.end();
        if (!object_.is_object() || found == object_.end()) {
            wrong(std::string(key) + " is missing");
            return kNull;
        }
        return *found;
    }

    std::string line(const char* key, std::size_t max = kMaxLine) {
        return line_of(member(key), key, max);
    }

    std::string line_of(const json& value, const char* key, std::size_t max) {
        const auto* text = value.get_ptr<const std::string*>();
        if (text == nullptr || (!text->empty() && !is_line(*text, max))) {
            wrong(std::string(key) + " is not a line within its limit");
            return {};
        }
        return *text;
    }

    std::uint64_t number(const char* key, std::uint64_t max) {
        return number_of(member(key), key, max);
    }

    template <typename T>
    std::optional<T> optional_number(const char* key, std::uint64_t max) {
        const json& value = member(key);
        if (value.is_null()) {
            return std::nullopt;
        }
        return static_cast<T>(number_of(value, key, max));
    }

    bool boolean(const char* key) {
        const json& value = member(key);
        if (!value.is_boolean()) {
            wrong(std::string(key) + " is not true or false");
            return false;
        }
        return value.get<bool>();
    }

    std::optional<Time> time(const char* key) {
        const json& value = member(key);
        if (value.is_null()) {
            return std::nullopt;
        }
        const auto parsed = time_from(line_of(value, key, kMaxLine));
        if (!parsed) {
            wrong(std::string(key) + " is not a time");
            return std::nullopt;
        }
        return *parsed;
    }

    std::vector<std::string> lines(const char* key, std::size_t most, std::size_t max = kMaxLine) {
        std::vector<std::string> out;
        for (const json& element : elements(key, most)) {
            out.push_back(line_of(element, key, max));
        }
        return out;
    }

    // `read` makes a T from a Reader of one element.
    template <typename T, typename Read>
    std::vector<T> list(const char* key, std::size_t most, Read read) {
        std::vector<T> out;
        for (const json& element : elements(key, most)) {
            Reader reader(element);
            out.push_back(read(reader));
            absorb(reader);
        }
        return out;
    }

    template <typename T, typename Read>
    T object(const char* key, Read read) {
        Reader reader(member(key));
        T out = read(reader);
        absorb(reader);
        return out;
    }

    template <typename T, typename Read>
    std::optional<T> optional_object(const char* key, Read read) {
        const json& value = member(key);
        if (value.is_null()) {
            return std::nullopt;
        }
        Reader reader(value);
        T out = read(reader);
        absorb(reader);
        return out;
    }

    std::string preview(const char* key) {
        const auto* text = member(key).get_ptr<const std::string*>();
        const auto is_bad = [](char c) {
            const auto octet = static_cast<unsigned char>(c);
            return (octet < 0x20 && c != '\n' && c != '\t') || octet == 0x7f;
        };
        if (text == nullptr || text->size() > kMaxPreview ||
            std::any_of(text->begin(), text->end(), is_bad)) {
            wrong(std::string(key) + " is not a text within its limit");
            return {};
        }
        return *text;
    }

    // What is wrong, after everything was read; empty if nothing is.
    std::string problem() {
        if (problem_.empty() && read_ != object_.size()) {
            wrong("there are unknown keys");
        }
        return problem_;
    }

  private:
    void wrong(std::string what) {
        if (problem_.empty()) {
            problem_ = std::move(what);
        }
    }

    void absorb(Reader& other) {
        if (const std::string problem = other.problem(); !problem.empty()) {
            wrong(problem);
        }
    }

    std::uint64_t number_of(const json& value, const char* key, std::uint64_t max) {
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > max) {
            wrong(std::string(key) + " is not a number within its limit");
            return 0;
        }
        return value.get<std::uint64_t>();
    }

    const json& elements(const char* key, std::size_t most) {
        static const json kEmpty = json::array();
        const json& value = member(key);
        if (!value.is_array() || value.size() > most) {
            wrong(std::string(key) + " is not a list within its limit");
            return kEmpty;
        }
        return value;
    }

    const json& object_;
    std::size_t read_ = 0;
    std::string problem_;
};

constexpr std::uint64_t kMaxPort = 65'535;
constexpr std::uint64_t kMaxCount = std::uint64_t{1} << 53;

Address read_address(Reader& in) { return {in.line("display"), in.line("address")}; }

Hop read_hop(Reader& in) {
    return {in.line("from", kMaxHost), in.line("by", kMaxHost), in.line("ip", kMaxHost),
            in.time("at")};
}

IpSeen read_ip(Reader& in) {
    return {in.line("ip", kMaxHost), in.optional_number<std::uint16_t>("port", kMaxPort),
            in.time("at")};
}

Url read_url(Reader& in) { return {in.line("url", kMaxUrl), in.boolean("personal")}; }

HeaderAddress read_header_address(Reader& in) { return {in.line("field"), in.line("address")}; }

Attachment read_attachment(Reader& in) {
    return {in.line("name", kMaxFileName), in.line("media_type", kMaxMediaType),
            in.number("size", kMaxMail), in.line("sha256", 64)};
}

Feedback read_feedback(Reader& in) {
    Feedback out;
    out.type = in.line("type");
    out.user_agent = in.line("user_agent");
    out.source_ip = in.line("source_ip", kMaxHost);
    out.source_port = in.optional_number<std::uint16_t>("source_port", kMaxPort);
    out.arrival = in.time("arrival");
    out.incidents = in.optional_number<std::uint64_t>("incidents", kMaxCount);
    out.reported_domains = in.lines("reported_domains", kMaxReported, kMaxHost);
    out.reported_urls = in.lines("reported_urls", kMaxReported, kMaxUrl);
    return out;
}

Carrier read_carrier(Reader& in) {
    Carrier out;
    out.from = in.object<Address>("from", read_address);
    out.subject = in.line("subject");
    out.message_id = in.line("message_id");
    out.feedback = in.optional_object<Feedback>("feedback", read_feedback);
    return out;
}

Mail read_mail(Reader& in) {
    Mail out;
    out.carrier = in.optional_object<Carrier>("carrier", read_carrier);
    out.subject = in.line("subject");
    out.from = in.object<Address>("from", read_address);
    out.recipients = in.lines("recipients", kMaxRecipients);
    out.recipient_count = in.number("recipient_count", kMaxCount);
    out.date_raw = in.line("date_raw");
    out.date = in.time("date");
    out.message_id = in.line("message_id");
    out.received = in.list<Hop>("received", kMaxHops, read_hop);
    out.ips = in.list<IpSeen>("ips", kMaxIps, read_ip);
    out.urls = in.list<Url>("urls", kMaxUrls, read_url);
    out.domains = in.lines("domains", kMaxDomains, kMaxHost);
    out.mail_addresses =
        in.list<HeaderAddress>("mail_addresses", kMaxMailAddresses, read_header_address);
    out.attachments = in.list<Attachment>("attachments", kMaxAttachments, read_attachment);
    out.authentication_results = in.lines("authentication_results", kMaxAuthenticationResults);
    out.problems = in.lines("problems", kMaxProblems);
    out.text_preview = in.preview("text_preview");
    return out;
}

// nlohmann's parser is iterative, but what it builds is taken apart recursively: depth is checked
// before it sees the text.
bool is_too_deep(std::string_view text) {
    int depth = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            i += c == '\\' ? 1 : 0;
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > kMaxDepth) {
                return true;
            }
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return false;
}

// Nothing if the text is no JSON, or an object has the same key twice.
std::optional<json> parse_json(std::string_view text) {
    std::vector<std::set<std::string>> keys;
    bool repeated = false;
    const auto watch = [&](int /*depth*/, json::parse_event_t event, json& value) {
        if (event == json::parse_event_t::object_start) {
            keys.emplace_back();
        } else if (event == json::parse_event_t::object_end) {
            keys.pop_back();
        } else if (event == json::parse_event_t::key) {
            repeated |= !keys.back().insert(value.get<std::string>()).second;
        }
        return true;
    };
    json document = json::parse(text, watch, false);
    if (document.is_discarded() || repeated) {
        return std::nullopt;
    }
    return document;
}

}  // namespace

Result<Mail> parse_answer(std::string_view text) {
    if (text.size() > kMaxAnswer || is_too_deep(text)) {
        return fail(Code::kIntakeRefused, "the worker's answer is too large");
    }
    const auto document = parse_json(text);
    if (!document || !document->is_object() || document->size() != 1) {
        return fail(Code::kIntakeRefused, "the worker's answer is malformed");
    }
    if (const auto refused = document->find("refused"); refused != document->end()) {
        Reader reader(*document);
        std::string reason = reader.line("refused");
        return fail(Code::kIntakeRefused,
                    reader.problem().empty() ? std::move(reason) : "the worker gave no reason");
    }
    Reader reader(*document);
    Mail mail = reader.object<Mail>("mail", read_mail);
    if (const std::string problem = reader.problem(); !problem.empty()) {
        return fail(Code::kIntakeRefused, "the worker's answer is malformed: " + problem);
    }
    return mail;
}

}  // namespace lapx::schema::intake
