#include "schema/intake/answer.hpp"

#include <nlohmann/json.hpp>

namespace lapx::schema::intake {
namespace {

using nlohmann::json;

json to_json(const std::optional<Time>& time) {
    return time ? json(lapx::to_string(*time)) : json(nullptr);
}

template <typename T>
json number_or_null(const std::optional<T>& number) {
    return number ? json(*number) : json(nullptr);
}

json to_json(const Address& address) {
    return {{"display", address.display}, {"address", address.address}};
}

json to_json(const Hop& hop) {
    return {{"from", hop.from}, {"by", hop.by}, {"ip", hop.ip}, {"at", to_json(hop.at)}};
}

json to_json(const IpSeen& seen) {
    return {{"ip", seen.ip}, {"port", number_or_null(seen.port)}, {"at", to_json(seen.at)}};
}

json to_json(const Url& url) { return {{"url", url.url}, {"personal", url.personal}}; }

json to_json(const HeaderAddress& address) {
    return {{"field", address.field}, {"address", address.address}};
}

json to_json(const Attachment& file) {
    return {{"name", file.name},
            {"media_type", file.media_type},
            {"size", file.size},
            {"sha256", file.sha256}};
}

json to_json(const Feedback& feedback) {
    return {{"type", feedback.type},
            {"user_agent", feedback.user_agent},
            {"source_ip", feedback.source_ip},
            {"source_port", number_or_null(feedback.source_port)},
            {"arrival", to_json(feedback.arrival)},
            {"incidents", number_or_null(feedback.incidents)},
            {"reported_domains", feedback.reported_domains},
            {"reported_urls", feedback.reported_urls}};
}

json to_json(const Carrier& carrier) {
    return {{"from", to_json(carrier.from)},
            {"subject", carrier.subject},
            {"message_id", carrier.message_id},
            {"feedback", carrier.feedback ? to_json(*carrier.feedback) : json(nullptr)}};
}

template <typename T>
json list(const std::vector<T>& elements) {
    json out = json::array();
    for (const T& element : elements) {
        out.push_back(to_json(element));
    }
    return out;
}

json to_json(const Mail& mail) {
    return {{"carrier", mail.carrier ? to_json(*mail.carrier) : json(nullptr)},
            {"subject", mail.subject},
            {"from", to_json(mail.from)},
            {"recipients", mail.recipients},
            {"recipient_count", mail.recipient_count},
            {"date_raw", mail.date_raw},
            {"date", to_json(mail.date)},
            {"message_id", mail.message_id},
            {"received", list(mail.received)},
            {"ips", list(mail.ips)},
            {"urls", list(mail.urls)},
            {"domains", mail.domains},
            {"mail_addresses", list(mail.mail_addresses)},
            {"attachments", list(mail.attachments)},
            {"authentication_results", mail.authentication_results},
            {"problems", mail.problems},
            {"text_preview", mail.text_preview}};
}

}  // namespace

std::string print_mail(const Mail& mail) {
    return json{{"mail", to_json(mail)}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string print_for_person(const Mail& mail) {
    return to_json(mail).dump(2, ' ', false, json::error_handler_t::replace);
}

std::string print_refusal(std::string_view reason) {
    return json{{"refused", reason}}.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace lapx::schema::intake
