// Who sees a referral: whoever works at its desk and, where it is restricted, is named.

#include <gtest/gtest.h>

#include "daemon/cases/cases.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::cases {
namespace {

using test::kNow;

const Viewer kAll{std::nullopt, {"*"}};
const Viewer kEverywhere{"op-1", {"*"}};
const Viewer kFraud{"op-2", {"fraud"}};
const Viewer kSpam{"op-3", {"spam", "abuse"}};

class SeenTest : public testing::Test {
  protected:
    Case make(const char* desk, const char* number = "") {
        Case out{.seq = 0,
                 .state = State::kDraft,
                 .drafter = "op-1",
                 .changed = kNow,
                 .draft = test::sample_draft(*Desk::parse(std::string(desk) + "@opta.example"),
                                             {b_.desk()}, random_),
                 .approval = {},
                 .returned = {}};
        out.draft.external_id = number;
        out.seq = *cases_.save(out);
        return out;
    }
    std::size_t drafts(const Viewer& viewer, std::size_t limit = 10) {
        return cases_.list(Direction::kOut, {State::kDraft}, "", viewer, 0, limit)->size();
    }
    // As a referral that does not exist.
    void expect_unseen(const Viewer& viewer, const Case& value) {
        const auto by_id = cases_.find(to_string(value.draft.id), viewer);
        const auto nothing = cases_.find("ffffffff-0000-7000-8000-000000000000", viewer);
        ASSERT_FALSE(by_id);
        EXPECT_EQ(by_id.error().code, nothing.error().code);
        EXPECT_EQ(by_id.error().context, nothing.error().context);
        EXPECT_FALSE(*cases_.sees(viewer, value.draft.case_name().id));
    }

