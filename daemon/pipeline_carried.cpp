// Parcels and their answers as files (protocol.md 7.5): what came by hand is taken as what comes
// over a connection is, and its answer is handed to whoever brought it.

#include "daemon/carried.hpp"
#include "daemon/pipeline.hpp"

namespace lapx::daemon {

Result<TakenFile> Pipeline::take_file(BytesView octets) {
    LAPX_TRY_ASSIGN(const Carried carried,
                    open_carried(parts_.self, parts_.contacts, octets, parts_.clock.seconds()));
    return take_carried(carried);
}

Result<TakenFile> Pipeline::take_carried(const Carried& carried) {
    LAPX_TRY(parts_.round.begin());
    if (const auto* papers = std::get_if<schema::HelloFrame>(&carried.frame)) {
        return take_carried_papers(carried.from, *papers);
    }
    if (const auto* parcel = std::get_if<schema::ParcelFrame>(&carried.frame)) {
        return take_carried_parcel(carried.from, *parcel);
    }
    if (const auto* receipts = std::get_if<schema::ReceiptsFrame>(&carried.frame)) {
        return take_carried_receipts(carried.from, *receipts);
    }
    if (const auto* refusal = std::get_if<schema::RefusalFrame>(&carried.frame)) {
        return take_carried_refusal(carried.from, *refusal);
    }
    LAPX_TRY_ASSIGN(
        const bool newer,
        keep_cosignature(carried.from, std::get<schema::CosignatureFrame>(carried.frame)));
    return TakenFile{carried.from, "cosignature", parts_.self.agency(), {}, {}, nullptr, newer};
}

// Whose card it is was seen. Older ones than those held were overtaken on their way. Those that
// come too often stay where they are: what only waits in memory would be lost with it.
Result<TakenFile> Pipeline::take_carried_papers(const Agency& from,
                                                const schema::HelloFrame& frame) {
    TakenFile taken{from, "card", parts_.self.agency(), {}, {}, nullptr, false};
    const auto came = parts_.contacts.examine(parts_.self.agency(), frame.card, frame.notice,
                                              parts_.clock.seconds());
    const bool older = !came && (came.error().code == Code::kCardSerialLower ||
                                 came.error().code == Code::kNoticeSerialLower);
    const bool held = came && came->card.admission == keys::Admission::kSame && came->notice &&
                      came->notice->admission == keys::Admission::kSame;
    if (older || held) {
        return taken;
    }
    if (!conversations_[from].papers.has_room(parts_.monotonic.now())) {
        taken.refused = Code::kQuota;
        taken.later = true;
        return taken;
    }
    const std::uint64_t before = parts_.log.size();
    LAPX_TRY(take_papers(from, frame));
    taken.effect = parts_.log.size() > before;
    return taken;
}

Result<TakenFile> Pipeline::take_carried_parcel(const Agency& from,
                                                const schema::ParcelFrame& frame) {
    LAPX_TRY_ASSIGN(const Admission admission, admit_parcel(from, frame));
    if (conversations_[from].greeted) {
        answer(from, frame.message, admission);
    }
    TakenFile taken{from,    "parcel",        from, {frame.message}, admission.refused,
                    nullptr, admission.effect};
    if (admission.leaf) {
        taken.answer = files_.receipt(from, frame.message, *admission.leaf);
    } else {
        taken.answer =
            files_.refusal(from, answers_.refusal(from, frame.message, *admission.refused));
    }
    return taken;
}

Result<TakenFile> Pipeline::take_carried_receipts(const Agency& from,
                                                  const schema::ReceiptsFrame& frame) {
    LAPX_TRY_ASSIGN(const Taken outcome, take_receipts(from, frame));
    const auto refused = outcome.dropped;
    TakenFile taken{from, "receipt", parts_.self.agency(), {}, refused, nullptr, outcome.effect};
    for (const schema::ReceiptEntry& entry : frame.entries) {
        taken.messages.push_back(entry.message);
    }
    if (refused == Code::kCheckpointGap) {
        taken.answer =
            files_.refusal(from, answers_.refusal(from, frame.entries.front().message, *refused));
    } else if (!refused) {
        taken.answer = files_.cosignature(from);
    }
    return taken;
}

Result<TakenFile> Pipeline::take_carried_refusal(const Agency& from,
                                                 const schema::RefusalFrame& frame) {
    LAPX_TRY_ASSIGN(const bool effect, take_refusal(from, frame));
    if (frame.code == Code::kCheckpointGap && frame.seen_size > 0 &&
        frame.seen_size <= parts_.log.size()) {
        LAPX_TRY(parts_.contacts.add_shown(from, frame.seen_size));
    }
    return TakenFile{from, "refusal", parts_.self.agency(), {frame.message}, {}, nullptr, effect};
}

}  // namespace lapx::daemon
