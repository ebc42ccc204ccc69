#include "daemon/audit_walk.hpp"

#include <gmock/gmock.h>

#include "daemon/cases/cases.hpp"
#include "daemon/delivery/delivery.hpp"
#include "daemon/disclosure/disclosure.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/unit/daemon/ledger/fixture.hpp"

namespace lapx::daemon {
namespace {

using schema::EntryKind;
using testing::ElementsAre;
using testing::IsEmpty;

const CoverDigest kCover{{1}};
const CoverDigest kOther{{2}};

// The problems of a run of entries, each with the cover that it names.
std::vector<std::uint64_t> paired(
    const std::vector<std::pair<EntryKind, std::optional<CoverDigest>>>& entries) {
    Pairing pairing;
    std::vector<std::uint64_t> out;
    std::uint64_t index = 0;
    for (const auto& [kind, cover] : entries) {
        if (const auto problem = pairing.next(index++, kind, cover)) {
            out.push_back(problem->index);
        }
    }
    if (const auto problem = pairing.end()) {
        out.push_back(problem->index);
    }
    return out;
}

TEST(Pairing, TakesASentEntryDirectlyAfterItsDecidedOne) {
    EXPECT_THAT(paired({}), IsEmpty());
    EXPECT_THAT(paired({{EntryKind::kOpen, {}},
                        {EntryKind::kDecided, kCover},
                        {EntryKind::kSent, kCover},
                        {EntryKind::kDecided, kOther},
                        {EntryKind::kSent, kOther},
                        {EntryKind::kReceived, kCover}}),
                IsEmpty());
    EXPECT_THAT(paired({{EntryKind::kDecided, {}}, {EntryKind::kSent, kCover}}), IsEmpty())
        << "erased";
}

TEST(Pairing, NamesWhatIsLeftAlone) {
    EXPECT_THAT(paired({{EntryKind::kOpen, {}}, {EntryKind::kSent, kCover}}), ElementsAre(1));
    EXPECT_THAT(paired({{EntryKind::kDecided, kCover}}), ElementsAre(0));
    EXPECT_THAT(paired({{EntryKind::kDecided, kCover}, {EntryKind::kRead, {}}}), ElementsAre(0));
    EXPECT_THAT(
        paired({{EntryKind::kDecided, kCover}, {EntryKind::kRead, {}}, {EntryKind::kSent, kCover}}),
        ElementsAre(0, 2));
    EXPECT_THAT(paired({{EntryKind::kDecided, kCover},
                        {EntryKind::kDecided, kCover},
                        {EntryKind::kSent, kCover},
                        {EntryKind::kSent, kCover}}),
                ElementsAre(0, 3));
    EXPECT_THAT(paired({{EntryKind::kDecided, kCover}, {EntryKind::kSent, kOther}}),
                ElementsAre(1));
}

TEST(Pairing, ExpectsNoSentEntryOfWhatWasWhollyWithheld) {
    Pairing pairing;
    EXPECT_FALSE(pairing.next(0, EntryKind::kDecided, {}, true));
    EXPECT_FALSE(pairing.next(1, EntryKind::kDecided, kCover));
    EXPECT_FALSE(pairing.next(2, EntryKind::kSent, kCover));
    EXPECT_FALSE(pairing.next(3, EntryKind::kDecided, {}, true));
    EXPECT_TRUE(pairing.next(4, EntryKind::kSent, kCover)) << "nothing was to go";
    EXPECT_FALSE(pairing.end());
}

// A node's ledger and database, written as the pipeline writes them.
struct Audited {
    Audited() {
        EXPECT_TRUE(node_.open());
        append(EntryKind::kOpen, schema::print_open_record({}));
        release();
    }

    void append(EntryKind kind, const std::string& data, const Bytes& texts = {}) {
        auto transaction = store::Transaction::begin(*node_.database).value();
        EXPECT_TRUE(node_.log->append(kind, as_bytes(data), texts));
        EXPECT_TRUE(node_.log->sign_checkpoint());
        EXPECT_TRUE(transaction.commit());
        node_.log->committed();
    }

