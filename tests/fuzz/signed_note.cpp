// Signed notes and verifier keys: a note's parts are the note, and what opens has a signer.

#include "keys/note.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lapx;
    using namespace lapx::keys;
    const std::string_view text = as_text({data, size});
    // The keys of the notes in corpus/signed_note.
    static const std::vector<VerifierKey> kKnown{
        VerifierKey::parse(
            "refex.example/agency-a/ledger-1+57dc71ad+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea")
            .value(),
        VerifierKey::parse("refex.example/agency-b/"
                           "witness-1+f7fc96e3+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM")
            .value()};

    const auto opened = open_note(text, kKnown);
    const auto split = split_note(text);
    LAPX_REQUIRE(!opened || (split && opened->text == split->text && !opened->signers.empty()));
    if (split) {
        std::string again(split->text);
        again += '\n';
        for (const SignatureLine& line : split->signatures) {
            again += line.line;
            LAPX_REQUIRE(is_key_name(line.name));
            for (const VerifierKey& key : kKnown) {
                (void)verify_cosignature(split->text, line.line, key);
            }
        }
        LAPX_REQUIRE(again == text);
    }
    if (const auto key = VerifierKey::parse(text)) {
        LAPX_REQUIRE(key->text() == text);
    }
    return 0;
}
