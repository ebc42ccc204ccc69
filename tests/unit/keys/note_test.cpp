#include "keys/note.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

using testing::ElementsAre;

SigningKey key_from(std::string_view seed) { return SigningKey(secret_from(seed)); }

// A log's and a witness's key and a cosigned checkpoint, made by another implementation. The seeds
// are those of RFC 8032's tests 1 and 2.
constexpr std::string_view kLogSeed =
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
constexpr std::string_view kWitnessSeed =
    "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
constexpr std::string_view kLogName = "refex.example/agency-a/ledger-1";
constexpr std::string_view kWitnessName = "refex.example/agency-b/witness-1";
constexpr std::string_view kLogVkey =
    "refex.example/agency-a/ledger-1+57dc71ad+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
constexpr std::string_view kWitnessVkey =
    "refex.example/agency-b/witness-1+f7fc96e3+BD1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM";
constexpr std::string_view kCheckpoint =
    "refex.example/agency-a/ledger-1\n3\ncoNAoCHJhriPzCPpP52v/YDlNH/kQ0UbCHvVVce1HdY=\n";
constexpr std::string_view kLogLine =
    "— refex.example/agency-a/ledger-1 "
    "V9xxrUpbT8cej3yNuigXuak/"
    "OfQjfyp9qzBSFPSZnW8TdxtUUqMnkPUJ+qBXQAN99Ca3ECn6xoHxRC+mhXO5C6q0mw8=\n";
constexpr std::string_view kWitnessLine =
    "— refex.example/agency-b/witness-1 "
    "9/yW4wAAAABpIIy8oOSNWfdPrW+rpS4xhIgjtJv/"
    "Y/SmAzTqh554FThJTQ++EWpar/86fdOJC1NjFI2aF57Anxv3hcNxFuYWzEfNCA==\n";
const Time kWitnessed{std::chrono::seconds{0x69208cbc}};

std::string joined(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (const auto part : parts) {
        out += part;
    }
    return out;
}

std::vector<VerifierKey> known(std::initializer_list<std::string_view> vkeys) {
    std::vector<VerifierKey> out;
    for (const auto vkey : vkeys) {
        out.push_back(VerifierKey::parse(vkey).value());
    }
    return out;
}

TEST(VerifierKeys, PrintAsTheyWereRead) {
    for (const auto vkey : {kLogVkey, kWitnessVkey}) {
        EXPECT_EQ(VerifierKey::parse(vkey).value().text(), vkey);
    }
    EXPECT_EQ(VerifierKey::parse(kLogVkey).value().key, key_from(kLogSeed).public_key());
    EXPECT_EQ(VerifierKey::parse(kWitnessVkey).value().type, KeyType::kCosignature);
}

TEST(VerifierKeys, AreRefusedWhenWronglyFormed) {
    const std::string name(kLogName);
    const std::string key = "+57dc71ad+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
    for (const std::string& vkey :
         {std::string(), name, name + "+57dc71ad", "x" + name + key, key,
          name + "+57DC71AD+" + key.substr(10), name + "+57dc71ae" + key.substr(9),
          name + "+7dc71ad" + key.substr(9), name + key + "\n", name + key + "AAAA",
          " " + name + key,
          // The key id is right, the type is not known.
          std::string("a+325fa508+AtdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea")}) {
        const auto parsed = VerifierKey::parse(vkey);
        ASSERT_FALSE(parsed) << vkey;
        EXPECT_EQ(parsed.error().code, Code::kKeyInvalid) << vkey;
    }
}

TEST(VerifierKeys, AreRefusedWhenNotAdmissible) {
    VerifierKey weak{"a.example/lapx/sign-1", KeyType::kEd25519, {}};
    weak.key.bytes.front() = 1;
    const auto parsed = VerifierKey::parse(weak.text());
    ASSERT_FALSE(parsed);
    EXPECT_EQ(parsed.error().code, Code::kKeyInvalid);
}

TEST(KeyNames, HoldNoSpaceOfUnicodeAndNoPlus) {
    EXPECT_TRUE(is_key_name("opta.nl/lapx/sign-1"));
    EXPECT_TRUE(is_key_name("é"));
    for (const char* name : {"", "a b", "a+b", "a\tb", "a\u00a0", "\u2003a", "a\u3000b", "\xff"}) {
        EXPECT_FALSE(is_key_name(name)) << name;
    }
}

