#include "daemon/ledger/log.hpp"

#include <gtest/gtest.h>

#include "daemon/ledger/check.hpp"
#include "keys/domains.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"

namespace lapx::ledger {
namespace {

TEST(Log, WritesEntriesThatCommitToTheirData) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    const std::string data = "lapx/sent@v1\ncover AAAA\n";
    auto transaction = store::Transaction::begin(*agency.database).value();
    const Appended appended = agency.log->append(schema::EntryKind::kSent, as_bytes(data)).value();
    ASSERT_TRUE(agency.log->sign_checkpoint());
    ASSERT_TRUE(transaction.commit());
    EXPECT_EQ(appended.index, 0U);

    const std::string text = entry_at(*agency.database, 0).value();
    EXPECT_TRUE(text.starts_with("lapx/entry@v1\nkind sent\ntime 2026-11-21T18:38:17Z\nbody "));
    const schema::Opening opening = agency.log->opening(0).value();
    EXPECT_EQ(as_text(opening.data), data);
    EXPECT_EQ(opening.entry.body, appended.entry.body);
    EXPECT_EQ(keys::commitment("sent", opening.salt, opening.data), appended.entry.body);
}

TEST(Log, SaltsOfEqualDataDiffer) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    auto transaction = store::Transaction::begin(*agency.database).value();
    const auto first = agency.log->append(schema::EntryKind::kSent, as_bytes("x\n")).value();
    const auto second = agency.log->append(schema::EntryKind::kSent, as_bytes("x\n")).value();
    EXPECT_NE(first.entry.body, second.entry.body);
}

TEST(Log, TimesNeverGoBack) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    ASSERT_TRUE(agency.add(1));
    agency.clock.advance(std::chrono::hours(-5));
    ASSERT_TRUE(agency.add(1));
    ASSERT_TRUE(agency.open()) << "the last time is read back";
    ASSERT_TRUE(agency.add(1));
    agency.clock.advance(std::chrono::hours(6));
    ASSERT_TRUE(agency.add(1));
    std::vector<std::string> times;
    for (std::uint64_t i = 0; i < 4; ++i) {
        times.push_back(to_string(agency.log->opening(i).value().entry.time));
    }
    EXPECT_EQ(times[1], times[0]);
    EXPECT_EQ(times[2], times[0]);
    EXPECT_EQ(times[3], "2026-11-21T19:38:17Z");
}

TEST(Log, CheckpointHasThreeLinesAndOneSignature) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    EXPECT_EQ(agency.log->sign_checkpoint().error().code, Code::kInvalidArgument);
    EXPECT_EQ(agency.log->head().error().code, Code::kNotFound);
    const std::string note = agency.add(3).value();
    const auto opened = keys::open_note(note, {&agency.log_key, 1}).value();
    EXPECT_TRUE(opened.text.starts_with("opta.nl/lapx/ledger-1\n3\n"));
    EXPECT_EQ(std::count(note.begin(), note.end(), '\n'), 5);
    EXPECT_EQ(agency.log->head().value().newest.note, note);
}

TEST(Log, SameSizeGivesTheSameNoteAlsoAfterARestart) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    const std::string note = agency.add(2).value();
    EXPECT_EQ(agency.log->sign_checkpoint().value(), note);
    ASSERT_TRUE(agency.open());
    EXPECT_EQ(agency.log->sign_checkpoint().value(), note);
    EXPECT_NE(agency.add(1).value(), note);
}

TEST(Log, EveryEntryIsProvedUnderEveryCheckpoint) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    for (const std::uint64_t size : {1U, 2U, 7U, 255U, 256U, 257U, 520U}) {
        ASSERT_TRUE(agency.add(size - agency.log->size()));
        for (std::uint64_t index = 0; index < size; index += 1 + size / 9) {
            const std::string proof = agency.log->proof(index, size).value();
            const auto checked = check_proof(proof, {&agency.log_key, 1});
            ASSERT_TRUE(checked) << checked.error().context;
            EXPECT_EQ(checked->index, index);
            EXPECT_EQ(checked->checkpoint.size, size);
            EXPECT_EQ(as_text(checked->opening.data), "data " + std::to_string(index) + "\n");
        }
    }
    EXPECT_TRUE(check_proof(agency.log->proof(3, 257).value(), {&agency.log_key, 1}))
        << "an older checkpoint, long since passed";
    EXPECT_EQ(agency.log->proof(3, 300).error().code, Code::kNotFound) << "not a signed size";
    EXPECT_EQ(agency.log->proof(257, 257).error().code, Code::kInvalidArgument);
    EXPECT_EQ(agency.log->proof_head(0, 521).error().code, Code::kNotFound);
}

TEST(Log, ProofHeadIsCompletedByItsCheckpoint) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    const std::string note = agency.add(5).value();
    EXPECT_EQ(agency.log->proof_head(2, 5).value() + note, agency.log->proof(2, 5).value());
}

TEST(Log, CheckpointsAreLinkedByConsistencyProofs) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    std::vector<schema::Checkpoint> signed_ones;
    for (const std::size_t more : {1U, 2U, 250U, 3U, 1U, 300U}) {
        signed_ones.push_back(checkpoint_of(agency.add(more).value()).value());
    }
    for (const auto& old : signed_ones) {
        for (const auto& next : signed_ones) {
            const auto hashes = agency.log->consistency(old.size, next.size);
            ASSERT_EQ(hashes.has_value(), old.size <= next.size);
            if (hashes) {
                EXPECT_TRUE(verify_consistency(old.size, old.root, next.size, next.root, *hashes));
            }
        }
    }
    EXPECT_FALSE(agency.log->consistency(1, agency.log->size() + 1));
}

