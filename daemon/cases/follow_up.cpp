#include "daemon/cases/follow_up.hpp"

#include <algorithm>

#include "daemon/cases/deciding.hpp"
#include "keys/domains.hpp"

namespace lapx::cases {
namespace {

Case begun(model::Draft draft, const std::string& drafter) {
    return {.seq = 0,
            .state = State::kDraft,
            .drafter = drafter,
            .changed = {},
            .draft = std::move(draft),
            .approval = {},
            .returned = {}};
}

// Of a dossier of ours, with all that was decided on its items.
model::Draft follower(const Followed& before, schema::Act act) {
    model::Draft draft = before.newest.draft;
    draft.act = act;
    draft.about = before.newest.draft.case_name();
    draft.external_id.clear();
    draft.permitted.insert(draft.permitted.end(), before.later.begin(), before.later.end());
    return draft;
}

}  // namespace

Case next_version(const Followed& before, schema::Act act, const std::string& drafter) {
    model::Draft draft = follower(before, act);
    draft.version = before.newest.draft.version + 1;
    draft.supersedes = keys::digest_of<ManifestDigest>(model::manifest_text(before.newest.draft));
    draft.to = before.holders;
    if (act == schema::Act::kWithdraw) {
        draft.withheld.clear();
        draft.permitted.clear();
        draft.wholly.clear();
    }
    return begun(std::move(draft), drafter);
}

Result<Case> later_disclosure(const Followed& before, const Desk& to,
                              const std::vector<model::Permit>& permits, const std::string& drafter,
                              Time now) {
    model::Draft draft = follower(before, schema::Act::kDisclose);
    draft.to = {to};
    for (const model::Permit& one : permits) {
        const auto there = std::count_if(
            draft.items.begin(), draft.items.end(),
            [&](const auto& item) { return item.label == one.item.label && item.present; });
        LAPX_TRY(permit(draft, one, static_cast<std::size_t>(there)));
    }
    Case out = begun(std::move(draft), drafter);
    out.changed = now;
    return out;
}

Case made_from(const Row& came, const schema::Cover& cover, ReferralId id,
               const std::string& drafter) {
    return begun({.id = id,
                  .origin = model::Origin{came.agency, came.id, came.version},
                  .supersedes = {},
                  .kind = came.kind,
                  .from = cover.to,
                  .to = {},
                  .handling = model::handling_of(cover.view()->view),
                  .created = {},
                  .external_id = {},
                  .items = {},
                  .withheld = {},
                  .permitted = {}},
                 drafter);
}

Case reply(const Row& to, const schema::Cover& cover, schema::Act act, ReferralId id,
           const std::string& drafter) {
    return begun({.id = id,
                  .act = act,
                  .about = to.case_name,
                  .supersedes = {},
                  .kind = to.kind,
                  .from = cover.to,
                  .to = {cover.from},
                  .handling = {},
                  .created = {},
                  .external_id = {},
                  .items = {},
                  .withheld = {},
                  .permitted = {}},
                 drafter);
}

}  // namespace lapx::cases
