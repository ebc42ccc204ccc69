#include "daemon/carried.hpp"

#include "keys/age.hpp"
#include "keys/directory.hpp"
#include "keys/domains.hpp"
#include "schema/codec/carried.hpp"
#include "schema/limits.hpp"
#include "schema/notes/carried.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::minutes kCarriedClockTolerance{10};

// For us, by its own word.
Result<schema::CarriedNote> note_for_us(const Self& self, const std::string& signed_note) {
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
    return note;
}

// The frame that the note is of.
Result<schema::FrameMessage> frame_of(const schema::CarriedContent& content,
                                      const schema::CarriedNote& note) {
    if (keys::digest_of<ContentDigest>(content.frame) != note.frame) {
        return fail(Code::kSignatureInvalid, "the frame is not the one that was signed");
    }
    return schema::decode_frame(content.frame);
}

// Whose card it is that a Hello brings: an agency speaks for itself.
Result<void> is_of(const schema::HelloFrame& papers, const Agency& sender) {
    LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(papers.card));
    LAPX_TRY_ASSIGN(const schema::Card card, schema::parse_card(split.text));
    return card.agency == sender ? Result<void>()
                                 : fail(Code::kWrongSender, "a card of " + card.agency.text() +
                                                                " in a file of " + sender.text());
}

// Whose signature counts: with new papers comes the card with the key that may have made it.
std::vector<keys::VerifierKey> signers(const Self& self, const contacts::Contacts& contacts,
                                       const contacts::Contact& sender,
                                       const schema::HelloFrame* papers, Time now) {
    std::vector<keys::VerifierKey> keys = sender.sign_keys;
    const auto came =
        papers == nullptr
            ? std::nullopt
            : std::optional(contacts.examine(self.agency(), papers->card, papers->notice, now));
    if (came && *came) {
        const auto more = keys::without_revoked((*came)->card.card.sign, contacts.revoked());
        keys.insert(keys.end(), more.begin(), more.end());
    }
    return keys;
}

// Of what answers nothing and asks nothing a file is never made.
// A refusal only of a parcel, not of an exhibit.
bool may_be_carried(const schema::FrameMessage& frame) {
    const auto* refusal = std::get_if<schema::RefusalFrame>(&frame);
    return std::holds_alternative<schema::HelloFrame>(frame) ||
           std::holds_alternative<schema::ParcelFrame>(frame) ||
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
    LAPX_TRY_ASSIGN(const schema::CarriedNote note, note_for_us(self, content.note));
    const contacts::Contact* sender = contacts.trusted(note.from);
    if (sender == nullptr) {
        return fail(Code::kQuarantine, note.from.text());
    }
    LAPX_TRY_ASSIGN(schema::FrameMessage frame, frame_of(content, note));
    const auto* papers = std::get_if<schema::HelloFrame>(&frame);
    if (papers != nullptr) {
        LAPX_TRY(is_of(*papers, note.from));
    } else if (now >= sender->card.card.expires) {
        return fail(Code::kCardExpired, note.from.text());
    }
    if (!keys::open_note_signed_once(content.note, signers(self, contacts, *sender, papers, now))) {
        return fail(Code::kSignatureInvalid,
                    note.from.text() +
                        " signs with a key that the card which is held of it does "
                        "not name");
    }
    if (note.created - kCarriedClockTolerance > now) {
        return fail(Code::kClock, "created " + to_string(note.created));
    }
    if (!may_be_carried(frame)) {
        return fail(Code::kFrameMalformed, "a frame that does not travel in a file");
    }
    return Carried{note.from, std::move(frame)};
}

}  // namespace lapx::daemon