    // One referral released to one desk: record_ and release_ are what was decided and stored.
    void release() {
        cases::Case value{.seq = 0,
                          .state = cases::State::kSent,
                          .drafter = "op-1",
                          .changed = test::kNow,
                          .draft = test::sample_draft(a_.desk(), {b_.desk()}, node_.random),
                          .approval = {},
                          .returned = {}};
        auto proposal =
            disclosure::propose(test::policy(), value.draft, {}, test::addressee(b_.desk()))
                .value();
        const model::Approval approval{"op-1", true, {proposal.content().digest}, {}};
        const ReferralId referral = value.draft.id;
        value.approval = approval;
        const model::Covered covered =
            sealing::cover(disclosure::release(std::move(proposal), approval).value(),
                           {.from = a_.desk(),
                            .key = {},
                            .message = MessageId{uuid7(7, {})},
                            .created = test::kNow,
                            .expires = test::kNow + std::chrono::days{1}},
                           a_.key_name("sign"), a_.sign);
        record_ = {.referral = referral,
                   .message = covered.cover().message,
                   .to = covered.cover().to,
                   .cover = covered.digest(),
                   .view = covered.content().digest,
                   .policy = {},
                   .approver = "op-1",
                   .self_approved = true,
                   .standing = {},
                   .texts = keys::texts_digest({}, {}),
                   .items = {}};
        for (const model::Ruling& ruling : covered.content().rulings) {
            record_.items.push_back(ruling.decided);
        }
        append(EntryKind::kApproved,
               schema::print_approved_record({referral, approval.views, "op-1", {}}));
        append(EntryKind::kDecided, schema::print_decided_record(record_), Bytes(32));
        append(EntryKind::kSent, schema::print_sent_record({covered.digest()}));
        cases::Cases cases(*node_.database, node_.master, node_.random);
        delivery::Delivery delivery(*node_.database, node_.master, node_.random);
        const std::int64_t seq = cases.save(value).value();
        const delivery::Message message{.seq = 0,
                                        .agency = a_.agency,
                                        .id = covered.cover().message,
                                        .referral = seq,
                                        .peer = b_.agency,
                                        .desk = "spam",
                                        .act = schema::Act::kRefer,
                                        .cover = covered.digest(),
                                        .created = test::kNow,
                                        .expires = test::kNow + std::chrono::days{1},
                                        .state = delivery::State::kSent,
                                        .changed = test::kNow,
                                        .outcome = {},
                                        .leaf = 3};
        release_ = {message.id, b_.desk().text(), covered.note(),
                    model::manifest_text(value.draft)};
        EXPECT_TRUE(delivery.add(message, as_bytes(covered.note()), {}));
    }

    std::vector<AuditProblem> problems() {
        auto reader = node_.reader().value();
        AuditWalk walk(reader, node_.master, node_.random);
        while (!walk.step(2).value()) {
        }
        EXPECT_EQ(walk.found().checked, node_.log ? node_.log->size() : walk.found().checked);
        return walk.found().problems;
    }

