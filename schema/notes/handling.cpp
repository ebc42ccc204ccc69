#include "schema/notes/handling.hpp"

#include "schema/base/text.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kNoResale = "no";

Result<std::string> no_resale_from(std::string_view text) {
    if (text != kNoResale) {
        return fail(Code::kInvalidArgument);
    }
    return std::string(text);
}

}  // namespace

Result<Onward> onward_from(std::string_view text) {
    if (text == "none") {
        return Onward{OnwardRule::kNone, {}};
    }
    if (text == "ask") {
        return Onward{OnwardRule::kAsk, {}};
    }
    LAPX_TRY_ASSIGN(const auto list, list_from(text));
    Onward onward{OnwardRule::kListed, {}};
    for (const std::string& name : list) {
        LAPX_TRY_ASSIGN(Agency agency, Agency::parse(name));
        onward.agencies.push_back(std::move(agency));
    }
    return onward;
}

std::string onward_text(const Onward& onward) {
    switch (onward.rule) {
        case OnwardRule::kNone:
            return "none";
        case OnwardRule::kAsk:
            return "ask";
        case OnwardRule::kListed:
            break;
    }
    std::vector<std::string> names;
    for (const Agency& agency : onward.agencies) {
        names.push_back(agency.text());
    }
    return join(names, ",");
}

Result<Handling> read_handling(LineReader& in) {
    LAPX_TRY_ASSIGN(const Tlp tlp, in.read("tlp", from_word<Tlp>));
    LAPX_TRY_ASSIGN(const Pap pap, in.read("pap", from_word<Pap>));
    LAPX_TRY_ASSIGN(auto uses, in.read("uses", uses_from));
    LAPX_TRY_ASSIGN(Onward onward, in.read("onward", onward_from));
    LAPX_TRY_ASSIGN(const auto until, in.read_optional("until", time_from));
    LAPX_TRY_ASSIGN(auto attribution, in.read_optional("attribution", text_from));
    LAPX_TRY_ASSIGN(const auto no_resale, in.read_optional("resale", no_resale_from));
    return Handling{tlp,
                    pap,
                    std::move(uses),
                    std::move(onward),
                    until,
                    std::move(attribution),
                    no_resale.has_value()};
}

void put_handling(std::string& out, const Handling& handling) {
    put_line(out, "tlp", word_of(handling.tlp));
    put_line(out, "pap", word_of(handling.pap));
    put_line(out, "uses", uses_text(handling.uses));
    put_line(out, "onward", onward_text(handling.onward));
    if (handling.until) {
        put_line(out, "until", to_string(*handling.until));
    }
    if (handling.attribution) {
        put_line(out, "attribution", *handling.attribution);
    }
    if (handling.no_resale) {
        put_line(out, "resale", kNoResale);
    }
}

}  // namespace lapx::schema
