#include "daemon/carried.hpp"

#include "keys/age.hpp"
#include "keys/domains.hpp"
#include "schema/codec/carried.hpp"
#include "schema/limits.hpp"
#include "schema/notes/carried.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::minutes kCarriedClockTolerance{10};

// The sender's word that this frame is from it, for us.
Result<schema::CarriedNote> opened_note(const Self& self, const contacts::Contacts& contacts,
                                        const std::string& signed_note, Time now) {
    const auto split = keys::split_note(signed_note);
    auto note = split ? schema::parse_carried_note(split->text)
                      : Result<schema::CarriedNote>(tl::unexpected<Error>(split.error()));
    if (!note) {
        return fail(Code::kParcelMalformed, note.error().context);
    }
    if (note->to != self.agency()) {
        return fail(Code::kNotAddressedHere,
                    "a file of " + note->from.text() + " for " + note->to.text());
    }
    const contacts::Contact* sender = contacts.find(note->from);
    if (sender == nullptr || !sender->is_trusted()) {
        return fail(Code::kQuarantine, note->from.text());
    }
    if (now >= sender->card.card.expires) {
        return fail(Code::kCardExpired, note->from.text());
    }
    if (!keys::open_note_signed_once(signed_note, sender->sign_keys)) {
        return fail(Code::kSignatureInvalid, note->from.text());
    }
    if (note->created - kCarriedClockTolerance > now) {
        return fail(Code::kClock, "created " + to_string(note->created));
    }
    return note;
}

// Of what answers nothing and asks nothing a file is never made.
// A refusal only of a parcel, not of an exhibit.
bool may_be_carried(const schema::FrameMessage& frame) {
    const auto* refusal = std::get_if<schema::RefusalFrame>(&frame);
    return std::holds_alternative<schema::ParcelFrame>(frame) ||
           std::holds_alternative<schema::ReceiptsFrame>(frame) ||
           std::holds_alternative<schema::CosignatureFrame>(frame) ||
           (refusal != nullptr && refusal->exhibit == 0);
}

}  // namespace

Result<Bytes> seal_carried(const Self& self, const contacts::Contact& to,
                           const schema::FrameMessage& frame, Time now, Random& random) {
    schema::CarriedContent content{{}, schema::encode_frame(frame)};
    content.note = keys::sign_note(
        schema::print_carried_note({.from = self.agency(),
                                    .to = to.agency(),
                                    .created = now,
                                    .frame = keys::digest_of<ContentDigest>(content.frame)}),
        self.sign_name, self.keys.sign);
    LAPX_TRY_ASSIGN(const Bytes plain, schema::encode_carried(content));
    return keys::seal(to.card.node, plain, random);
}

Result<Carried> open_carried(const Self& self, const contacts::Contacts& contacts, BytesView file,
                             Time now) {
    if (file.size() > schema::kMaxCarried) {
        return fail(Code::kTooLarge, "a carried file");
    }
    LAPX_TRY_ASSIGN(const Bytes plain, keys::open(self.keys.node, file));
    LAPX_TRY_ASSIGN(const schema::CarriedContent content, schema::decode_carried(plain));
    LAPX_TRY_ASSIGN(const schema::CarriedNote note, opened_note(self, contacts, content.note, now));
    if (keys::digest_of<ContentDigest>(content.frame) != note.frame) {
        return fail(Code::kSignatureInvalid, "the frame is not the one that was signed");
    }
    LAPX_TRY_ASSIGN(schema::FrameMessage frame, schema::decode_frame(content.frame));
    if (!may_be_carried(frame)) {
        return fail(Code::kFrameMalformed, "a frame that does not travel in a file");
    }
    return Carried{note.from, std::move(frame)};
}

}  // namespace lapx::daemon
