// Signed notes of C2SP's specifications and of Go's sumdb/note.

#include <set>

#include "keys/note.hpp"
#include "tests/support/oracles.hpp"

namespace lapx::keys {
namespace {

// Whether a note is malformed is not among the vectors' fields, but in their comments.
bool is_malformed(const std::string& id) {
    static const std::set<std::string> kMalformed{
        "go-note-no-blank-line", "go-note-no-final-newline", "go-note-text-without-newline",
        "go-note-name-with-space"};
    return kMalformed.count(id) != 0;
}

TEST(SignedNotes, EndAsTheyWereRecomputed) {
    LAPX_NEEDS_ORACLES();
    const auto file = test::read_json(test::oracles() / "ledger/signed-notes.json");
    std::size_t opened_count = 0;
    for (const auto& vector : file.at("vectors")) {
        const std::string id = vector.at("id");
        SCOPED_TRACE(id);
        const std::string note = vector.at("note");
        std::vector<VerifierKey> known;
        for (const std::string vkey : vector.at("vkeys")) {
            known.push_back(VerifierKey::parse(vkey).value());
            EXPECT_EQ(known.back().text(), vkey);
        }
        const auto split = split_note(note);
        if (is_malformed(id)) {
            ASSERT_FALSE(split);
            EXPECT_EQ(split.error().code, Code::kNoteMalformed);
            EXPECT_EQ(open_note(note, known).error().code, Code::kNoteMalformed);
            continue;
        }
        ASSERT_TRUE(split);
        const auto& recomputed = vector.at("recomputed");
        ASSERT_EQ(split->signatures.size(), recomputed.size());
        std::set<std::string> signers;
        for (std::size_t i = 0; i < recomputed.size(); ++i) {
            EXPECT_EQ(split->signatures[i].name, recomputed[i].at("name").get<std::string>());
            const std::uint32_t key_id = split->signatures[i].key_id;
            EXPECT_EQ(std::stoul(recomputed[i].at("key_id").get<std::string>(), nullptr, 16),
                      key_id);
            const auto& by = recomputed[i].at("verified_by");
            if (by.is_string() && by != "SIGNATURE INVALID") {
                signers.insert(recomputed[i].at("name").get<std::string>());
            }
        }
        const auto opened = open_note(note, known);
        if (signers.empty()) {
            ASSERT_FALSE(opened);
            EXPECT_EQ(opened.error().code, Code::kSignatureInvalid);
        } else {
            ASSERT_TRUE(opened);
            EXPECT_EQ(std::set<std::string>(opened->signers.begin(), opened->signers.end()),
                      signers);
            EXPECT_EQ(opened->signers.size(), signers.size());
            ++opened_count;
        }
    }
    EXPECT_GE(opened_count, 6U);
}

TEST(SignedNotes, AreSignedAsGoDoes) {
    LAPX_NEEDS_ORACLES();
    const auto file = test::read_json(test::oracles() / "ledger/signed-notes.json");
    // "PRIVATE+KEY+name+id+base64(type ‖ seed)", the key of the vector go-note-peter.
    const std::string text = file.at("published_test_private_key_for_signing_tests");
    const Bytes octets = from_base64(text.substr(text.size() - 44)).value();
    const SigningKey key(Secret<32>::from(BytesView(octets).subspan(1)).value());
    for (const auto& vector : file.at("vectors")) {
        if (vector.at("id") == "go-note-peter") {
            const std::string note = vector.at("note");
            EXPECT_EQ(sign_note(split_note(note).value().text, "PeterNeumann", key), note);
            return;
        }
    }
    FAIL() << "the vector is missing";
}

}  // namespace
}  // namespace lapx::keys
