#include "daemon/cases/cases.hpp"

#include <gtest/gtest.h>

#include "daemon/disclosure/disclosure.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::cases {
namespace {

using test::kNow;

class CasesTest : public testing::Test {
  protected:
    Case make() {
        return {.seq = 0,
                .state = State::kDraft,
                .drafter = "op-1",
                .changed = kNow,
                .draft = test::sample_draft(a_.desk(), {b_.desk()}, random_),
                .approval = {},
                .returned = {}};
    }

    test::TempDir folder_;
    test::SeededRandom random_{5};
    test::TestAgency a_{"opta.example", 1};
    test::TestAgency b_{"acma.example", 2};
    keys::MasterKey master_ = keys::MasterKey::generate(random_);
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    Cases cases_{database_, master_, random_};
    const Viewer all_{std::nullopt, {"*"}};
};

TEST_F(CasesTest, LoadsWhatItSavedOctetForOctet) {
    Case value = make();
    value.draft.withheld = {{{schema::Label::kFacts, 0},
                             b_.desk(),
                             schema::Reason::kNationalLaw,
                             schema::Shown::kSilent,
                             "Wet Y",
                             "op-2"}};
    value.draft.permitted = {{{schema::Label::kIndicator, 2}, "op-1"}};
    value.draft.external_id = "2026-147";
    value.draft.handling.until = kNow;
    value.draft.handling.attribution = "OPTA";
    value.draft.handling.onward = {schema::OnwardRule::kListed, {b_.agency}};
    value.approval = model::Approval{
        "op-2", false, {ViewDigest{{1}}, ViewDigest{{2}}}, test::kNow, StandingId{uuid7(5, {})}};
    value.editors = {"op-3", "op-4"};
    value.state = State::kReleasing;
    value.leaves = kNow;
    value.feed = "isp";
    value.returned = Returned{"op-2", test::kNow, "withhold\nthe scale"};
    value.seq = *cases_.save(value);
    const auto loaded = cases_.load(value.seq);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->draft, value.draft);
    EXPECT_EQ(loaded->returned, value.returned);
    EXPECT_EQ(loaded->drafter, "op-1");
    EXPECT_EQ(loaded->approval->views, value.approval->views);
    EXPECT_EQ(loaded->approval->standing, value.approval->standing);
    EXPECT_EQ(loaded->editors, value.editors);
    EXPECT_EQ(loaded->state, State::kReleasing);
    EXPECT_EQ(loaded->leaves, kNow);
    EXPECT_EQ(loaded->feed, "isp");
    EXPECT_EQ(model::manifest_text(loaded->draft), model::manifest_text(value.draft));
}

TEST_F(CasesTest, FindsByIdAndByPrefixAndTellsWhenThatIsNotEnough) {
    Case first = make();
    Case second = make();
    ASSERT_TRUE(cases_.save(first));
    ASSERT_TRUE(cases_.save(second));
    const std::string id = to_string(first.draft.id);
    EXPECT_EQ(cases_.find(id, all_)->id, first.draft.id);
    EXPECT_EQ(cases_.find(id.substr(0, 30), all_)->id, first.draft.id);
    EXPECT_EQ(cases_.find(id.substr(0, 4), all_).error().code, Code::kAmbiguous);
    EXPECT_EQ(cases_.find("ffff", all_).error().code, Code::kUnknownReferral);
    EXPECT_EQ(cases_.find(id.substr(0, 3), all_).error().code, Code::kUnknownReferral);
    EXPECT_EQ(cases_.find("no such thing", all_).error().code, Code::kUnknownReferral);
}

TEST_F(CasesTest, ListsNewestFirstByState) {
    Case draft = make();
    Case sent = make();
    sent.state = State::kSent;
    ASSERT_TRUE(cases_.save(draft));
    ASSERT_TRUE(cases_.save(sent));
    EXPECT_EQ(
        cases_.list(Direction::kOut, {State::kDraft, State::kSent}, "", all_, 0, 10)->front().id,
        sent.draft.id);
    EXPECT_EQ(cases_.list(Direction::kOut, {State::kDraft}, "", all_, 0, 10)->size(), 1U);
    EXPECT_TRUE(cases_.list(Direction::kIn, {State::kReceived}, "", all_, 0, 10)->empty());
}

TEST_F(CasesTest, PagesOverSeveralStatesLeaveNothingOutAndRepeatNothing) {
    std::vector<ReferralId> made;
    for (int i = 0; i < 7; ++i) {
        Case value = make();
        value.state = i % 3 == 0 ? State::kSent : State::kWithheld;
        ASSERT_TRUE(cases_.save(value));
        made.insert(made.begin(), value.draft.id);
    }
    std::vector<ReferralId> listed;
    std::int64_t before = 0;
    while (listed.size() < made.size()) {
        const auto page =
            cases_.list(Direction::kOut, {State::kSent, State::kWithheld}, "", all_, before, 2);
        ASSERT_TRUE(page);
        ASSERT_FALSE(page->empty());
        ASSERT_LE(page->size(), 2U);
        for (const Row& row : *page) {
            listed.push_back(row.id);
        }
        before = page->back().seq;
    }
    EXPECT_EQ(listed, made);
}