TEST(Notes, AreSignedAndCosignedAsAnotherImplementationDoes) {
    EXPECT_EQ(sign_note(kCheckpoint, kLogName, key_from(kLogSeed)),
              joined({kCheckpoint, "\n", kLogLine}));
    EXPECT_EQ(cosign(kCheckpoint, kWitnessName, key_from(kWitnessSeed), kWitnessed), kWitnessLine);
}

TEST(Notes, OpenWithTheirKeys) {
    const std::string note = joined({kCheckpoint, "\n", kLogLine, kWitnessLine});
    const auto both = open_note(note, known({kWitnessVkey, kLogVkey})).value();
    EXPECT_EQ(both.text, kCheckpoint);
    EXPECT_THAT(both.signers, ElementsAre(kLogName, kWitnessName));
    EXPECT_THAT(open_note(note, known({kLogVkey})).value().signers, ElementsAre(kLogName));
    EXPECT_THAT(open_note(note, known({kWitnessVkey})).value().signers, ElementsAre(kWitnessName));
    EXPECT_EQ(open_note(note, {}).error().code, Code::kSignatureInvalid);
}

TEST(Notes, AreRefusedWhenAnyKnownSignatureIsBad) {
    const SigningKey other = key_from(kWitnessSeed);
    const std::string good = sign_note("text\n", kLogName, key_from(kLogSeed));
    const std::string bad = sign_note("text \n", "b.example/x", other);
    const std::string note = good + bad.substr(bad.find("—"));
    const VerifierKey other_key{"b.example/x", KeyType::kEd25519, other.public_key()};
    EXPECT_TRUE(open_note(note, known({kLogVkey})));
    std::vector<VerifierKey> both = known({kLogVkey});
    both.push_back(other_key);
    EXPECT_EQ(open_note(note, both).error().code, Code::kSignatureInvalid);
}

TEST(Notes, AreRefusedWhenAnyBitIsFlipped) {
    const std::string note = joined({kCheckpoint, "\n", kLogLine});
    const auto keys = known({kLogVkey});
    for (std::size_t bit = 0; bit < note.size() * 8; ++bit) {
        std::string flipped = note;
        flipped.at(bit / 8) = static_cast<char>(flipped.at(bit / 8) ^ (1 << bit % 8));
        EXPECT_FALSE(open_note(flipped, keys)) << bit;
    }
}

TEST(Notes, MayHoldEmptyLinesAndSeveralSigners) {
    const SigningKey first = key_from(kLogSeed);
    const SigningKey second = key_from(kWitnessSeed);
    const std::string one = sign_note("\nfirst\n\nsecond\n", "a.example/x", first);
    const std::string two = add_signature(one, "b.example/x", second).value();
    const std::vector<VerifierKey> keys{{"b.example/x", KeyType::kEd25519, second.public_key()},
                                        {"a.example/x", KeyType::kEd25519, first.public_key()}};
    const auto opened = open_note(two, keys).value();
    EXPECT_EQ(opened.text, "\nfirst\n\nsecond\n");
    EXPECT_THAT(opened.signers, ElementsAre("a.example/x", "b.example/x"));
    EXPECT_TRUE(two.starts_with(one));
}

TEST(Notes, ThatAreSignedOnceHoldNoOtherLine) {
    const std::string once = joined({kCheckpoint, "\n", kLogLine});
    const auto keys = known({kLogVkey, kWitnessVkey});
    EXPECT_THAT(open_note_signed_once(once, keys).value().signers, ElementsAre(kLogName));
    for (const std::string& more : {once + std::string(kWitnessLine), once + std::string(kLogLine),
                                    once + "— a AAAAAAA=\n"}) {
        EXPECT_TRUE(open_note(more, keys));
        EXPECT_EQ(open_note_signed_once(more, keys).error().code, Code::kSignatureInvalid);
    }
}

