#include <algorithm>

#include "schema/base/text.hpp"
#include "schema/notes/card.hpp"
#include "schema/notes/lines.hpp"

namespace lapx::schema {
namespace {

Result<std::vector<std::string>> languages_from(std::string_view text) {
    LAPX_TRY_ASSIGN(std::vector<std::string> tags, list_from(text));
    if (!std::all_of(tags.begin(), tags.end(),
                     [](const std::string& tag) { return is_language_tag(tag); })) {
        return fail(Code::kInvalidArgument);
    }
    return tags;
}

Result<DeskBlock> read_desk(LineReader& in) {
    DeskBlock desk;
    LAPX_TRY_ASSIGN(desk.id, in.read("desk", shaped(is_desk_id)));
    LAPX_TRY_ASSIGN(desk.role, in.read("role", text_from));
    LAPX_TRY_ASSIGN(auto topics, in.read_optional("topics", list_from));
    desk.topics = std::move(topics).value_or(std::vector<std::string>{});
    LAPX_TRY_ASSIGN(desk.languages, in.read("languages", languages_from));
    LAPX_TRY_ASSIGN(desk.phone, in.read_optional("phone", text_from));
    LAPX_TRY_ASSIGN(desk.mail, in.read_optional("mail", text_from));
    LAPX_TRY_ASSIGN(desk.hours, in.read_optional("hours", text_from));
    LAPX_TRY_ASSIGN(desk.closed, in.read_all("closed", 0, kMaxClosedDates, date_from));
    LAPX_TRY_ASSIGN(desk.deputy, in.read_optional("deputy", shaped(is_desk_id)));
    LAPX_TRY_ASSIGN(desk.recipient, in.read("recipient", shaped(is_recipient)));
    return desk;
}

// At least one; ids are unique, and deputies are among them.
Result<std::vector<DeskBlock>> read_desks(LineReader& in) {
    std::vector<DeskBlock> desks;
    do {
        LAPX_TRY_ASSIGN(DeskBlock desk, read_desk(in));
        desks.push_back(std::move(desk));
    } while (!in.at_end() && desks.size() < kMaxDesks);
    const auto count = [&](const std::string& id) {
        return std::count_if(desks.begin(), desks.end(),
                             [&](const DeskBlock& desk) { return desk.id == id; });
    };
    for (const DeskBlock& desk : desks) {
        if (count(desk.id) != 1 || (desk.deputy && count(*desk.deputy) != 1)) {
            return in.malformed();
        }
    }
    return desks;
}

void put_optional(std::string& out, std::string_view key, const std::optional<std::string>& value) {
    if (value) {
        put_line(out, key, *value);
    }
}

void put_desk(std::string& out, const DeskBlock& desk) {
    put_line(out, "desk", desk.id);
    put_line(out, "role", desk.role);
    if (!desk.topics.empty()) {
        put_line(out, "topics", join(desk.topics, ","));
    }
    put_line(out, "languages", join(desk.languages, ","));
    put_optional(out, "phone", desk.phone);
    put_optional(out, "mail", desk.mail);
    put_optional(out, "hours", desk.hours);
    for (const Date date : desk.closed) {
        put_line(out, "closed", date_text(date));
    }
    put_optional(out, "deputy", desk.deputy);
    put_line(out, "recipient", desk.recipient);
}

}  // namespace

const DeskBlock* Notice::find(std::string_view desk_id) const {
    const auto found = std::find_if(desks.begin(), desks.end(),
                                    [&](const DeskBlock& desk) { return desk.id == desk_id; });
    return found == desks.end() ? nullptr : &*found;
}

Result<Notice> parse_notice(std::string_view text) {
    LineReader in("notice", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kNoticeForm));
    LAPX_TRY_ASSIGN(Agency agency, in.read("agency", Agency::parse));
    LAPX_TRY_ASSIGN(const std::uint64_t serial, in.read("serial", number_from));
    if (serial == 0) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const Time not_before, in.read("not-before", time_from));
    LAPX_TRY_ASSIGN(const Time expires, in.read("expires", time_from));
    if (expires <= not_before || expires - not_before > kMaxNoticeLife) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(auto curve, in.read_all("curve", 1, kMaxCurveKeys, octets32_from));
    if (curve.front() == curve.back() && curve.size() > 1) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(auto endpoints, in.read_all("endpoint", 0, kMaxEndpoints, shaped(is_endpoint)));
    LAPX_TRY_ASSIGN(auto relays, in.read_all("relay", 0, kMaxRelays, Agency::parse));
    LAPX_TRY_ASSIGN(std::string zone, in.read("zone", shaped(is_zone_name)));
    LAPX_TRY_ASSIGN(auto desks, read_desks(in));
    LAPX_TRY(in.end());
    return Notice{std::move(agency), serial,           not_before,
                  expires,           std::move(curve), std::move(endpoints),
                  std::move(relays), std::move(zone),  std::move(desks)};
}

std::string print_notice(const Notice& notice) {
    std::string out;
    out += kNoticeForm;
    out += '\n';
    put_line(out, "agency", notice.agency.text());
    put_line(out, "serial", notice.serial);
    put_line(out, "not-before", to_string(notice.not_before));
    put_line(out, "expires", to_string(notice.expires));
    for (const auto& key : notice.curve) {
        put_line(out, "curve", base64(key));
    }
    for (const std::string& endpoint : notice.endpoints) {
        put_line(out, "endpoint", endpoint);
    }
    for (const Agency& relay : notice.relays) {
        put_line(out, "relay", relay.text());
    }
    put_line(out, "zone", notice.zone);
    for (const DeskBlock& desk : notice.desks) {
        put_desk(out, desk);
    }
    return out;
}

}  // namespace lapx::schema