TEST_F(CasesTest, ListsThoseOfAFeedOnlyWhereItOrAllAreAskedFor) {
    Case fed = make();
    fed.feed = "isp";
    Case filed = make();
    ASSERT_TRUE(cases_.save(filed));
    ASSERT_TRUE(cases_.save(fed));
    const auto ids = [&](std::optional<std::string_view> feed) {
        std::vector<ReferralId> out;
        const auto rows = cases_.list(Direction::kOut, {State::kDraft}, feed, all_, 0, 10);
        for (const Row& row : *rows) {
            out.push_back(row.id);
        }
        return out;
    };
    EXPECT_EQ(ids(""), std::vector{filed.draft.id});
    EXPECT_EQ(ids("isp"), std::vector{fed.draft.id});
    EXPECT_EQ(ids("other"), std::vector<ReferralId>{});
    EXPECT_EQ(ids(std::nullopt), (std::vector{fed.draft.id, filed.draft.id}));
}

TEST_F(CasesTest, ReleasesAreDueAtTheirTimeAndNotBefore) {
    Case value = make();
    value.state = State::kReleasing;
    value.leaves = kNow;
    value.seq = *cases_.save(value);
    Case sooner = make();
    sooner.state = State::kReleasing;
    sooner.leaves = kNow - std::chrono::seconds{1};
    sooner.seq = *cases_.save(sooner);
    EXPECT_EQ(*cases_.due(kNow - std::chrono::seconds{2}, 10), std::vector<std::int64_t>{});
    EXPECT_EQ(*cases_.due(kNow - std::chrono::seconds{1}, 10), std::vector{sooner.seq});
    EXPECT_EQ(*cases_.due(kNow, 10), (std::vector{sooner.seq, value.seq}));
    EXPECT_EQ(*cases_.due(kNow, 1), std::vector{sooner.seq});
    ASSERT_TRUE(cancel(sooner, kNow));
    ASSERT_TRUE(cases_.save(sooner));
    ASSERT_TRUE(cases_.put_back(value.seq));
    EXPECT_EQ(*cases_.due(kNow, 10), std::vector<std::int64_t>{});
    EXPECT_EQ(cases_.load(sooner.seq)->state, State::kDraft);
    EXPECT_EQ(cases_.load(value.seq)->state, State::kDraft);
}

TEST_F(CasesTest, AnyChangeVoidsWhatAnApproverSaid) {
    const auto approved = [this] {
        Case value = make();
        value.state = State::kReleasing;
        value.approval = model::Approval{"op-2", false, {ViewDigest{{1}}}, kNow};
        value.returned = Returned{"op-2", kNow, "no"};
        value.leaves = kNow;
        return value;
    };
    Case value = approved();
    changed_by(value, "op-3", kNow);
    EXPECT_EQ(value.state, State::kDraft);
    EXPECT_FALSE(value.approval || value.returned || value.leaves);
    changed_by(value, "op-3", kNow);
    changed_by(value, "op-1", kNow);
    EXPECT_EQ(value.editors, std::vector<std::string>{"op-3"});
    EXPECT_TRUE(had_a_hand(value, "op-1") && had_a_hand(value, "op-3"));
    EXPECT_FALSE(had_a_hand(value, "op-2"));
    value = approved();
    give_back(value, {"op-2", kNow, "why"});
    EXPECT_FALSE(value.approval || value.leaves);
    EXPECT_EQ(value.returned->text, "why");
    value = approved();
    ASSERT_TRUE(cancel(value, kNow));
    EXPECT_FALSE(value.approval || value.leaves);
    EXPECT_EQ(cancel(value, kNow).error().code, Code::kWrongState);
}

TEST_F(CasesTest, ExhibitsComeBackWithTheKeyThatOpensThem) {
    const std::int64_t seq = *cases_.save(make());
    model::SealedExhibit exhibit;
    exhibit.element = 1;
    exhibit.plain = ContentDigest{{9}};
    exhibit.plain_size = 77;
    exhibit.sealed = {1, 2, 3};
    exhibit.identity = keys::SecretBytes(Bytes(32, 8));
    ASSERT_TRUE(cases_.add_exhibit(seq, exhibit));
    const auto loaded = cases_.exhibits(seq);
    ASSERT_TRUE(loaded);
    ASSERT_EQ(loaded->size(), 1U);
    EXPECT_EQ(loaded->front().plain_size, 77U);
    EXPECT_EQ(loaded->front().identity, exhibit.identity);
    EXPECT_EQ(loaded->front().sealed_digest, keys::digest_of<ContentDigest>(exhibit.sealed));
}

TEST_F(CasesTest, RemovingADraftRemovesItsExhibits) {
    const std::int64_t seq = *cases_.save(make());
    model::SealedExhibit exhibit;
    exhibit.element = 1;
    exhibit.identity = keys::SecretBytes(32);
    ASSERT_TRUE(cases_.add_exhibit(seq, exhibit));
    ASSERT_TRUE(cases_.remove(seq));
    EXPECT_EQ(cases_.load(seq).error().code, Code::kUnknownReferral);
    EXPECT_TRUE(cases_.exhibits(seq)->empty());
}

