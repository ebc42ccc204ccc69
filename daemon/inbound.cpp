#include "daemon/inbound.hpp"

#include "daemon/ledger/check.hpp"
#include "daemon/sealing/sealing.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::minutes kClockTolerance{10};

Refused refused(const Error& error) { return {error.code, error.context}; }

}  // namespace

Result<Verdict> Inbound::examine(const Agency& from, const schema::ParcelFrame& frame) {
    const contacts::Contact* sender = contacts_.find(from);
    if (sender == nullptr || !sender->is_trusted()) {
        return Refused{Code::kQuarantine, from.text()};
    }
    const auto identity = self_.keys.desks.find(frame.desk.id());
    if (frame.desk.agency() != self_.agency() || identity == self_.keys.desks.end()) {
        return Refused{Code::kUnknownDesk, frame.desk.text()};
    }
    auto parcel = sealing::unseal(frame.sealed, frame.desk, identity->second);
    if (!parcel) {
        return refused(parcel.error());
    }
    if (parcel->cover.from.agency() != from || parcel->cover.message != frame.message) {
        return Refused{Code::kWrongSender, "signed by " + parcel->cover.from.agency().text()};
    }
    const Time now = clock_.seconds();
    if (now >= sender->card.expires) {
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

Result<Verdict> Inbound::examine_signed(const contacts::Contact& sender, const schema::ParcelFrame& frame, model::Unsealed parcel) {
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
    std::string checkpoint;
    if (const auto proved = check_proof(sender, frame, parcel, checkpoint); !proved) {
        switch (severity(proved.error().code)) {
            case Severity::kFatal:
                return tl::unexpected<Error>(proved.error());
            case Severity::kTransient:
                return refused(proved.error());
            case Severity::kRefused:
                return TurnedAway{std::move(parcel), proved.error().code};
        }
    }
    auto opened = sealing::open(parcel);
    if (!opened) {
        return TurnedAway{std::move(parcel), opened.error().code};
    }
    return Accepted{std::move(*opened), std::move(checkpoint)};
}

Result<void> Inbound::check_proof(const contacts::Contact& sender, const schema::ParcelFrame& frame, const model::Unsealed& parcel,
                                  std::string& checkpoint) {
    const auto proof = schema::parse_tlog_proof(as_text(parcel.content.proof));
    if (!proof) {
        return fail(Code::kProofInvalid, proof.error().context);
    }
    auto& [verified_note, verified] = verified_.try_emplace(sender.agency().text(), std::string(), schema::Checkpoint{}).first->second;
    if (verified_note != proof->checkpoint) {
        LAPX_TRY_ASSIGN(verified, ledger::check_checkpoint(proof->checkpoint, sender.ledger_keys));
        verified_note = proof->checkpoint;
    }
    LAPX_TRY_ASSIGN(const schema::Opening opening, ledger::check_head(proof->head, verified));
    const auto sent = schema::parse_sent_record(as_text(opening.data));
    if (opening.entry.kind != schema::EntryKind::kSent || !sent || sent->cover != parcel.digest) {
        return fail(Code::kProofInvalid, "the proof is not one of this cover");
    }
    LAPX_TRY(check_link(sender, frame, parcel, verified, proof->checkpoint));
    checkpoint = proof->checkpoint;
    return {};
}

Result<void> Inbound::check_link(const contacts::Contact& sender, const schema::ParcelFrame& frame, const model::Unsealed& parcel,
                                 const schema::Checkpoint& checkpoint, const std::string& note) {
    std::optional<schema::Link> link = frame.link;
    if (!link && !parcel.content.consistency.empty()) {
        const auto inside = schema::parse_consistency(as_text(parcel.content.consistency));
        if (!inside) {
            return fail(Code::kProofInvalid, inside.error().context);
        }
        link = schema::Link{inside->old_size, checkpoint.size, inside->hashes};
    }
    return heads_.check(sender.agency(), checkpoint, note, link);
}

}  // namespace lapx::daemon
