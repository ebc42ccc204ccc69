#include "daemon/cases/record.hpp"

#include <nlohmann/json.hpp>

namespace lapx::cases {
namespace {

using nlohmann::json;

template <typename E>
std::string word(E value) {
    return std::string(schema::word_of(value));
}

json print_handling(const model::Handling& handling) {
    json uses = json::array();
    for (const schema::Use use : handling.uses) {
        uses.push_back(word(use));
    }
    json agencies = json::array();
    for (const Agency& agency : handling.onward.agencies) {
        agencies.push_back(agency.text());
    }
    json out = {{"tlp", word(handling.tlp)},
                {"pap", word(handling.pap)},
                {"uses", uses},
                {"onward", static_cast<int>(handling.onward.rule)},
                {"agencies", agencies},
                {"no_resale", handling.no_resale}};
    if (handling.until) {
        out["until"] = to_string(*handling.until);
    }
    if (handling.attribution) {
        out["attribution"] = *handling.attribution;
    }
    return out;
}

json print_name(const model::ItemName& name) {
    return {{"label", word(name.label)}, {"element", name.element}};
}

json print_withhold(const model::Withhold& withhold) {
    json out = print_name(withhold.item);
    out["reason"] = word(withhold.reason);
    out["shown"] = word(withhold.shown);
    out["basis"] = withhold.basis;
    out["decider"] = withhold.decider;
    out["derivative"] = withhold.derivative;
    if (withhold.from) {
        out["from"] = withhold.from->text();
    }
    return out;
}

json print_wholly(const std::vector<model::WhollyWithheld>& wholly) {
    json out = json::array();
    for (const model::WhollyWithheld& one : wholly) {
        out.push_back({{"from", one.from.text()},
                       {"reason", word(one.reason)},
                       {"basis", one.basis},
                       {"decider", one.decider}});
    }
    return out;
}

// Adds to the text of an object which items there are: [["officer",true],["facts",false],…]. As
// text: to build that many values would cost more than sealing what they say.
std::string with_items(std::string object, const std::vector<model::DraftItem>& items) {
    object.back() = ',';
    object += "\"items\":[";
    for (const model::DraftItem& item : items) {
        object += &item == items.data() ? "[\"" : ",[\"";
        object += schema::word_of(item.label);
        object += item.present ? "\",true]" : "\",false]";
    }
    object += "]}";
    return object;
}

// json::at throws on a record that is not ours; parse_record turns that into kDatabaseBroken.
template <typename T>
T value(Result<T> parsed) {
    if (!parsed) {
        throw std::invalid_argument("record");
    }
    return std::move(*parsed);
}

template <typename E>
E from(const json& word) {
    return value(schema::from_word<E>(word.get<std::string>()));
}

model::Handling parse_handling(const json& in) {
    model::Handling out{.tlp = from<schema::Tlp>(in.at("tlp")),
                        .pap = from<schema::Pap>(in.at("pap")),
                        .uses = {},
                        .onward = {static_cast<schema::OnwardRule>(in.at("onward").get<int>()), {}},
                        .until = {},
                        .attribution = {},
                        .no_resale = in.at("no_resale").get<bool>()};
    for (const json& use : in.at("uses")) {
        out.uses.push_back(from<schema::Use>(use));
    }
    for (const json& agency : in.at("agencies")) {
        out.onward.agencies.push_back(value(Agency::parse(agency.get<std::string>())));
    }
    if (in.contains("until")) {
        out.until = value(time_from(in.at("until").get<std::string>()));
    }
    if (in.contains("attribution")) {
        out.attribution = in.at("attribution").get<std::string>();
    }
    return out;
}

model::ItemName parse_name(const json& in) {
    return {from<schema::Label>(in.at("label")), in.at("element").get<std::uint16_t>()};
}

Desk parse_desk(const json& in) { return value(Desk::parse(in.get<std::string>())); }

model::Withhold parse_withhold(const json& in) {
    model::Withhold out{.item = parse_name(in),
                        .from = {},
                        .reason = from<schema::Reason>(in.at("reason")),
                        .shown = from<schema::Shown>(in.at("shown")),
                        .basis = in.at("basis").get<std::string>(),
                        .decider = in.at("decider").get<std::string>(),
                        .derivative = in.value("derivative", std::uint16_t{0})};
    if (in.contains("from")) {
        out.from = parse_desk(in.at("from"));
    }
    return out;
}

std::vector<model::WhollyWithheld> parse_wholly(const json& in) {
    std::vector<model::WhollyWithheld> out;
    for (const json& one : in) {
        out.push_back({parse_desk(one.at("from")), from<schema::Reason>(one.at("reason")),
                       one.at("basis").get<std::string>(), one.at("decider").get<std::string>()});
    }
    return out;
}

Case parse(const json& in) {
    model::Draft draft{.id = value(uuid_from<ReferralId>(in.at("id").get<std::string>())),
                       .version = in.at("version").get<std::uint64_t>(),
                       .supersedes = {},
                       .kind = from<schema::Kind>(in.at("kind")),
                       .from = parse_desk(in.at("from")),
                       .to = {},
                       .handling = parse_handling(in.at("handling")),
                       .created = value(time_from(in.at("created").get<std::string>())),
                       .external_id = in.at("external_id").get<std::string>(),
                       .items = {},
                       .withheld = {},
                       .permitted = {}};
    draft.act = from<schema::Act>(in.value("act", word(schema::Act::kRefer)));
    if (in.contains("about")) {
        draft.about = {value(uuid_from<ReferralId>(in.at("about").get<std::string>())),
                       value(Agency::parse(in.at("opener").get<std::string>()))};
    }
    if (in.contains("origin")) {
        const json& origin = in.at("origin");
        draft.origin = {value(Agency::parse(origin.at("agency").get<std::string>())),
                        value(uuid_from<ReferralId>(origin.at("id").get<std::string>())),
                        origin.at("version").get<std::uint64_t>()};
    }
    if (in.contains("supersedes")) {
        draft.supersedes =
            value(digest_from<ManifestDigest>(in.at("supersedes").get<std::string>()));
    }
    for (const json& desk : in.at("to")) {
        draft.to.push_back(parse_desk(desk));
    }
    for (const json& item : in.at("items")) {
        draft.items.push_back({from<schema::Label>(item.at(0)), item.at(1).get<bool>(), {}});
    }
    for (const json& withhold : in.at("withheld")) {
        draft.withheld.push_back(parse_withhold(withhold));
    }
    for (const json& permit : in.at("permitted")) {
        draft.permitted.push_back({parse_name(permit),
                                   permit.at("decider").get<std::string>(),
                                   permit.value("basis", std::string()),
                                   {}});
        if (permit.contains("to")) {
            draft.permitted.back().to = parse_desk(permit.at("to"));
        }
    }
    draft.wholly = parse_wholly(in.value("wholly", json::array()));
    Case out{.seq = 0,
             .state = {},
             .drafter = in.at("drafter").get<std::string>(),
             .editors = in.value("editors", std::vector<std::string>()),
             .changed = {},
             .draft = std::move(draft),
             .approval = {},
             .returned = {}};
    if (in.contains("approval")) {
        const json& approval = in.at("approval");
        out.approval = model::Approval{approval.at("approver").get<std::string>(),
                                       approval.at("self").get<bool>(),
                                       {},
                                       value(time_from(approval.at("at").get<std::string>()))};
        for (const json& view : approval.at("views")) {
            out.approval->views.push_back(value(digest_from<ViewDigest>(view.get<std::string>())));
        }
        if (approval.contains("standing")) {
            out.approval->standing =
                value(uuid_from<StandingId>(approval.at("standing").get<std::string>()));
        }
    }
    if (in.contains("returned")) {
        const json& returned = in.at("returned");
        out.returned = Returned{returned.at("by").get<std::string>(),
                                value(time_from(returned.at("at").get<std::string>())),
                                returned.at("text").get<std::string>()};
    }
    return out;
}

}  // namespace

std::string print_record(const Case& stored) {
    const model::Draft& draft = stored.draft;
    json to = json::array();
    for (const Desk& desk : draft.to) {
        to.push_back(desk.text());
    }
    json withheld = json::array();
    for (const model::Withhold& withhold : draft.withheld) {
        withheld.push_back(print_withhold(withhold));
    }
    json permitted = json::array();
    for (const model::Permit& permit : draft.permitted) {
        permitted.push_back(print_name(permit.item));
        permitted.back()["decider"] = permit.decider;
        permitted.back()["basis"] = permit.basis;
        if (permit.to) {
            permitted.back()["to"] = permit.to->text();
        }
    }
    json out = {{"id", to_string(draft.id)},
                {"version", draft.version},
                {"kind", word(draft.kind)},
                {"from", draft.from.text()},
                {"to", to},
                {"handling", print_handling(draft.handling)},
                {"created", to_string(draft.created)},
                {"external_id", draft.external_id},
                {"withheld", withheld},
                {"permitted", permitted},
                {"wholly", print_wholly(draft.wholly)},
                {"drafter", stored.drafter},
                {"editors", stored.editors},
                {"act", word(draft.act)}};
    if (draft.about) {
        out["about"] = to_string(draft.about->id);
        out["opener"] = draft.about->opener.text();
    }
    if (draft.origin) {
        out["origin"] = {{"agency", draft.origin->agency.text()},
                         {"id", to_string(draft.origin->id)},
                         {"version", draft.origin->version}};
    }
    if (draft.supersedes) {
        out["supersedes"] = to_string(*draft.supersedes);
    }
    if (stored.approval) {
        json views = json::array();
        for (const ViewDigest& view : stored.approval->views) {
            views.push_back(to_string(view));
        }
        out["approval"] = {{"approver", stored.approval->approver},
                           {"self", stored.approval->self_approved},
                           {"at", to_string(stored.approval->at)},
                           {"views", views}};
        if (stored.approval->standing) {
            out["approval"]["standing"] = to_string(*stored.approval->standing);
        }
    }
    if (stored.returned) {
        out["returned"] = {{"by", stored.returned->by},
                           {"at", to_string(stored.returned->at)},
                           {"text", stored.returned->text}};
    }
    return with_items(out.dump(), draft.items);
}

Result<Case> parse_record(std::string_view text) {
    try {
        return parse(json::parse(text));
    } catch (const std::exception&) {
        return fail(Code::kDatabaseBroken, "inward record of a referral");
    }
}

}  // namespace lapx::cases
