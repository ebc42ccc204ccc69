#include <initializer_list>

#include "schema/base/text.hpp"
#include "schema/codec/item_text.hpp"
#include "schema/codec/money.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

std::string time_or_empty(const std::optional<Time>& time) {
    return time ? to_string(*time) : std::string();
}

std::string keyed(std::string_view key, std::string_view value) {
    return value.empty() ? std::string() : std::string(key) + '=' + std::string(value);
}

// The parts that are not empty.
std::string joined(std::initializer_list<std::string> parts, std::string_view separator) {
    std::vector<std::string> some;
    for (const std::string& part : parts) {
        if (!part.empty()) {
            some.push_back(part);
        }
    }
    return join(some, separator);
}

// Fields by place: empty ones are kept, but not at the end.
std::string placed(std::initializer_list<std::string> fields) {
    std::string out;
    std::string gap;
    for (const std::string& field : fields) {
        if (!field.empty()) {
            out += gap + field;
            gap.clear();
        }
        gap += "; ";
    }
    return out;
}

template <typename E>
std::string word(E value) {
    return std::string(word_of(value));
}

struct Describer {
    std::string operator()(const Absent&) const { return {}; }
    std::string operator()(const Text& v) const { return v.text; }
    std::string operator()(const Officer& v) const {
        return placed({v.name, v.position, v.phone, v.mail});
    }
    std::string operator()(const Addressees& v) const {
        std::vector<std::string> desks;
        for (const Desk& desk : v.desks) {
            desks.push_back(desk.text());
        }
        return join(desks, ",");
    }
    std::string operator()(const LegalBasis& v) const {
        std::vector<std::string> parts;
        for (const std::string& law : v.own_law) {
            parts.push_back(keyed("own", law));
        }
        for (const std::string& law : v.law_abroad) {
            parts.push_back(keyed("abroad", law));
        }
        for (const std::string& name : v.instrument) {
            parts.push_back(keyed("instrument", name));
        }
        if (v.similar_prohibition) {
            parts.emplace_back("similar");
        }
        return join(parts, "; ");
    }
    std::string operator()(const Conduct& v) const {
        return joined({v.rsit, word(v.channel)}, " ");
    }
    std::string operator()(const Seen& v) const {
        const std::string last = v.last ? '/' + to_string(*v.last) : std::string();
        return joined({time_or_empty(v.first) + last, word(v.precision)}, " ");
    }
    std::string operator()(const Jurisdictions& v) const {
        return joined({keyed("origin", join(v.origin, ",")), keyed("hosting", join(v.hosting, ",")),
                       keyed("victims", join(v.victims, ","))},
                      " ");
    }
    std::string operator()(const Scale& v) const {
        const auto number = [](std::string_view key, const std::optional<std::uint64_t>& count) {
            return count ? keyed(key, std::to_string(*count)) : std::string();
        };
        const std::string loss =
            v.loss ? keyed("loss", money_text({*v.loss, v.currency})) : std::string();
        return joined({number("complaints", v.complaints), number("messages", v.messages),
                       number("victims", v.victims), loss, word(v.counting)},
                      " ");
    }
    std::string operator()(const Indicator& v) const {
        return joined({word(v.type), v.value, v.port ? keyed("port", std::to_string(*v.port)) : "",
                       keyed("at", time_or_empty(v.at))},
                      " ");
    }
    std::string operator()(const Party& v) const {
        return joined({placed({word(v.role), v.name, join(v.identifiers, ", ")}),
                       keyed("country", v.country), keyed("confidence", word(v.confidence))},
                      "; ");
    }
    std::string operator()(const Complainant& v) const {
        return placed({v.name, v.mail, v.phone, v.country, v.reference});
    }
    std::string operator()(const Custodian& v) const {
        return placed({v.organisation, v.holds, time_or_empty(v.log_expiry)});
    }
    std::string operator()(const Preservation& v) const {
        return placed({v.data, v.necessity, v.formal_follow_up ? "formal" : ""});
    }
    std::string operator()(const Assistance& v) const {
        return joined(
            {v.id == 0 ? "" : '#' + std::to_string(v.id), placed({v.what, word(v.status)})}, " ");
    }
    std::string operator()(const Inquiry& v) const {
        return placed({word(v.kind), v.agency, v.reference, v.text});
    }
    std::string operator()(const Urgency& v) const {
        return joined({word(v.level), keyed("reply-by", time_or_empty(v.reply_by)), v.reason}, " ");
    }
    std::string operator()(const Secrecy& v) const {
        const bool none = !v.not_subject && !v.not_isp && !v.not_press;
        const std::string whom = joined(
            {v.not_subject ? "subject" : "", v.not_isp ? "isp" : "", v.not_press ? "press" : ""},
            " ");
        return placed({none ? "none" : "do not alert " + whom, v.why});
    }
    std::string operator()(const Exhibit& v) const {
        return joined(
            {v.name, v.media_type, std::to_string(v.size) + " octets",
             "sha256 " + hex(v.sha256.view()), word(v.state), keyed("acquired-by", v.acquired_by),
             keyed("at", time_or_empty(v.acquired_at)), keyed("where", v.acquired_where),
             keyed("how", v.acquired_how), keyed("tool", v.tool)},
            "; ");
    }
    std::string operator()(const Grading& v) const { return v.source + v.information; }
    std::string operator()(const Provenance& v) const {
        return placed({v.partner, v.reference, v.terms});
    }
    std::string operator()(const DataProtection& v) const {
        const std::string day =
            v.destroy_by ? date_text(std::chrono::floor<std::chrono::days>(*v.destroy_by)) : "";
        return joined({word(v.basis), keyed("destroy-by", day), v.text}, " ");
    }
    std::string operator()(const Redacted& v) const { return placed({v.label, v.text}); }
};

}  // namespace

std::string describe_item(const ItemValue& value) { return std::visit(Describer{}, value); }

}  // namespace lapx::schema