TEST(Notes, AreRefusedWhenMalformed) {
    const auto keys = known({kLogVkey});
    const std::string good = joined({kCheckpoint, "\n", kLogLine});
    ASSERT_TRUE(open_note(good, keys));
    const std::string line(kLogLine);
    const std::string text(kCheckpoint);
    for (const std::string& note : {std::string(),
                                    std::string("\n\n"),
                                    text,
                                    line,
                                    text + line,
                                    text + "\n",
                                    text + "\n\n" + line + "\n",
                                    good + "\n",
                                    good.substr(0, good.size() - 1),
                                    good + "x",
                                    good + "— a\n",
                                    good + "— a \n",
                                    good + "— a AAAA\n",
                                    good + "- a AAAAAAA=\n",
                                    good + "— a  AAAAAAA=\n",
                                    good + "— a+b AAAAAAA=\n",
                                    good + "— a AAAAAAA=\r\n",
                                    "\xff" + good,
                                    "\t" + good,
                                    good + "— a AAAAAAB=\n"}) {
        const auto opened = open_note(note, keys);
        ASSERT_FALSE(opened) << note;
        EXPECT_EQ(opened.error().code, Code::kNoteMalformed) << note;
    }
    EXPECT_TRUE(open_note(good + "— a AAAAAAA=\n", keys));
}

TEST(Notes, AreReadUpToSixteenSignatures) {
    const auto keys = known({kLogVkey});
    std::string note = joined({kCheckpoint, "\n", kLogLine});
    for (std::size_t i = 1; i < schema::kMaxSignatures; ++i) {
        note += "— a" + std::to_string(i) + " AAAAAAA=\n";
    }
    EXPECT_TRUE(open_note(note, keys));
    EXPECT_EQ(open_note(note + "— a AAAAAAA=\n", keys).error().code, Code::kNoteMalformed);
}

TEST(Cosignatures, TellTheirTime) {
    const auto key = VerifierKey::parse(kWitnessVkey).value();
    EXPECT_EQ(verify_cosignature(kCheckpoint, kWitnessLine, key).value(), kWitnessed);
}

TEST(Cosignatures, AreRefusedWhenNotTheKeysOrNotOneLine) {
    const auto key = VerifierKey::parse(kWitnessVkey).value();
    const std::string line(kWitnessLine);
    EXPECT_EQ(verify_cosignature("other\n", line, key).error().code, Code::kSignatureInvalid);
    EXPECT_EQ(verify_cosignature(kCheckpoint, kLogLine, key).error().code, Code::kSignatureInvalid);
    // A plain signature with the right key and name is no cosignature.
    EXPECT_EQ(verify_cosignature(kCheckpoint, kLogLine, VerifierKey::parse(kLogVkey).value())
                  .error()
                  .code,
              Code::kSignatureInvalid);
    for (const std::string& bad :
         {line + line, line.substr(0, line.size() - 1), "\n" + line, std::string()}) {
        EXPECT_EQ(verify_cosignature(kCheckpoint, bad, key).error().code, Code::kNoteMalformed);
    }
}

TEST(Cosignatures, AreRefusedWhenTheirTimeIsOutOfRange) {
    const SigningKey key = key_from(kWitnessSeed);
    const auto verifier = VerifierKey::parse(kWitnessVkey).value();
    for (const std::int64_t seconds :
         {std::int64_t{0}, std::int64_t{946684799}, std::int64_t{32503680000}, std::int64_t{-1}}) {
        const std::string line =
            cosign(kCheckpoint, kWitnessName, key, Time(std::chrono::seconds(seconds)));
        EXPECT_EQ(verify_cosignature(kCheckpoint, line, verifier).error().code,
                  Code::kNoteMalformed);
    }
}

TEST(Cosignatures, AreRefusedWhenAnyBitIsFlipped) {
    const auto key = VerifierKey::parse(kWitnessVkey).value();
    const std::string line(kWitnessLine);
    for (std::size_t bit = 0; bit < line.size() * 8; ++bit) {
        std::string flipped = line;
        flipped.at(bit / 8) = static_cast<char>(flipped.at(bit / 8) ^ (1 << bit % 8));
        EXPECT_FALSE(verify_cosignature(kCheckpoint, flipped, key)) << bit;
    }
}

}  // namespace
}  // namespace lapx::keys