TEST_F(CasesTest, AnExhibitInAFileComesBackAndItsStateChanges) {
    const std::int64_t seq = *cases_.save(make());
    model::SealedExhibit exhibit;
    exhibit.element = 2;
    exhibit.plain = ContentDigest{{9}};
    exhibit.plain_size = 5'000'000'000;
    exhibit.sealed_digest = ContentDigest{{8}};
    exhibit.identity = keys::SecretBytes(Bytes(32, 8));
    exhibit.file_size = 5'001'220'888;
    exhibit.state = model::OctetsState::kOnRequest;
    ASSERT_TRUE(cases_.add_exhibit(seq, exhibit));
    EXPECT_TRUE(cases_.exhibits(seq)->empty()) << "its octets are not here";
    EXPECT_TRUE(cases_.exhibits_here(seq)->empty());
    EXPECT_EQ(*cases_.exhibits_kept(seq), std::vector<std::uint16_t>{2});
    exhibit.file = "0123";
    exhibit.state = model::OctetsState::kHere;
    ASSERT_TRUE(cases_.set_octets(seq, exhibit));
    const auto loaded = cases_.exhibits(seq);
    ASSERT_EQ(loaded->size(), 1U);
    EXPECT_EQ(loaded->front().file, "0123");
    EXPECT_EQ(loaded->front().sealed_size(), exhibit.file_size);
    EXPECT_EQ(loaded->front().sealed_digest, exhibit.sealed_digest);
    EXPECT_EQ(loaded->front().plain_size, exhibit.plain_size);
    EXPECT_TRUE(cases_.exhibits_wanted()->empty());
    exhibit.state = model::OctetsState::kWanted;
    ASSERT_TRUE(cases_.set_octets(seq, exhibit));
    const auto wanted = cases_.exhibits_wanted();
    ASSERT_EQ(wanted->size(), 1U);
    EXPECT_EQ(wanted->front().element, 2U);
}

TEST_F(CasesTest, AReceivedReferralKeepsTheExhibitsThatCameWithIt) {
    model::Draft draft = test::sample_draft(a_.desk(), {b_.desk()}, random_);
    std::vector<model::SealedExhibit> exhibits;
    exhibits.push_back(test::add_exhibit(draft, as_bytes("the mail itself"), random_));
    auto proposal =
        *disclosure::propose(test::policy(), draft, exhibits, test::addressee(b_.desk()));
    const model::Approval approval{"op-1", true, {proposal.content().digest}};
    const auto covered =
        sealing::cover(*disclosure::release(std::move(proposal), approval),
                       {.from = a_.desk(),
                        .key = keys::desk_key_fingerprint(b_.spam_desk.recipient()),
                        .message = MessageId{uuid7(1, {})},
                        .created = kNow,
                        .expires = kNow + std::chrono::days{62}},
                       a_.key_name("sign"), a_.sign);
    const auto sealed = *sealing::seal(covered, "a proof\n", "", b_.spam_desk.recipient(), random_);
    auto unsealed = *sealing::unseal(sealed.octets(), b_.desk(), b_.spam_desk);
    const std::int64_t seq =
        *cases_.add_incoming(*sealing::open(unsealed), b_.desk().agency(), kNow);

    EXPECT_EQ(cases_.exhibits_here(seq).value(), std::vector<std::uint16_t>{1});
    EXPECT_FALSE(cases_.exhibit(seq, 2).value());
    const auto kept = cases_.exhibit(seq, 1).value();
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->sealed, exhibits.front().sealed);
    EXPECT_EQ(kept->identity, exhibits.front().identity);
    EXPECT_EQ(kept->plain, exhibits.front().plain);
    EXPECT_EQ(kept->plain_size, exhibits.front().plain_size);
}

TEST_F(CasesTest, NothingReadableLiesInTheDatabase) {
    Case value = make();
    value.draft.withheld = {{{schema::Label::kFacts, 0},
                             {},
                             schema::Reason::kNationalLaw,
                             schema::Shown::kReason,
                             "Wet Z",
                             "op-1"}};
    ASSERT_TRUE(cases_.save(value));
    auto row = *database_.query("SELECT data FROM referral");
    ASSERT_TRUE(*row.step());
    const std::string_view data = as_text(row.blob(0));
    for (const char* word : {"phishing", "bank.example", "national-law", "Wet Z", "acma.example"}) {
        EXPECT_EQ(data.find(word), std::string_view::npos) << word;
    }
}

TEST_F(CasesTest, AnotherMasterKeyOpensNothing) {
    const std::int64_t seq = *cases_.save(make());
    const keys::MasterKey other = keys::MasterKey::generate(random_);
    Cases stranger(database_, other, random_);
    EXPECT_EQ(stranger.load(seq).error().code, Code::kDatabaseBroken);
}

}  // namespace
}  // namespace lapx::cases
