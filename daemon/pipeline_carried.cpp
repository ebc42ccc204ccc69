// Parcels and their answers as files (protocol.md 7.5): what came by hand is taken as what comes
// over a connection is, and its answer is handed to whoever brought it.

#include <algorithm>

#include "daemon/carried.hpp"
#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kReceiptsOfAFile = 64;  // kMaxCarried is far

tl::unexpected<Error> not_trusted(const Agency& agency) {
    return fail(Code::kNotVerified, agency.text() + " is not verified");
}

}  // namespace

Result<TakenFile> Pipeline::take_file(BytesView octets) {
    LAPX_TRY_ASSIGN(const Carried carried,
                    open_carried(parts_.self, parts_.contacts, octets, parts_.clock.seconds()));
    return take_carried(carried);
}

Result<TakenFile> Pipeline::take_carried(const Carried& carried) {
    LAPX_TRY(parts_.round.begin());
    if (const auto* parcel = std::get_if<schema::ParcelFrame>(&carried.frame)) {
        return take_carried_parcel(carried.from, *parcel);
    }
    if (const auto* receipts = std::get_if<schema::ReceiptsFrame>(&carried.frame)) {
        return take_carried_receipts(carried.from, *receipts);
    }
    if (const auto* refusal = std::get_if<schema::RefusalFrame>(&carried.frame)) {
        return take_carried_refusal(carried.from, *refusal);
    }
    const auto& cosignature = std::get<schema::CosignatureFrame>(carried.frame);
    const contacts::Contact* peer = parts_.contacts.trusted(carried.from);
    const bool newer = peer != nullptr && cosignature.cosigned_size > peer->cosigned_size;
    cosignatures_.emplace_back(carried.from, cosignature);
    return TakenFile{carried.from, "cosignature", parts_.self.agency(), {}, {}, nullptr, newer};
}

Result<TakenFile> Pipeline::take_carried_parcel(const Agency& from,
                                                const schema::ParcelFrame& frame) {
    LAPX_TRY_ASSIGN(const Admission admission, admit_parcel(from, frame));
    if (conversations_[from].greeted) {
        answer(from, frame.message, admission);
    }
    File file{from, {}, {}, std::make_shared<Bytes>()};
    if (admission.leaf) {
        file.receipts.emplace_back(frame.message, *admission.leaf);
    } else {
        file.refusal = answers_.refusal(from, frame.message, *admission.refused);
    }
    return TakenFile{from,
                     "parcel",
                     from,
                     {frame.message},
                     admission.refused,
                     add_file(std::move(file)),
                     admission.effect};
}

