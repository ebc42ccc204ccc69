#pragma once
// Makes the files that are carried to other agencies (protocol.md 7.5). What stands under a
// checkpoint is made before the round's commit, so that a file never names one that there is not.

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "daemon/answers.hpp"
#include "daemon/carried.hpp"
#include "daemon/parts.hpp"

namespace lapx::daemon {

class CarriedFiles {
  public:
    // All of these outlive it.
    CarriedFiles(const PipelineParts& parts, const Conversations& conversations,
                 PeerLedgers& ledgers, const Answers& answers)
        : parts_(parts), conversations_(conversations), ledgers_(ledgers), answers_(answers) {}

    // Of a message that waits for its receipt, which it goes on doing. Errors: kWrongState if it
    // does not, kNotVerified, kTooLarge.
    Result<SealedFile> parcel(const delivery::Message& message);
    // Of messages that came from one agency. Errors: kNotVerified; kTooLarge for too many.
    Result<SealedFile> receipts(const Agency& to, const std::vector<delivery::Message>& messages);
    // Our card and notice.
    Result<SealedFile> papers(const contacts::Contact& to) const;

  private:
    friend class Pipeline;

    // Answers to a file that came in the open round.
    SealedFile receipt(const Agency& to, const MessageId& message, std::uint64_t leaf);
    SealedFile refusal(const Agency& to, const schema::RefusalFrame& refusal);
    // Of the newest checkpoint held of it; without one the file is empty.
    SealedFile cosignature(const Agency& to);

    // Seals those of the round, under its checkpoint.
    Result<void> prepare(const ledger::SignedCheckpoint& head);
    // The round is over.
    void forget() { files_.clear(); }

    // With neither receipts nor a refusal it holds a cosignature.
    struct File {
        Agency to;
        std::vector<std::pair<MessageId, std::uint64_t>> receipts = {};  // and our entries
        std::optional<schema::RefusalFrame> refusal = {};
        std::shared_ptr<Bytes> octets = std::make_shared<Bytes>();
    };
    SealedFile add(File file);
    Result<std::optional<schema::FrameMessage>> frame_of(const File& file,
                                                         const contacts::Contact& to,
                                                         const ledger::SignedCheckpoint& head);
    Result<std::vector<schema::Link>> links(const contacts::Contact& to, std::uint64_t size) const;

    const PipelineParts& parts_;
    const Conversations& conversations_;
    PeerLedgers& ledgers_;
    const Answers& answers_;
    std::vector<File> files_;
};

}  // namespace lapx::daemon
