#include "tools/intake/feedback.hpp"

#include "schema/base/text.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/received.hpp"
#include "tools/intake/safe_text.hpp"

namespace lapx::tools::intake {
namespace {

namespace format = schema::intake;

void add(std::vector<std::string>& list, std::string value) {
    if (list.size() < format::kMaxReported && !value.empty()) {
        list.push_back(std::move(value));
    }
}

void take_field(const std::string& name, const std::string& value, const ReadDate& read_date,
                format::Feedback& out) {
    if (name == "feedback-type") {
        out.type = clean_line(value, format::kMaxLine);
    } else if (name == "user-agent") {
        out.user_agent = clean_line(value, format::kMaxLine);
    } else if (name == "source-ip") {
        out.source_ip = read_received("from x (" + value + ")").ip;
    } else if (name == "source-port") {
        const auto port = number_from(value);
        if (port && *port > 0 && *port <= 65'535) {
            out.source_port = static_cast<std::uint16_t>(*port);
        }
    } else if (name == "arrival-date" || name == "received-date") {
        out.arrival = read_date(value);
    } else if (name == "incidents") {
        const auto count = number_from(value);
        if (count && *count <= std::uint64_t{1} << 32) {
            out.incidents = *count;
        }
    } else if (name == "reported-domain") {
        add(out.reported_domains, to_lower(clean_line(value, format::kMaxHost)));
    } else if (name == "reported-uri") {
        add(out.reported_urls, clean_line(value, format::kMaxUrl));
    }
}

}  // namespace

format::Feedback read_feedback(std::string_view octets, const ReadDate& read_date) {
    format::Feedback out;
    std::string name;
    std::string value;
    for (const std::string_view line : split(octets, '\n')) {
        const bool continued = !line.empty() && (line.front() == ' ' || line.front() == '\t');
        const std::string text = clean_line(line, 2 * format::kMaxUrl);
        if (continued && value.size() < format::kMaxUrl) {
            value += (value.empty() ? "" : " ") + text;
            continue;
        }
        take_field(name, value, read_date, out);
        const std::size_t colon = text.find(':');
        name = colon == std::string::npos ? "" : to_lower(text.substr(0, colon));
        value = colon == std::string::npos ? "" : clean_line(text.substr(colon + 1), text.size());
    }
    take_field(name, value, read_date, out);
    return out;
}

}  // namespace lapx::tools::intake
