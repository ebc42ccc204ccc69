#pragma once
// Frames that travel without a connection, as files: by hand, by mail (protocol.md 7.5). Sealed to
// the other node, and signed: nobody who carries one reads it, makes one, or alters one.

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
// kFrameMalformed.
Result<Carried> open_carried(const Self& self, const contacts::Contacts& contacts, BytesView file,
                             Time now);

}  // namespace lapx::daemon
