#include "daemon/carried_files.hpp"

#include <algorithm>

#include "schema/limits.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kReceiptsOfAFile = 64;  // kMaxCarried is far

tl::unexpected<Error> not_trusted(const Agency& agency) {
    return fail(Code::kNotVerified, agency.text() + " is not verified");
}

}  // namespace

SealedFile CarriedFiles::add(File file) {
    files_.push_back(std::move(file));
    return files_.back().octets;
}

Result<SealedFile> CarriedFiles::parcel(const delivery::Message& message) {
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
    LAPX_TRY_ASSIGN(frame.links, links(*peer, queued->size));
    LAPX_TRY_ASSIGN(Bytes octets,
                    seal_carried(parts_.self, *peer, frame, parts_.clock.seconds(), parts_.random));
    LAPX_TRY(parts_.round.begin());
    LAPX_TRY(parts_.contacts.add_shown(peer->agency(), queued->size));
    return std::make_shared<const Bytes>(std::move(octets));
}

Result<SealedFile> CarriedFiles::receipts(const Agency& to,
                                          const std::vector<delivery::Message>& messages) {
    if (parts_.contacts.trusted(to) == nullptr) {
        return not_trusted(to);
    }
    if (messages.size() > kReceiptsOfAFile) {
        return fail(Code::kTooLarge, "too many receipts for one file");
    }
    LAPX_TRY(parts_.round.begin());
    File file{.to = to};
    for (const delivery::Message& message : messages) {
        file.receipts.emplace_back(message.id, message.leaf);
    }
    return add(std::move(file));
}

Result<SealedFile> CarriedFiles::papers(const contacts::Contact& to) const {
    const schema::HelloFrame frame{
        .card = parts_.self.card_note, .notice = parts_.self.notice_note, .seen = {}};
    LAPX_TRY_ASSIGN(Bytes octets,
                    seal_carried(parts_.self, to, frame, parts_.clock.seconds(), parts_.random));
    return std::make_shared<const Bytes>(std::move(octets));
}

SealedFile CarriedFiles::receipt(const Agency& to, const MessageId& message, std::uint64_t leaf) {
    return add({.to = to, .receipts = {{message, leaf}}});
}

SealedFile CarriedFiles::refusal(const Agency& to, const schema::RefusalFrame& refusal) {
    return add({.to = to, .refusal = refusal});
}

SealedFile CarriedFiles::cosignature(const Agency& to) { return add({.to = to}); }

Result<void> CarriedFiles::prepare(const ledger::SignedCheckpoint& head) {
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

Result<std::optional<schema::FrameMessage>> CarriedFiles::frame_of(
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
    LAPX_TRY_ASSIGN(frame.links, links(to, head.checkpoint.size));
    LAPX_TRY(parts_.contacts.add_shown(file.to, head.checkpoint.size));
    return Frame(std::move(frame));
}

// From the checkpoint of that size to each one that the other may hold: which of the files made
// before it has got is not known.
Result<std::vector<schema::Link>> CarriedFiles::links(const contacts::Contact& to,
                                                      std::uint64_t size) const {
    LAPX_TRY_ASSIGN(std::vector<std::uint64_t> sizes, parts_.contacts.shown(to.agency()));
    const auto conversation = conversations_.find(to.agency());
    sizes.insert(
        sizes.begin(),
        {to.cosigned_size, conversation == conversations_.end() ? 0 : conversation->second.holds});
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
