#include "daemon/disclosure/onward.hpp"

#include <algorithm>

namespace lapx::disclosure {
namespace {

template <typename T>
bool contains(const std::vector<T>& all, const T& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
}

tl::unexpected<Error> forbidden(const Source& source, const std::string& why) {
    return fail(Code::kPassingOnForbidden, source.origin.agency.text() + ": " + why);
}

// Whoever sent it to us gets it back at any time.
bool is_open_to(const Source& source, const Agency& agency) {
    const schema::Onward& onward = source.handling.onward;
    return agency == source.origin.agency || contains(source.onward, agency) ||
           (onward.rule == schema::OnwardRule::kListed && contains(onward.agencies, agency));
}

// TLP 2.0: RED is for whom it names, AMBER+STRICT for their organisation alone.
bool is_for_us_alone(schema::Tlp tlp) {
    switch (tlp) {
        case schema::Tlp::kRed:
        case schema::Tlp::kAmberStrict:
            return true;
        case schema::Tlp::kClear:
        case schema::Tlp::kGreen:
        case schema::Tlp::kAmber:
            return false;
    }
    return true;
}

// Everything that stood on what came in stands on what is made of it, or something stricter.
Result<void> check_terms(const Source& source, const model::Handling& ours) {
    const model::Handling& theirs = source.handling;
    if (ours.tlp < theirs.tlp || ours.pap < theirs.pap) {
        return forbidden(source, "TLP and PAP can only be made stricter");
    }
    for (const schema::Use use : ours.uses) {
        if (!contains(theirs.uses, use) && !contains(source.uses, use)) {
            return forbidden(source, std::string(schema::word_of(use)) + " is no use it permits");
        }
    }
    if (theirs.until && (!ours.until || *ours.until > *theirs.until)) {
        return forbidden(source, "it ends " + to_string(*theirs.until));
    }
    if (theirs.attribution && ours.attribution != theirs.attribution) {
        return forbidden(source, "it asks to be named as the source");
    }
    if (theirs.no_resale && !ours.no_resale) {
        return forbidden(source, "it may not be sold on");
    }
    return {};
}

}  // namespace

Result<void> may_pass_on(const Source& source, const model::Draft& draft,
                         const model::Addressee& to, Time now) {
    const model::Handling& handling = source.handling;
    if (source.withdrawn) {
        return forbidden(source, "it was withdrawn");
    }
    if (handling.until && *handling.until <= now) {
        return forbidden(source, "it ended " + to_string(*handling.until));
    }
    if (is_for_us_alone(handling.tlp) && to.desk.agency() != source.origin.agency) {
        return forbidden(source, "TLP:" + std::string(schema::word_of(handling.tlp)));
    }
    if (!is_open_to(source, to.desk.agency())) {
        return forbidden(source, handling.onward.rule == schema::OnwardRule::kNone
                                     ? "it is not to be passed on"
                                     : "not to " + to.desk.agency().text() +
                                           " without its consent: lapx consent ask");
    }
    if (handling.no_resale && to.sector == schema::Sector::kIndustry &&
        !contains(source.onward, to.desk.agency())) {
        return forbidden(source, "not to industry without its consent: it may not be sold on");
    }
    return check_terms(source, draft.handling);
}

}  // namespace lapx::disclosure