Result<TakenFile> Pipeline::take_carried_receipts(const Agency& from,
                                                  const schema::ReceiptsFrame& frame) {
    LAPX_TRY_ASSIGN(const Taken outcome, take_receipts(from, frame));
    const auto refused = outcome.dropped;
    TakenFile taken{from, "receipt", parts_.self.agency(), {}, refused, nullptr, outcome.effect};
    for (const schema::ReceiptEntry& entry : frame.entries) {
        taken.messages.push_back(entry.message);
    }
    File file{from, {}, {}, std::make_shared<Bytes>()};
    if (refused == Code::kCheckpointGap) {
        file.refusal = answers_.refusal(from, frame.entries.front().message, *refused);
    }
    if (!refused || file.refusal) {
        taken.answer = add_file(std::move(file));
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

SealedFile Pipeline::add_file(File file) {
    files_.push_back(std::move(file));
    return files_.back().octets;
}

Result<SealedFile> Pipeline::parcel_file(const delivery::Message& message) {
    const contacts::Contact* peer = parts_.contacts.trusted(message.peer);
    if (peer == nullptr) {
        return not_trusted(message.peer);
    }
    LAPX_TRY_ASSIGN(const auto queued, parts_.delivery.find_queued(message.seq));
    if (!queued) {
        return fail(Code::kWrongState, "it does not wait to be delivered");
    }
    LAPX_TRY_ASSIGN(const Desk desk, Desk::parse(queued->desk + "@" + peer->agency().text()));
    schema::ParcelFrame frame{queued->id, desk, {}, queued->sealed};
    LAPX_TRY_ASSIGN(frame.links, links_for_file(*peer, queued->size));
    LAPX_TRY_ASSIGN(Bytes octets,
                    seal_carried(parts_.self, *peer, frame, parts_.clock.seconds(), parts_.random));
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY(parts_.contacts.add_shown(peer->agency(), queued->size));
    return std::make_shared<const Bytes>(std::move(octets));
}

Result<SealedFile> Pipeline::receipts_file(const Agency& peer,
                                           const std::vector<delivery::Message>& messages) {
    if (parts_.contacts.trusted(peer) == nullptr) {
        return not_trusted(peer);
    }
    if (messages.size() > kReceiptsOfAFile) {
        return fail(Code::kTooLarge, "too many receipts for one file");
    }
    LAPX_TRY(parts_.round.begin());
    File file{peer, {}, {}, std::make_shared<Bytes>()};
    for (const delivery::Message& message : messages) {
        file.receipts.emplace_back(message.id, message.leaf);
    }
    return add_file(std::move(file));
}

// Before the commit, so that a file never names a checkpoint that there is not.
Result<void> Pipeline::seal_files(const ledger::SignedCheckpoint& head) {
    for (const File& file : files_) {
        const contacts::Contact* to = parts_.contacts.find(file.to);
        if (to == nullptr) {
            continue;
        }
        LAPX_TRY_ASSIGN(const auto frame, frame_of(file, *to, head));
        if (frame) {
            LAPX_TRY_ASSIGN(*file.octets, seal_carried(parts_.self, *to, *frame,
                                                       parts_.clock.seconds(), parts_.random));
        }
    }
    return {};
}

Result<std::optional<schema::FrameMessage>> Pipeline::frame_of(
    const File& file, const contacts::Contact& to, const ledger::SignedCheckpoint& head) {
    using Frame = std::optional<schema::FrameMessage>;
    if (file.refusal) {
        return Frame(*file.refusal);
    }
    LAPX_TRY_ASSIGN(const auto held, ledgers_.held(to));
    const auto cosignature = held ? std::optional(answers_.cosign(held->checkpoint)) : std::nullopt;
    if (file.receipts.empty()) {
        return cosignature ? Frame(*cosignature) : Frame();
    }
    schema::ReceiptsFrame frame{
        .checkpoint = head.note, .link = {}, .entries = {}, .cosignature = cosignature};
    for (const auto& [message, leaf] : file.receipts) {
        LAPX_TRY_ASSIGN(std::string proof, parts_.log.proof_head(leaf, head.checkpoint.size));
        frame.entries.push_back({message, std::move(proof)});
    }
    LAPX_TRY_ASSIGN(frame.links, links_for_file(to, head.checkpoint.size));
    LAPX_TRY(parts_.contacts.add_shown(file.to, head.checkpoint.size));
    return Frame(std::move(frame));
}

// From the checkpoint of that size to each one that the other may hold: which of the files made
// before it has got is not known.
Result<std::vector<schema::Link>> Pipeline::links_for_file(const contacts::Contact& to,
                                                           std::uint64_t size) {
    LAPX_TRY_ASSIGN(std::vector<std::uint64_t> sizes, parts_.contacts.shown(to.agency()));
    sizes.insert(sizes.begin(), {to.cosigned_size, conversations_[to.agency()].holds});
    std::vector<schema::Link> links;
    for (auto other = sizes.begin(); other != sizes.end() && links.size() < schema::kMaxLinks;
         ++other) {
        if (*other == 0 || *other == size || *other > parts_.log.size() ||
            std::find(sizes.begin(), other, *other) != other) {
            continue;
        }
        const auto [low, high] = std::minmax(*other, size);
        LAPX_TRY_ASSIGN(auto hashes, parts_.log.consistency(low, high));
        links.push_back({low, high, std::move(hashes)});
    }
    return links;
}

}  // namespace lapx::daemon
