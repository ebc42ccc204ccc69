#include "daemon/inbound.hpp"

#include <algorithm>

#include "daemon/access.hpp"
#include "daemon/ledger/check.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::minutes kClockTolerance{10};

Refused refused(const Error& error) { return {error.code, error.context}; }

// The links that came with the frame or, where the parcel came without any, the proof inside it.
Result<std::vector<schema::Link>> links_of(const schema::ParcelFrame& frame,
                                           const model::Unsealed& parcel, const std::string& note) {
    std::vector<schema::Link> links = schema::all_links(frame);
    if (!links.empty() || parcel.content.consistency.empty()) {
        return links;
    }
    const auto inside = schema::parse_consistency(as_text(parcel.content.consistency));
    const auto checkpoint = ledger::checkpoint_of(note);
    if (!inside || !checkpoint) {
        return fail(Code::kProofInvalid, "consistency");
    }
    links.push_back({inside->old_size, checkpoint->size, inside->hashes});
    return links;
}

}  // namespace

// With the desk's key or, where that does not open it, with what its key was before.
Result<model::Unsealed> Inbound::unseal(const schema::ParcelFrame& frame,
                                        const keys::Identity& identity) const {
    auto parcel = sealing::unseal(frame.sealed, frame.desk, identity);
    for (const FormerKey& former : self_.keys.former) {
        if (parcel || parcel.error().code != Code::kParcelUnreadable) {
            break;
        }
        if (former.desk == frame.desk.id() && clock_.seconds() < former.until) {
            parcel = sealing::unseal(frame.sealed, frame.desk, former.identity);
        }
    }
    return parcel;
}

Result<Verdict> Inbound::examine(const Agency& from, const schema::ParcelFrame& frame) {
    const contacts::Contact* sender = contacts_.find(from);
    if (sender == nullptr || !sender->is_trusted()) {
        return Refused{Code::kQuarantine, from.text()};
    }
    const auto identity = self_.keys.desks.find(frame.desk.id());
    if (frame.desk.agency() != self_.agency() || identity == self_.keys.desks.end()) {
        return Refused{Code::kUnknownDesk, frame.desk.text()};
    }
    auto parcel = unseal(frame, identity->second);
    if (!parcel) {
        return refused(parcel.error());
    }
    if (parcel->cover.from.agency() != from || parcel->cover.message != frame.message) {
        return Refused{Code::kWrongSender, "signed by " + parcel->cover.from.agency().text()};
    }
    const Time now = clock_.seconds();
    if (now >= sender->card.card.expires) {
        return Refused{Code::kCardExpired, from.text()};
    }
    if (const auto held = sealing::check_signature(*parcel, sender->sign_keys); !held) {
        return refused(held.error());
    }
    if (parcel->cover.created - kClockTolerance > now) {
        return Refused{Code::kClock, "created " + to_string(parcel->cover.created)};
    }
    return examine_signed(*sender, frame, std::move(*parcel));
}

Result<Verdict> Inbound::examine_signed(const contacts::Contact& sender,
                                        const schema::ParcelFrame& frame, model::Unsealed parcel) {
    LAPX_TRY_ASSIGN(auto known, delivery_.find(sender.agency(), parcel.cover.message));
    if (known && known->cover == parcel.digest) {
        return Repeated{std::move(*known)};
    }
    if (known) {
        return Reused{known->cover, std::move(parcel.content.cover)};
    }
    if (clock_.seconds() > parcel.cover.expires + kClockTolerance) {
        return TurnedAway{std::move(parcel), Code::kExpired};
    }
    if (const auto proved = check_proof(sender, frame, parcel); !proved) {
        switch (severity(proved.error().code)) {
            case Severity::kFatal:
                return tl::unexpected<Error>(proved.error());
            case Severity::kTransient:
                return refused(proved.error());
            case Severity::kRefused:
                return TurnedAway{std::move(parcel), proved.error().code};
        }
    }
    return parcel.cover.act == schema::Act::kMove ? examine_move(std::move(parcel))
                                                  : examine_dossier(std::move(parcel));
}

Result<Verdict> Inbound::examine_move(model::Unsealed parcel) {
    const auto body = sealing::open_move(parcel);
    if (!body) {
        return TurnedAway{std::move(parcel), body.error().code};
    }
    LAPX_TRY_ASSIGN(const auto about, moved_row(parcel.cover, *body));
    if (!about) {
        return TurnedAway{std::move(parcel), Code::kCaseUnknown};
    }
    return AcceptedMove{std::move(parcel), *body, *about};
}

Result<bool> Inbound::was_sent_to(const cases::Row& row, const Desk& desk) {
    LAPX_TRY_ASSIGN(const auto messages, delivery_.of_referral(row.seq));
    return std::any_of(messages.begin(), messages.end(), [&](const auto& message) {
        return message.peer == desk.agency() && message.desk == desk.id();
    });
}

