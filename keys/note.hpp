#pragma once
// C2SP signed notes (signed-note v1.0.0) with Ed25519 keys, and Ed25519 cosignatures of checkpoints
// (tlog-cosignature v1.0.1). protocol.md 2.
//
//     const std::string note = sign_note(text, "opta.nl/lapx/sign-1", key);
//     LAPX_TRY_ASSIGN(const OpenedNote opened, open_note(note, known_keys));

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "keys/sign.hpp"
#include "schema/base/result.hpp"
#include "schema/base/time.hpp"
#include "schema/notes/values.hpp"

namespace lapx::keys {

// The octet that says what a key signs. Assigned by C2SP: never renumber.
enum class KeyType : std::uint8_t {
    kEd25519 = schema::kVkeyEd25519,
    kCosignature = schema::kVkeyCosignature,
};

// UTF-8, not empty, no Unicode space, no '+' (C2SP).
bool is_key_name(std::string_view name);

// "name+hex(id)+base64(type ‖ key)", C2SP's vkey.
struct VerifierKey {
    std::string name;
    KeyType type = KeyType::kEd25519;
    PublicKey key;

    // Errors: kKeyInvalid for a wrong form, a key id that is not the key's, another type, or a key
    // that is not admissible.
    static Result<VerifierKey> parse(std::string_view vkey);
    std::string text() const;
    // Tells keys apart inside a note; identifies nothing by itself.
    std::uint32_t id() const;
    auto operator<=>(const VerifierKey&) const = default;
};

// A note's parts. The views point into the note that was split.
struct SignatureLine {
    std::string_view name;
    std::uint32_t key_id = 0;
    Bytes signature;        // what follows the key id
    std::string_view line;  // the whole line with its LF
};
struct SplitNote {
    std::string_view text;  // with its final LF
    std::vector<SignatureLine> signatures;
};
// Structure alone, nothing is verified. Errors: kNoteMalformed, also for more than
// schema::kMaxSignatures signature lines.
Result<SplitNote> split_note(std::string_view note);
// Whether the line is this key's, by name and id.
bool is_by(const SignatureLine& line, const VerifierKey& key);

struct OpenedNote {
    std::string text;
    // Names of the known keys whose signatures verified, each once, in the note's order.
    std::vector<std::string> signers;
};
// Ignores signature lines of keys that are not known. A cosignature key verifies a cosignature of
// the text. Errors: kNoteMalformed; kSignatureInvalid if a known key's signature does not verify or
// no known key has signed.
Result<OpenedNote> open_note(std::string_view note, std::span<const VerifierKey> known);

// The same for a note that must have one signature line and no other: any further line would make
// other octets of it with the same words (protocol.md 2).
Result<OpenedNote> open_note_signed_once(std::string_view note, std::span<const VerifierKey> known);

// The signed note. `text` ends with LF, is UTF-8 and has no control character but LF; `key_name` is
// a key name. Whoever prints texts sees to that.
std::string sign_note(std::string_view text, std::string_view key_name, const SigningKey& key);
// The note with one more signature line, over its text. Errors: kNoteMalformed.
Result<std::string> add_signature(std::string_view note, std::string_view key_name,
                                  const SigningKey& key);

// One signature line with its LF, of type 0x04. `checkpoint_text` is the checkpoint without its
// signatures.
std::string cosign(std::string_view checkpoint_text, std::string_view key_name,
                   const SigningKey& key, Time time);
// The time of a cosignature. Errors: kNoteMalformed if `line` is not one signature line with its
// LF or tells no time of protocol.md 1.2; kSignatureInvalid if it is not the key's or does not
// verify.
Result<Time> verify_cosignature(std::string_view checkpoint_text, std::string_view line,
                                const VerifierKey& key);

}  // namespace lapx::keys