    ledger::Agency1 node_;
    test::TestAgency a_{"opta.example", 1};
    test::TestAgency b_{"acma.example", 2};
    schema::DecidedRecord record_{.referral = {},
                                  .message = {},
                                  .to = b_.desk(),
                                  .cover = {},
                                  .view = {},
                                  .policy = {},
                                  .approver = {},
                                  .self_approved = true,
                                  .standing = {},
                                  .texts = {},
                                  .items = {}};
    Release release_;
};

class Audit : public testing::Test, protected Audited {};

TEST_F(Audit, FindsNothingInWhatThePipelineWrites) { EXPECT_THAT(problems(), IsEmpty()); }

TEST_F(Audit, MissesAStandingApprovalThatNobodyGaveBefore) {
    const StandingId given{uuid7(1, {})};
    append(EntryKind::kApproved,
           schema::print_standing_record({.id = given,
                                          .feed = "isp",
                                          .policy = {},
                                          .to = {b_.desk()},
                                          .handling = {},
                                          .per_day = 1,
                                          .created = test::kNow,
                                          .expires = test::kNow + std::chrono::days{1},
                                          .approver = "op-1"}));
    append(EntryKind::kApproved, schema::print_standing_ended_record({given, "op-1"}));
    EXPECT_THAT(problems(), IsEmpty());
    const AuditProblem alone{
        6, "an entry of what is to be sent without its `sent` entry directly after it"};
    record_.standing = given;
    append(EntryKind::kDecided, schema::print_decided_record(record_), Bytes(32));
    EXPECT_THAT(problems(), ElementsAre(alone));
    record_.standing = StandingId{uuid7(2, {})};
    append(EntryKind::kDecided, schema::print_decided_record(record_), Bytes(32));
    EXPECT_THAT(problems(), testing::Contains(AuditProblem{
                                7, "`decided` under a standing approval that nobody gave before"}));
}

TEST_F(Audit, FindsNothingWrongWithWhatWasErased) {
    for (const std::uint64_t index : {1U, 2U, 3U}) {
        ASSERT_TRUE(node_.log->erase(index, ledger::OpeningPart::kData));
        EXPECT_THAT(problems(), IsEmpty()) << index;
    }
}

TEST_F(Audit, FindsNothingWrongWithErasedWords) {
    ASSERT_TRUE(node_.log->erase(2, ledger::OpeningPart::kTexts));
    EXPECT_THAT(problems(), IsEmpty());
}

// Where the database was tampered with behind the program's back.
TEST(AuditOfADatabase, NamesWhatIsMissingOrAltered) {
    const std::vector<std::pair<std::string, AuditProblem>> cases{
        {"DELETE FROM message", {3, "`sent` without its message"}},
        {"UPDATE message SET leaf = 1", {1, "a message without its entry in the ledger"}},
        {"UPDATE message SET leaf = 77", {77, "a message without its entry in the ledger"}},
        {"UPDATE message SET cover = zeroblob(32)", {3, "its message has another cover"}},
        {"UPDATE message SET data = zeroblob(length(data))", {3, "its message cannot be opened"}},
        {"UPDATE message SET desk = 'fraud'",
         {3, "the message is to another desk than was decided on"}},
        {"UPDATE message SET state = 5", {3, "its message went the other way"}},
        {"UPDATE message SET referral = NULL",
         {3, "its message has no referral that can be opened"}},
        {"PRAGMA foreign_keys = OFF; DELETE FROM referral",
         {3, "its message has no referral that can be opened"}},
        {"DELETE FROM opening WHERE idx = 2", {2, "it cannot be opened: not-found"}},
        {"UPDATE opening SET parts = zeroblob(length(parts)) WHERE idx = 1",
         {1, "it cannot be opened: database-broken"}},
        {"UPDATE opening SET keys = (SELECT keys FROM opening WHERE idx = 0), parts = (SELECT "
         "parts FROM opening WHERE idx = 0) WHERE idx = 3",
         {3, "it cannot be opened: ledger-broken"}},
    };
    for (const auto& [script, problem] : cases) {
        Audited other;
        other.node_.close();
        other.node_.tamper(script);
        EXPECT_THAT(other.problems(), testing::Contains(problem)) << script;
    }
}

TEST_F(Audit, NamesATimeThatGoesBack) {
    node_.close();
    node_.tamper_row(2, [](auto& row) { row[0].replace(row[0].find("2026"), 4, "2025"); });
    EXPECT_THAT(problems(),
                testing::Contains(AuditProblem{2, "it is earlier than the entry before it"}));
}

TEST_F(Audit, NamesEntriesThatStandAlone) {
    append(EntryKind::kSent, schema::print_sent_record({kOther}));
    append(EntryKind::kReceived, schema::print_received_record({kOther, {}}));
    append(EntryKind::kDecided, schema::print_decided_record(record_), Bytes(32));
    append(EntryKind::kRead, schema::print_read_record({"op-1", "audit"}));
    EXPECT_THAT(
        problems(),
        ElementsAre(
            AuditProblem{4, "`sent` without its message"},
            AuditProblem{4,
                         "`sent` without its `decided`, `moved` or `consent` entry directly "
                         "before it"},
            AuditProblem{5, "`received` without its message"},
            AuditProblem{
                6, "an entry of what is to be sent without its `sent` entry directly after it"}));
}

TEST_F(Audit, NamesADecisionNobodyApprovedAndDataOfAnotherKind) {
    record_.view = {};
    append(EntryKind::kDecided, schema::print_decided_record(record_), Bytes(31));
    append(EntryKind::kRead, schema::print_exported_record({"op-1", "ledger"}));
    append(EntryKind::kErased, schema::print_read_record({"op-1", "audit"}));
    EXPECT_THAT(
        problems(),
        ElementsAre(
            AuditProblem{4, "`decided` on a view that nobody approved before"},
            AuditProblem{4, "the words of its decisions cannot be read: ledger-broken"},
            AuditProblem{5, "what it commits to is not what a `read` entry holds"},
            AuditProblem{
                4, "an entry of what is to be sent without its `sent` entry directly after it"},
            AuditProblem{6, "what it commits to is not what a `erased` entry holds"}));
}

// Nothing of what was released goes, as the record of a recipient wholly withheld from says.
schema::DecidedRecord kept_back(schema::DecidedRecord record) {
    record.message.reset();
    record.cover.reset();
    for (schema::DecidedItem& item : record.items) {
        if (schema::inward_of(item) != schema::Inward::kAbsent) {
            item.inward =
                schema::Withholding{schema::Reason::kOutOfMandate, schema::Shown::kSilent, "op-1"};
        }
    }
    return record;
}

TEST_F(Audit, WhatWasWhollyWithheldHasNoSentEntryAndItsPlaceInTheDatabase) {
    const schema::DecidedRecord record = kept_back(record_);
    cases::Cases cases(*node_.database, node_.master, node_.random);
    append(EntryKind::kDecided, schema::print_decided_record(record), Bytes(32));
    EXPECT_THAT(problems(), testing::Contains(AuditProblem{
                                4,
                                "an entry of what is to be sent without its `sent` entry directly "
                                "after it"}))
        << "the database knows nothing of it";
    ASSERT_TRUE(cases.add_kept_back({1, record.to, 4, test::kNow}));
    EXPECT_THAT(problems(), IsEmpty());
    append(EntryKind::kDecided, schema::print_decided_record(record), Bytes(32));
    ASSERT_TRUE(cases.add_kept_back({1, *Desk::parse("fraud@ftc.example"), 5, test::kNow}));
    EXPECT_THAT(problems(), ElementsAre(AuditProblem{
                                5, "the decision is on another release than was wholly withheld"}));
}

TEST_F(Audit, HoldsEveryDispositionAgainstManifestAndView) {
    EXPECT_THAT(contradictions(record_, release_), IsEmpty());
    const auto after = [this](auto change) {
        schema::DecidedRecord record = record_;
        change(record);
        return contradictions(record, release_);
    };
    EXPECT_THAT(
        after([](auto& r) { r.items.pop_back(); }),
        ElementsAre(testing::HasSubstr("the manifest has"), testing::HasSubstr("the view has")));
    const auto disclosed = std::find_if(record_.items.begin(), record_.items.end(), [](auto& i) {
        return std::holds_alternative<schema::Disclosed>(i.inward);
    });
    const auto at = static_cast<std::size_t>(disclosed - record_.items.begin());
    const std::string item = "item " + std::to_string(at + 1);
    EXPECT_THAT(after([&](auto& r) { r.items[at].inward = std::monostate{}; }),
                ElementsAre(item + " is not on the view as it was decided"));
    EXPECT_THAT(after([&](auto& r) {
                    r.items[at].inward = schema::Withholding{schema::Reason::kConfidential,
                                                             schema::Shown::kSilent, "op-1"};
                }),
                ElementsAre(item + " is not on the view as it was decided"));
    EXPECT_THAT(after([&](auto& r) { r.items[at].label = schema::Label::kOfficer; }),
                ElementsAre(item + " is another one in the manifest than was decided on"));
    EXPECT_THAT(after([](auto& r) { r.view = {}; }),
                ElementsAre("the view is not the one decided on"));
    EXPECT_THAT(after([](auto& r) { r.cover = {}; }),
                ElementsAre("the cover is not the one decided on"));
    EXPECT_THAT(after([](auto& r) { r.message = {}; }),
                ElementsAre("the message has another id than was decided on",
                            "the cover, the manifest and the decision are not of one release"));
}

}  // namespace
}  // namespace lapx::daemon