    test::TempDir folder_;
    test::SeededRandom random_{5};
    test::TestAgency b_{"acma.example", 2};
    keys::MasterKey master_ = keys::MasterKey::generate(random_);
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    Cases cases_{database_, master_, random_};
};

TEST_F(SeenTest, AReferralIsSeenByThoseWhoWorkAtItsDesk) {
    const Case spam = make("spam");
    const Case fraud = make("fraud");
    for (const auto& [viewer, sees_spam, sees_fraud] : {std::tuple{kAll, true, true},
                                                        {kEverywhere, true, true},
                                                        {kFraud, false, true},
                                                        {kSpam, true, false},
                                                        {Viewer{"op-4", {}}, false, false}}) {
        EXPECT_EQ(*cases_.sees(viewer, spam.draft.id), sees_spam);
        EXPECT_EQ(*cases_.sees(viewer, fraud.draft.id), sees_fraud);
        EXPECT_EQ(drafts(viewer), std::size_t{sees_spam} + std::size_t{sees_fraud});
    }
    expect_unseen(kFraud, spam);
    expect_unseen(kSpam, fraud);
}

TEST_F(SeenTest, ADraftThatMovesToAnotherDeskIsSeenThere) {
    Case value = make("spam");
    value.draft.from = *Desk::parse("fraud@opta.example");
    ASSERT_TRUE(cases_.save(value));
    EXPECT_TRUE(*cases_.sees(kFraud, value.draft.id));
    expect_unseen(kSpam, value);
}

TEST_F(SeenTest, ARestrictedReferralIsSeenByThoseWhoAreNamedAndWorkAtItsDesk) {
    const Case value = make("spam");
    ASSERT_TRUE(cases_.restrict(value.draft.id, {"op-2", "op-3"}));
    EXPECT_EQ(*cases_.restricted_to(value.draft.id), (std::vector<std::string>{"op-2", "op-3"}));
    EXPECT_TRUE(*cases_.sees(kSpam, value.draft.id));
    expect_unseen(kEverywhere, value);
    expect_unseen(kFraud, value);  // to be named opens no other desk
    EXPECT_TRUE(*cases_.sees(kAll, value.draft.id));

    ASSERT_TRUE(cases_.restrict(value.draft.id, {"op-1"}));
    EXPECT_TRUE(*cases_.sees(kEverywhere, value.draft.id));
    expect_unseen(kSpam, value);

    ASSERT_TRUE(cases_.restrict(value.draft.id, {}));
    EXPECT_TRUE(cases_.restricted_to(value.draft.id)->empty());
    EXPECT_TRUE(*cases_.sees(kSpam, value.draft.id));
}

TEST_F(SeenTest, ARestrictionHoldsForWhatFollowsAReferral) {
    const Case first = make("spam");
    ASSERT_TRUE(cases_.restrict(first.draft.id, {"op-1"}));
    Case answer = make("spam");
    answer.seq = 0;
    answer.draft.id = ReferralId{uuid7(7, {7})};
    answer.draft.act = schema::Act::kAnswer;
    answer.draft.about = first.draft.case_name();
    ASSERT_TRUE(cases_.save(answer));
    expect_unseen(kSpam, answer);
    EXPECT_EQ(cases_.of_case(first.draft.case_name(), kEverywhere)->size(), 2U);
    EXPECT_TRUE(cases_.of_case(first.draft.case_name(), kSpam)->empty());
}

TEST_F(SeenTest, ARestrictionHoldsForEveryVersionOfAReferralAndForNoOther) {
    Case first = make("spam");
    const Case other = make("spam");
    ASSERT_TRUE(cases_.restrict(first.draft.id, {"op-1"}));
    Case second = first;
    second.seq = 0;
    second.draft.version = 2;
    second.draft.supersedes = ManifestDigest{{1}};
    ASSERT_TRUE(cases_.save(second));
    EXPECT_EQ(drafts(kSpam), 1U);
    EXPECT_EQ(drafts(kEverywhere), 3U);
    expect_unseen(kSpam, second);
    EXPECT_TRUE(*cases_.sees(kSpam, other.draft.id));
}

TEST_F(SeenTest, WhatIsNotSeenMakesNoPrefixAmbiguous) {
    const Case seen = make("spam");
    const Case hidden = make("spam");
    const std::string prefix = to_string(seen.draft.id).substr(0, 4);
    ASSERT_EQ(to_string(hidden.draft.id).substr(0, 4), prefix);
    EXPECT_EQ(cases_.find(prefix, kSpam).error().code, Code::kAmbiguous);
    ASSERT_TRUE(cases_.restrict(hidden.draft.id, {"op-1"}));
    EXPECT_EQ(cases_.find(prefix, kSpam)->id, seen.draft.id);
    ASSERT_TRUE(cases_.restrict(seen.draft.id, {"op-1"}));
    EXPECT_EQ(cases_.find(prefix, kSpam).error().context,
              cases_.find("ffff", kSpam).error().context);
}

TEST_F(SeenTest, ANumberOfAReferralThatIsNotSeenIsFree) {
    const Case hidden = make("spam", "2026-147");
    ASSERT_TRUE(cases_.restrict(hidden.draft.id, {"op-1"}));
    EXPECT_TRUE(cases_.find_number("2026-147", kSpam)->empty());
    EXPECT_FALSE(cases_.find("2026-147", kSpam));
    const Case own = make("spam", "2026-147");
    EXPECT_EQ(cases_.find("2026-147", kSpam)->id, own.draft.id);
    EXPECT_EQ(cases_.find_number("2026-147", kEverywhere)->front().id, hidden.draft.id);
    EXPECT_EQ(cases_.find("2026-147", kEverywhere).error().code, Code::kAmbiguous);
}

TEST_F(SeenTest, APageIsFullOfWhatIsSeen) {
    std::vector<Case> seen;
    for (int i = 0; i < 3; ++i) {
        seen.push_back(make("spam"));
        make("fraud");
    }
    const auto page = *cases_.list(Direction::kOut, {State::kDraft}, "", kSpam, 0, 2);
    ASSERT_EQ(page.size(), 2U);
    EXPECT_EQ(page[0].id, seen[2].draft.id);
    EXPECT_EQ(page[1].id, seen[1].draft.id);
    const auto rest = *cases_.list(Direction::kOut, {State::kDraft}, "", kSpam, page[1].seq, 2);
    ASSERT_EQ(rest.size(), 1U);
    EXPECT_EQ(rest[0].id, seen[0].draft.id);
}

TEST_F(SeenTest, WhatIsToBeDestroyedIsListedOnceOnItsEarliestDayForThoseWhoSeeIt) {
    const auto kept_until = [&](Case value, Time end) {
        for (model::DraftItem& item : value.draft.items) {
            if (item.label == schema::Label::kDataProtection) {
                item.octets = schema::encode_item(
                    {1}, schema::DataProtection{schema::DataBasis::kPublicTask, end, {}});
            }
        }
        value.state = State::kSent;
        return *cases_.save(value);
    };
    using std::chrono::days;
    Case spam = make("spam");
    kept_until(spam, kNow + days(9));
    spam.seq = 0;
    spam.draft.version = 2;
    const std::int64_t earliest = kept_until(spam, kNow + days(3));
    const std::int64_t fraud = kept_until(make("fraud"), kNow + days(5));
    const auto listed = [&](Time limit, const Viewer& viewer) {
        std::vector<std::int64_t> out;
        const auto rows = cases_.to_destroy(limit, viewer);
        for (const Row& row : *rows) {
            out.push_back(row.seq);
        }
        return out;
    };
    using Seqs = std::vector<std::int64_t>;
    EXPECT_EQ(listed(kNow + days(9), kAll), (Seqs{earliest, fraud}));
    EXPECT_EQ(listed(kNow + days(4), kAll), Seqs{earliest});
    EXPECT_EQ(listed(kNow + days(2), kAll), Seqs{});
    EXPECT_EQ(listed(kNow + days(9), kFraud), Seqs{fraud});
    ASSERT_TRUE(cases_.restrict(spam.draft.id, {"op-2"}));
    EXPECT_EQ(listed(kNow + days(9), kEverywhere), Seqs{fraud});
}

TEST_F(SeenTest, WhatWasMadeFromAReferralIsListedOnceForThoseWhoSeeIt) {
    const Case origin = make("spam");
    const auto made = [&](const char* desk) {
        Case out = make(desk);
        out.seq = 0;
        out.draft.id = ReferralId{uuid7(7, {static_cast<std::uint8_t>(desk[0])})};
        out.draft.origin = model::Origin{origin.draft.from.agency(), origin.draft.id, 1};
        out.seq = *cases_.save(out);
        return out;
    };
    Case spam = made("spam");
    const Case fraud = made("fraud");
    spam.seq = 0;
    spam.draft.version = 2;
    ASSERT_TRUE(cases_.save(spam));
    const Row row = **cases_.row(origin.seq, kAll);
    EXPECT_EQ(cases_.derived(row, kAll)->size(), 2U);
    const auto seen = *cases_.derived(row, kFraud);
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].id, fraud.draft.id);
    EXPECT_TRUE(cases_.derived(**cases_.row(fraud.seq, kAll), kAll)->empty());
}