TEST(Log, TextsOfARecordAreErasedAlone) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    const std::string data = "lapx/decided@v1\n";
    const std::string texts = std::string(32, 's') + "operator op-1 Ada; Officer\n";
    {
        auto transaction = store::Transaction::begin(*agency.database).value();
        ASSERT_TRUE(
            agency.log->append(schema::EntryKind::kDecided, as_bytes(data), as_bytes(texts)));
        ASSERT_TRUE(agency.log->sign_checkpoint());
        ASSERT_TRUE(transaction.commit());
        agency.log->committed();
    }
    ASSERT_TRUE(agency.add(1));
    EXPECT_EQ(as_text(agency.log->texts(0).value()), texts);
    EXPECT_EQ(agency.log->texts(1).error().code, Code::kNotFound);
    EXPECT_EQ(agency.log->erase(1, OpeningPart::kTexts).error().code, Code::kNotFound);

    ASSERT_TRUE(agency.log->erase(0, OpeningPart::kTexts));
    EXPECT_EQ(agency.log->texts(0).error().code, Code::kErased);
    EXPECT_EQ(as_text(agency.log->opening(0).value().data), data);

    ASSERT_TRUE(agency.log->erase(0, OpeningPart::kData));
    EXPECT_EQ(agency.log->opening(0).error().code, Code::kErased);
    EXPECT_EQ(agency.log->proof(0, 1).error().code, Code::kErased);
    ASSERT_TRUE(agency.open()) << "the entry itself is still there";
    EXPECT_TRUE(agency.log->proof(1, 2));
}

TEST(Log, OpeningsAreSealedInTheFile) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    {
        auto transaction = store::Transaction::begin(*agency.database).value();
        ASSERT_TRUE(agency.log->append(schema::EntryKind::kDecided, as_bytes("confidential\n"),
                                       as_bytes("words\n")));
        ASSERT_TRUE(agency.log->sign_checkpoint());
        ASSERT_TRUE(transaction.commit());
    }
    auto query = agency.database->query("SELECT parts FROM opening").value();
    ASSERT_TRUE(query.step().value());
    EXPECT_EQ(query.text(0).find("confidential"), std::string_view::npos);
    EXPECT_EQ(query.text(0).find("words"), std::string_view::npos);
}

TEST(Log, RefusesAnEntryWithoutData) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    auto transaction = store::Transaction::begin(*agency.database).value();
    EXPECT_EQ(agency.log->append(schema::EntryKind::kSent, {}).error().code,
              Code::kInvalidArgument);
    EXPECT_EQ(agency.log->size(), 0U);
}

TEST(Log, CosignaturesAreCheckedKeptAndShown) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    const std::string note = agency.add(2).value();
    const keys::SigningKey witness = keys::SigningKey::generate(agency.random);
    const keys::VerifierKey witness_key{"acma.example/lapx/witness-1", keys::KeyType::kCosignature,
                                        witness.public_key()};
    const std::string text = schema::print_checkpoint(checkpoint_of(note).value());
    const std::string line = keys::cosign(text, witness_key.name, witness, agency.clock.seconds());

    EXPECT_EQ(agency.log->add_cosignature(3, line, witness_key).error().code, Code::kNotFound);
    std::string other_text = text;
    other_text.replace(other_text.find("\n2\n"), 3, "\n3\n");
    const std::string other =
        keys::cosign(other_text, witness_key.name, witness, agency.clock.seconds());
    EXPECT_EQ(agency.log->add_cosignature(2, other, witness_key).error().code,
              Code::kSignatureInvalid);
    EXPECT_TRUE(agency.log->head().value().cosigned_by.empty());
    EXPECT_EQ(first_cosigned_size(*agency.database, 1).value(), std::nullopt);

    ASSERT_TRUE(agency.log->add_cosignature(2, line, witness_key));
    ASSERT_TRUE(agency.log->add_cosignature(2, line, witness_key)) << "again changes nothing";
    EXPECT_EQ(agency.log->head().value().cosigned_by, std::vector<std::string>{witness_key.name});
    EXPECT_EQ(first_cosigned_size(*agency.database, 1).value(), 2U);
    EXPECT_EQ(first_cosigned_size(*agency.database, 2).value(), std::nullopt);

    const auto proof = schema::parse_tlog_proof(agency.log->proof(1, 2).value()).value();
    const std::vector<keys::VerifierKey> known{agency.log_key, witness_key};
    EXPECT_EQ(keys::open_note(proof.checkpoint, known).value().signers,
              (std::vector<std::string>{std::string(kOrigin), witness_key.name}));
}

TEST(Log, AProofNeverHasMoreSignatureLinesThanReadersTake) {
    Agency1 agency;
    ASSERT_TRUE(agency.open());
    const std::string text = schema::print_checkpoint(checkpoint_of(agency.add(1).value()).value());
    for (int i = 0; i < 20; ++i) {
        const keys::SigningKey witness = keys::SigningKey::generate(agency.random);
        const keys::VerifierKey key{"w" + std::to_string(i) + ".example/lapx/witness-1",
                                    keys::KeyType::kCosignature, witness.public_key()};
        ASSERT_TRUE(agency.log->add_cosignature(
            1, keys::cosign(text, key.name, witness, agency.clock.seconds()), key));
    }
    EXPECT_EQ(agency.log->head().value().cosigned_by.size(), 20U);
    EXPECT_TRUE(check_proof(agency.log->proof(0, 1).value(), {&agency.log_key, 1}));
}

}  // namespace
}  // namespace lapx::ledger
