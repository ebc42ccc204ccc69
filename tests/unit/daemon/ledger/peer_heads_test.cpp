#include "daemon/ledger/peer_heads.hpp"

#include <gtest/gtest.h>

#include "keys/domains.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"

namespace lapx::ledger {
namespace {

// Two histories of one log that part after `common` entries, and a database that watches them.
class PeerHeads : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(truth_.open());
        ASSERT_TRUE(lie_.open());
    }
    SignedCheckpoint at(Agency1& agency, std::uint64_t size) {
        return signed_checkpoint(agency.add(size - agency.log->size()).value());
    }
    Link link(Agency1& agency, std::uint64_t old_size, std::uint64_t new_size) {
        return {old_size, new_size, agency.log->consistency(old_size, new_size).value()};
    }
    HeadCheck take(const SignedCheckpoint& came, const std::optional<Link>& link = {}) {
        return take_peer_head(watcher_, truth_.log_key, came, link).value().check;
    }
    std::uint64_t held() {
        return peer_head(watcher_, truth_.log_key).value().value().checkpoint.size;
    }

    Agency1 truth_;
    Agency1 lie_{};  // its salts are the same, but its clock is not
    test::TempDir dir_;
    store::Database watcher_ =
        store::Database::open(dir_.path("w.db"), store::Mode::kWrite).value();
};

TEST_F(PeerHeads, FirstCheckpointOfALogIsTaken) {
    EXPECT_EQ(peer_head(watcher_, truth_.log_key).value(), std::nullopt);
    const auto first = at(truth_, 3);
    EXPECT_EQ(take(first), HeadCheck::kConsistent);
    EXPECT_EQ(peer_head(watcher_, truth_.log_key).value()->note, first.note);
    EXPECT_EQ(take(first), HeadCheck::kConsistent) << "the same one again";
}

TEST_F(PeerHeads, NewerOneIsTakenWithItsLinkOnly) {
    const auto first = at(truth_, 3);
    const auto second = at(truth_, 7);
    ASSERT_EQ(take(first), HeadCheck::kConsistent);
    EXPECT_EQ(take(second), HeadCheck::kGap);
    EXPECT_EQ(take(second, link(truth_, 2, 7)), HeadCheck::kGap) << "a link from another size";
    EXPECT_EQ(take(second, link(truth_, 3, 6)), HeadCheck::kGap) << "a link to another size";
    EXPECT_EQ(held(), 3U);
    EXPECT_EQ(take(second, link(truth_, 3, 7)), HeadCheck::kConsistent);
    EXPECT_EQ(held(), 7U);
}

TEST_F(PeerHeads, OlderOneIsCheckedTheOtherWayRoundAndNotKept) {
    const auto first = at(truth_, 3);
    const auto second = at(truth_, 7);
    ASSERT_EQ(take(second), HeadCheck::kConsistent);
    EXPECT_EQ(take(first), HeadCheck::kGap);
    EXPECT_EQ(take(first, link(truth_, 3, 7)), HeadCheck::kConsistent);
    EXPECT_EQ(held(), 7U);
}

TEST_F(PeerHeads, ContradictionIsAConflictAndBothNotesAreKept) {
    lie_.clock.advance(std::chrono::hours(1));
    const auto held_one = at(truth_, 3);
    const auto same_size = at(lie_, 3);
    const auto grown = at(lie_, 9);
    ASSERT_EQ(take(held_one), HeadCheck::kConsistent);
    for (const auto& [came, link] : {std::pair{same_size, std::optional<Link>()},
                                     std::pair{grown, std::optional(this->link(lie_, 3, 9))}}) {
        const HeadResult result = take_peer_head(watcher_, truth_.log_key, came, link).value();
        EXPECT_EQ(result.check, HeadCheck::kConflict);
        EXPECT_EQ(result.evidence, (std::vector{keys::digest_of<ContentDigest>(held_one.note),
                                                keys::digest_of<ContentDigest>(came.note)}));
        EXPECT_EQ(take(came, link), HeadCheck::kConflict) << "again";
    }
    EXPECT_EQ(held(), 3U);
    EXPECT_EQ(peer_head(watcher_, truth_.log_key).value()->note, held_one.note);
    auto query = watcher_.query("SELECT held, came FROM evidence ORDER BY id").value();
    ASSERT_TRUE(query.step().value());
    EXPECT_EQ(query.text(0), held_one.note);
    EXPECT_EQ(query.text(1), same_size.note);
    ASSERT_TRUE(query.step().value());
    EXPECT_EQ(query.text(1), grown.note);
    EXPECT_FALSE(query.step().value());
}

TEST_F(PeerHeads, LogsAreKeptApartByTheirKeysWhateverTheyAreCalled) {
    ASSERT_EQ(take(at(truth_, 3)), HeadCheck::kConsistent);
    // An agency that began anew under its old name.
    const keys::SigningKey reborn = keys::SigningKey::generate(truth_.random);
    const keys::VerifierKey key{std::string(kOrigin), keys::KeyType::kEd25519, reborn.public_key()};
    EXPECT_EQ(take_peer_head(watcher_, key, at(lie_, 3), {}).value().check, HeadCheck::kConsistent);
    EXPECT_EQ(held(), 3U);
    EXPECT_EQ(peer_head(watcher_, key).value().value().checkpoint.size, 3U);
}

TEST_F(PeerHeads, EmptyLogIsRefused) {
    auto empty = at(truth_, 1);
    empty.checkpoint.size = 0;
    EXPECT_EQ(take_peer_head(watcher_, truth_.log_key, empty, {}).error().code,
              Code::kProofInvalid);
}

}  // namespace
}  // namespace lapx::ledger