constexpr const char* kReferral =
    "INSERT INTO referral(seq, id, version, direction, agency, kind, state, created, changed, "
    "external_id, keys, data) VALUES(?, ?, 1, ?, 'acma.example', 1, ?, 0, 0, ?, x'', x'')";

TEST(SeenBefore, AnOlderDatabaseSaysOfWhatCameToWhichDeskItDidAndOfOursNothing) {
    const test::TempDir folder;
    const std::string path = folder.path("lapx.db");
    const ReferralId ours{uuid7(1, {1})};
    const ReferralId theirs{uuid7(1, {2})};
    {
        auto old = *store::Database::open(path, store::Mode::kWrite,
                                          {.migrations = store::built_in_migrations().first(2)});
        ASSERT_TRUE(old.run(kReferral, 1, ours.view(), 1, 3, std::string_view("2026-147")));
        ASSERT_TRUE(old.run(kReferral, 2, theirs.view(), 2, 4, std::optional<std::string_view>()));
        for (const int referral : {1, 2}) {
            ASSERT_TRUE(old.run(
                "INSERT INTO message(agency, id, direction, referral, peer, desk, act, cover, "
                "created, expires, state, changed, leaf, keys, data) VALUES('acma.example', ?, ?, "
                "?, 'acma.example', 'fraud', 1, x'', 0, 0, 1, 0, 0, x'', x'')",
                referral == 1 ? ours.view() : theirs.view(), referral, referral));
        }
    }
    auto database = *store::Database::open(path, store::Mode::kWrite);
    test::SeededRandom random{5};
    const auto master = keys::MasterKey::generate(random);
    Cases cases(database, master, random);
    EXPECT_TRUE(*cases.sees(kFraud, theirs));
    EXPECT_FALSE(*cases.sees(kSpam, theirs));
    EXPECT_FALSE(*cases.sees(kFraud, ours));
    EXPECT_TRUE(*cases.sees(kEverywhere, ours));
    EXPECT_EQ(cases.find("2026-147", kEverywhere)->id, ours);
}

}  // namespace
}  // namespace lapx::cases