// Only who signed a dossier grants or refuses a use of it; all else is said by who got it.
Result<std::optional<std::int64_t>> Inbound::moved_row(const schema::Cover& cover,
                                                       const schema::MoveBody& body) {
    const bool of_theirs =
        body.move == schema::Move::kConsentGranted || body.move == schema::Move::kConsentRefused;
    LAPX_TRY_ASSIGN(const auto rows,
                    of_theirs ? cases_.versions(cases::Direction::kIn, cover.from.agency(),
                                                body.dossier, viewer_of_all())
                              : cases_.versions(cases::Direction::kOut, self_.agency(),
                                                body.dossier, viewer_of_all()));
    std::optional<std::int64_t> found;
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(const bool theirs, of_theirs ? true : was_sent_to(row, cover.from));
        if (theirs && row.version == body.version && row.case_name.id == cover.referral) {
            found = row.seq;
        }
    }
    return found;
}

Result<Verdict> Inbound::examine_dossier(model::Unsealed parcel) {
    auto opened = sealing::open(parcel);
    if (!opened) {
        return TurnedAway{std::move(parcel), opened.error().code};
    }
    LAPX_TRY_ASSIGN(const Result<void> same, check_versions(*opened));
    if (!same) {
        return TurnedAway{opened->parcel(), same.error().code};
    }
    LAPX_TRY_ASSIGN(auto opener, opener_of(*opened));
    if (!opener) {
        return TurnedAway{opened->parcel(), Code::kCaseUnknown};
    }
    return Accepted{std::move(*opened), std::move(*opener)};
}

namespace {

bool supersedes(const std::string& manifest, const ManifestDigest& digest) {
    const auto parsed = schema::parse_manifest(manifest);
    return parsed && parsed->supersedes == digest;
}

}  // namespace

Result<Result<void>> Inbound::check_versions(const model::Opened& opened) {
    const schema::Manifest& manifest = opened.manifest();
    const Agency& from = manifest.from.agency();
    const auto differs = [](const Result<std::optional<std::string>>& held,
                            const ManifestDigest& digest) {
        return held && *held && keys::digest_of<ManifestDigest>(**held) != digest;
    };
    const auto same = cases_.held_manifest(from, manifest.id, manifest.version);
    const auto before = cases_.held_manifest(from, manifest.id, manifest.version - 1);
    const auto after = cases_.held_manifest(from, manifest.id, manifest.version + 1);
    for (const auto* held : {&same, &before, &after}) {
        if (!*held && held->error().code != Code::kErased) {
            return tl::unexpected<Error>(held->error());
        }
    }
    const ManifestDigest& digest = opened.parcel().cover.view()->view.manifest;
    if (differs(same, digest) || (manifest.supersedes && differs(before, *manifest.supersedes)) ||
        (after && *after && !supersedes(**after, digest))) {
        return Result<void>(
            fail(Code::kManifestMismatch, "another manifest is held of this version"));
    }
    return Result<void>{};
}

Result<std::optional<Agency>> Inbound::opener_of(const model::Opened& opened) {
    const schema::Cover& cover = opened.parcel().cover;
    const Agency& from = cover.from.agency();
    if (opened.manifest().id == cover.referral) {
        return std::optional(from);
    }
    LAPX_TRY_ASSIGN(const auto ours,
                    cases_.of_case({cover.referral, self_.agency()}, viewer_of_all()));
    for (const cases::Row& row : ours) {
        LAPX_TRY_ASSIGN(const auto messages, delivery_.of_referral(row.seq));
        if (std::any_of(messages.begin(), messages.end(),
                        [&](const auto& message) { return message.peer == from; })) {
            return std::optional(self_.agency());
        }
    }
    LAPX_TRY_ASSIGN(const auto theirs, cases_.of_case({cover.referral, from}, viewer_of_all()));
    return theirs.empty() ? std::nullopt : std::optional(from);
}

Result<void> Inbound::check_proof(const contacts::Contact& sender, const schema::ParcelFrame& frame,
                                  const model::Unsealed& parcel) {
    const auto proof = schema::parse_tlog_proof(as_text(parcel.content.proof));
    if (!proof) {
        return fail(Code::kProofInvalid, proof.error().context);
    }
    LAPX_TRY_ASSIGN(const std::vector<schema::Link> links,
                    links_of(frame, parcel, proof->checkpoint));
    LAPX_TRY_ASSIGN(const schema::Checkpoint checkpoint,
                    ledgers_.take(sender, proof->checkpoint, links));
    LAPX_TRY_ASSIGN(const schema::Opening opening, ledger::check_head(proof->head, checkpoint));
    const auto sent = schema::parse_sent_record(as_text(opening.data));
    if (opening.entry.kind != schema::EntryKind::kSent || !sent || sent->cover != parcel.digest) {
        return fail(Code::kProofInvalid, "the proof is not one of this cover");
    }
    return {};
}

}  // namespace lapx::daemon
