#pragma once
// Frames that travel without a connection, as files: by hand, by mail (protocol.md 7.5). Sealed to
// the other node, and signed: nobody who carries one reads it, makes one, or alters one.

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "daemon/contacts/contacts.hpp"
#include "daemon/self.hpp"
#include "schema/base/random.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::daemon {

// Errors: kTooLarge.
Result<Bytes> seal_carried(const Self& self, const contacts::Contact& to,
                           const schema::FrameMessage& frame, Time now, Random& random);

struct Carried {
    Agency from;
    schema::FrameMessage frame;
};
// The file may come from anybody, who then gets one of these errors: kTooLarge, kParcelUnreadable,
// kParcelMalformed, kNotAddressedHere, kQuarantine, kCardExpired, kSignatureInvalid, kClock,
// kFrameMalformed; kWrongSender, kNoteMalformed for a card that is not the sender's.
Result<Carried> open_carried(const Self& self, const contacts::Contacts& contacts, BytesView file,
                             Time now);

// Octets that are there once the open round is committed: sealed under its checkpoint, handed out
// by whoever waits for it.
using SealedFile = std::shared_ptr<const Bytes>;

// What became of a carried file (protocol.md 7.5).
struct TakenFile {
    Agency from;
    std::string_view what;  // parcel, receipt, refusal, cosignature, card
    Agency signer;          // of the messages
    std::vector<MessageId> messages;
    std::optional<Code> refused;
    SealedFile answer;   // to be carried back; null where nothing is owed
    bool effect;         // else who brought it caused work for nothing (protocol.md 8.5)
    bool later = false;  // it was not taken yet, and is to be given again
};

}  // namespace lapx::daemon
