// The rules of single forms (protocol.md 3, 4, 6). What holds for all is in forms_test.

#include <gtest/gtest.h>

#include "schema/base/text.hpp"
#include "tests/unit/schema/samples.hpp"

namespace lapx::schema {
namespace {

using test::Samples;

// The text with the first `from` in it replaced.
std::string with(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

Time at(const char* text) { return time_from(text).value(); }

Card a_card() {
    Samples samples(1);
    Card card = samples.card();
    card.agency = Agency::parse("opta.nl").value();
    card.serial = 1;
    card.previous.reset();
    card.not_before = at("2026-11-21T00:00:00Z");
    card.expires = at("2028-11-20T00:00:00Z");
    card.root = samples.vkey(card.agency, KeyRole::kRoot);
    card.sign = {samples.vkey(card.agency, KeyRole::kSign)};
    card.ledger = {samples.vkey(card.agency, KeyRole::kLedger)};
    card.witness = {samples.vkey(card.agency, KeyRole::kWitness)};
    return card;
}

TEST(CardText, WantsThePreviousDigestFromTheSecondSerialOn) {
    Card card = a_card();
    EXPECT_TRUE(parse_card(print_card(card)));
    card.serial = 2;
    EXPECT_FALSE(parse_card(print_card(card)));
    card.previous = Samples(2).digest<CardDigest>();
    EXPECT_TRUE(parse_card(print_card(card)));
    card.serial = 1;
    EXPECT_FALSE(parse_card(print_card(card)));
    card.previous.reset();
    card.serial = 0;
    EXPECT_FALSE(parse_card(print_card(card)));
}

TEST(CardText, LivesForAtMost731Days) {
    Card card = a_card();
    card.expires = card.not_before + kMaxCardLife;
    EXPECT_TRUE(parse_card(print_card(card)));
    card.expires += std::chrono::seconds(1);
    EXPECT_FALSE(parse_card(print_card(card)));
    card.expires = card.not_before;
    EXPECT_FALSE(parse_card(print_card(card)));
}

TEST(CardText, HoldsOnlyKeysOfItsOwnAgencyAndTheRightRoleAndType) {
    Samples samples(3);
    const Agency other = Agency::parse("opta.nl.example").value();
    Card card = a_card();
    card.sign = {samples.vkey(other, KeyRole::kSign)};
    EXPECT_FALSE(parse_card(print_card(card)));
    card.sign = {samples.vkey(card.agency, KeyRole::kLedger)};
    EXPECT_FALSE(parse_card(print_card(card)));
    card.sign = {with(samples.vkey(card.agency, KeyRole::kWitness), "witness", "sign")};
    EXPECT_FALSE(parse_card(print_card(card)));
    card.sign.clear();
    EXPECT_FALSE(parse_card(print_card(card)));
    card.sign.assign(4, samples.vkey(card.agency, KeyRole::kSign));
    EXPECT_TRUE(parse_card(print_card(card)));
    card.sign.push_back(card.sign.front());
    EXPECT_FALSE(parse_card(print_card(card)));
}

TEST(CardText, RefusesMalformedValues) {
    const std::string text = print_card(a_card());
    EXPECT_TRUE(parse_card(text));
    EXPECT_FALSE(parse_card(with(text, "agency opta.nl", "agency Opta.nl")));
    EXPECT_FALSE(parse_card(with(text, "serial 1", "serial 01")));
    EXPECT_FALSE(parse_card(with(text, "serial 1", "serial +1")));
    EXPECT_FALSE(parse_card(with(text, "previous none", "previous None")));
    EXPECT_FALSE(parse_card(with(text, "T00:00:00Z", "t00:00:00Z")));
    EXPECT_FALSE(parse_card(with(text, "T00:00:00Z", "T00:00:00+00:00")));
    EXPECT_FALSE(parse_card(with(text, "node age1", "node AGE1")));
    EXPECT_FALSE(parse_card(with(text, "/lapx/root-", "/lapx/root-0")));
    EXPECT_FALSE(parse_card(with(text, "card@v1", "card@v2")));
    EXPECT_FALSE(parse_card(with(text, "name ", "name  ")));
    EXPECT_FALSE(parse_card(with(text, "name ", "name " + std::string(201, 'x'))));
}

TEST(NoticeText, HasUniqueDesksAndDeputiesAmongThem) {
    Samples samples(4);
    Notice notice = samples.notice();
    notice.desks.resize(1);
    notice.desks[0].deputy.reset();
    EXPECT_TRUE(parse_notice(print_notice(notice)));
    notice.desks.push_back(notice.desks[0]);
    EXPECT_FALSE(parse_notice(print_notice(notice)));
    notice.desks[1].id = "other";
    notice.desks[0].deputy = "other";
    EXPECT_TRUE(parse_notice(print_notice(notice)));
    EXPECT_EQ(notice.find("other"), &notice.desks[1]);
    EXPECT_EQ(notice.find("nobody"), nullptr);
    notice.desks[0].deputy = "nobody";
    EXPECT_FALSE(parse_notice(print_notice(notice)));
    notice.desks.clear();
    EXPECT_FALSE(parse_notice(print_notice(notice)));
}

TEST(NoticeText, NamesOneOrTwoConnectionKeys) {
    Samples samples(7);
    Notice notice = samples.notice();
    const auto key = notice.curve.front();
    notice.curve.push_back(samples.notice().curve.front());
    EXPECT_EQ(parse_notice(print_notice(notice)).value(), notice);
    notice.curve.push_back(samples.notice().curve.front());
    EXPECT_FALSE(parse_notice(print_notice(notice)));
    notice.curve = {key, key};
    EXPECT_FALSE(parse_notice(print_notice(notice)));
    notice.curve.clear();
    EXPECT_FALSE(parse_notice(print_notice(notice)));
}

TEST(NoticeText, KeepsToItsLimits) {
    Samples samples(5);
    Notice notice = samples.notice();
    notice.desks.resize(1);
    notice.desks[0].deputy.reset();
    notice.expires = notice.not_before + kMaxNoticeLife;
    EXPECT_TRUE(parse_notice(print_notice(notice)));
    notice.expires += std::chrono::seconds(1);
    EXPECT_FALSE(parse_notice(print_notice(notice)));
    notice.expires -= std::chrono::days(1);
    while (notice.desks.size() < kMaxDesks) {
        notice.desks.push_back(notice.desks[0]);
        notice.desks.back().id = "desk-" + std::to_string(notice.desks.size());
    }
    EXPECT_TRUE(parse_notice(print_notice(notice)));
    notice.desks.push_back(notice.desks[0]);
    notice.desks.back().id = "one-more";
    EXPECT_FALSE(parse_notice(print_notice(notice)));
    notice.desks.resize(1);
    notice.desks[0].closed.assign(kMaxClosedDates + 1, Date{});
    EXPECT_FALSE(parse_notice(print_notice(notice)));
    notice.desks[0].closed.clear();
    notice.endpoints.assign(kMaxEndpoints + 1, "tcp://192.0.2.7:5617");
    EXPECT_FALSE(parse_notice(print_notice(notice)));
    notice.endpoints.clear();
    notice.relays.assign(kMaxRelays + 1, notice.agency);
    EXPECT_FALSE(parse_notice(print_notice(notice)));
}

TEST(RevocationText, NamesAKeyOfItsAgency) {
    Samples samples(6);
    Revocation revocation = samples.revocation();
    for (const auto& role : words<KeyRole>()) {
        revocation.key = samples.vkey(revocation.agency, role.value);
        EXPECT_TRUE(parse_revocation(print_revocation(revocation)));
    }
    revocation.key = samples.vkey(samples.agency(), KeyRole::kRoot);
    EXPECT_FALSE(parse_revocation(print_revocation(revocation)));
}

TEST(CardFileText, SplitsWhatItJoins) {
    const CardFile file{"card\n\n- sig\n", "notice\n\n- sig\n"};
    const std::string text = join_card_file(file);
    EXPECT_EQ(text, "card\n\n- sig\n=====\nnotice\n\n- sig\n");
    const auto split_again = split_card_file(text);
    ASSERT_TRUE(split_again);
    EXPECT_EQ(split_again->card, file.card);
    EXPECT_EQ(split_again->notice, file.notice);
    for (const char* bad :
         {"", "a\n", "=====\n", "a\n=====\n", "=====\nb\n", "\n=====\nb\n",
          "a\n=====\nb\n=====\nc\n", "a\n=====\n=====\nb\n", "a\n====\nb\n", "a =====\nb\n"}) {
        EXPECT_FALSE(split_card_file(bad)) << bad;
    }
}

TEST(LinesFor, IsTheLeastPowerOfTwoFromTwoOrEight) {
    EXPECT_EQ(lines_for(Label::kIndicator, 0), 2U);
    EXPECT_EQ(lines_for(Label::kIndicator, 1), 2U);
    EXPECT_EQ(lines_for(Label::kIndicator, 2), 2U);
    EXPECT_EQ(lines_for(Label::kIndicator, 3), 4U);
    EXPECT_EQ(lines_for(Label::kIndicator, 5), 8U);
    EXPECT_EQ(lines_for(Label::kIndicator, 512), 512U);
    EXPECT_EQ(lines_for(Label::kSuspect, 0), 8U);
    EXPECT_EQ(lines_for(Label::kSuspect, 8), 8U);
    EXPECT_EQ(lines_for(Label::kInquiry, 9), 16U);
}

TEST(ManifestText, HasEveryLabelOfTheTemplateInItsOrder) {
    Samples samples(7);
    const Manifest good = samples.manifest();
    EXPECT_TRUE(parse_manifest(print_manifest(good)));
    Manifest manifest = good;
    manifest.items.pop_back();
    EXPECT_FALSE(parse_manifest(print_manifest(manifest)));
    manifest = good;
    std::swap(manifest.items[0].label, manifest.items[1].label);
    EXPECT_FALSE(parse_manifest(print_manifest(manifest)));
    manifest = good;
    manifest.items.insert(manifest.items.begin(), manifest.items.front());
    EXPECT_FALSE(parse_manifest(print_manifest(manifest)));
}

TEST(ManifestText, HasAPowerOfTwoOfLinesForWhatRepeats) {
    Manifest manifest = Samples(8).manifest();
    const auto with_exhibits = [&](std::size_t count) {
        Manifest out = manifest;
        std::erase_if(out.items, [](const auto& item) { return item.label == Label::kExhibit; });
        const auto before = std::find_if(out.items.begin(), out.items.end(), [](const auto& item) {
            return item.label == Label::kGrading;
        });
        out.items.insert(before, count, {Label::kExhibit, ItemDigest{}});
        return print_manifest(out);
    };
    for (const std::size_t count : {2U, 4U, 8U, 512U}) {
        EXPECT_TRUE(parse_manifest(with_exhibits(count))) << count;
    }
    for (const std::size_t count : {0U, 1U, 3U, 6U, 1024U}) {
        EXPECT_FALSE(parse_manifest(with_exhibits(count))) << count;
    }
}

TEST(ManifestText, SupersedesFromTheSecondVersionOn) {
    Manifest manifest = Samples(9).manifest();
    manifest.version = 1;
    manifest.supersedes = ManifestDigest{};
    EXPECT_FALSE(parse_manifest(print_manifest(manifest)));
    manifest.version = 2;
    EXPECT_TRUE(parse_manifest(print_manifest(manifest)));
    manifest.supersedes.reset();
    EXPECT_FALSE(parse_manifest(print_manifest(manifest)));
    EXPECT_FALSE(parse_manifest(
        with(print_manifest(Samples(9).manifest()), "lapx-pro-forma-1", "lapx-pro-forma-2")));
}

View a_view() {
    View view = Samples(10).view();
    view.uses = {Use::kAdministrative, Use::kCivil};
    view.onward = {OnwardRule::kAsk, {}};
    view.items = {Silent{}, Disclosed{}, Reason::kCommerciallySensitive,
                  ReasonCategory::kConfidentiality};
    view.exhibits = {{2, ContentDigest{}, 5, ContentDigest{}, 200}};
    return view;
}

TEST(ViewText, NamesOnlyDisclosedExhibitsInOrder) {
    View view = a_view();
    EXPECT_TRUE(parse_view(print_view(view)));
    for (const std::uint16_t number : {0, 1, 3, 4, 5}) {
        view.exhibits[0].number = number;
        EXPECT_FALSE(parse_view(print_view(view))) << number;
    }
    view.exhibits[0].number = 2;
    view.exhibits.push_back(view.exhibits[0]);
    EXPECT_FALSE(parse_view(print_view(view)));
}

TEST(ViewText, ListsUsesInOrderWithoutRepeats) {
    const std::string text = print_view(a_view());
    EXPECT_TRUE(parse_view(with(text, "administrative,civil", "judicial-evidence")));
    for (const char* uses :
         {"civil,administrative", "civil,civil", "civil,", ",civil", "", "war"}) {
        EXPECT_FALSE(parse_view(with(text, "administrative,civil", uses))) << uses;
    }
}

TEST(ViewText, RefusesUnknownWordsOfItsVocabularies) {
    const std::string text = print_view(a_view());
    EXPECT_FALSE(parse_view(with(text, "reason commercially-sensitive", "reason secret")));
    EXPECT_FALSE(parse_view(with(text, "reason commercially-sensitive", "category secret")));
    EXPECT_FALSE(parse_view(with(text, "reason commercially-sensitive", "reason law")));
    EXPECT_FALSE(parse_view(with(text, "silent", "absent")));
    EXPECT_FALSE(parse_view(with(text, "silent", "silent ")));
    EXPECT_FALSE(parse_view(with(text, "onward ask", "onward everybody")));
    EXPECT_TRUE(parse_view(with(text, "onward ask", "onward acma.example,ftc.example")));
    EXPECT_FALSE(parse_view(with(text, "onward ask", "onward acma.example,acma.example")));
    EXPECT_FALSE(parse_view(with(text, "onward ask", "onward none,acma.example")));
}

TEST(CoverText, HoldsTheViewVerbatimAndForTheSameDesk) {
    Samples samples(11);
    Cover cover = samples.cover();
    View view = a_view();
    cover.act = Act::kRefer;
    cover.to = view.to;
    cover.rest = ViewText{view, print_view(view)};
    const auto parsed = parse_cover(print_cover(cover));
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed, cover);
    EXPECT_EQ(parsed->view()->text, print_view(view));
    EXPECT_EQ(parsed->body(), nullptr);
    cover.to = samples.desk();
    EXPECT_FALSE(parse_cover(print_cover(cover)));
}

TEST(CoverText, HasABodyWithAMoveAndOnlyThen) {
    Samples samples(12);
    Cover cover = samples.cover();
    cover.act = Act::kMove;
    cover.rest = ContentDigest{};
    EXPECT_TRUE(parse_cover(print_cover(cover)));
    cover.act = Act::kAnswer;
    EXPECT_FALSE(parse_cover(print_cover(cover)));
    const View view = a_view();
    cover.to = view.to;
    cover.rest = ViewText{view, print_view(view)};
    EXPECT_TRUE(parse_cover(print_cover(cover)));
    cover.act = Act::kMove;
    EXPECT_FALSE(parse_cover(print_cover(cover)));
}

TEST(CoverText, LivesForAtMost62Days) {
    Cover cover = Samples(13).cover();
    cover.expires = cover.created + kMaxCoverLife;
    EXPECT_TRUE(parse_cover(print_cover(cover)));
    cover.expires += std::chrono::seconds(1);
    EXPECT_FALSE(parse_cover(print_cover(cover)));
    cover.expires = cover.created;
    EXPECT_FALSE(parse_cover(print_cover(cover)));
}

TEST(CheckpointText, HasExactlyThreeLines) {
    const std::string root = base64(Bytes(32, 7));
    EXPECT_TRUE(parse_checkpoint("a.example/log\n0\n" + root + '\n'));
    EXPECT_FALSE(parse_checkpoint("a.example/log\n0\n" + root + "\nextension\n"));
    EXPECT_FALSE(parse_checkpoint("a.example/log\n0\n"));
    EXPECT_FALSE(parse_checkpoint("a.example/log\n00\n" + root + '\n'));
    EXPECT_FALSE(parse_checkpoint("a.example/log\n-1\n" + root + '\n'));
    EXPECT_FALSE(parse_checkpoint("a.example/log\n9223372036854775808\n" + root + '\n'));
    EXPECT_FALSE(parse_checkpoint("a.example/l og\n0\n" + root + '\n'));
    EXPECT_FALSE(parse_checkpoint("a.example/log\n0\n" + root.substr(0, 40) + '\n'));
    EXPECT_FALSE(parse_checkpoint("a.example/log\n0\n" + with(root, "=", "A") + '\n'));
}

TEST(ProofText, IsAHeadAndACheckpoint) {
    Samples samples(14);
    const TlogProof proof = samples.tlog_proof();
    const std::string text = print_tlog_proof(proof);
    EXPECT_TRUE(text.starts_with(print_proof_head(proof.head)));
    EXPECT_TRUE(print_proof_head(proof.head).ends_with("\n\n"));
    EXPECT_EQ(parse_tlog_proof(text).value(), proof);
    EXPECT_FALSE(parse_tlog_proof(print_proof_head(proof.head)));
    EXPECT_FALSE(parse_tlog_proof(print_proof_head(proof.head) + "no note\n"));
    ProofHead head = proof.head;
    head.hashes.assign(kMaxProofHashes, Hash{});
    EXPECT_TRUE(parse_proof_head(print_proof_head(head)));
    head.hashes.emplace_back();
    EXPECT_FALSE(parse_proof_head(print_proof_head(head)));
}

TEST(ReceivedText, CarriesOnlyFinalRefusals) {
    const std::string text = print_received_record({CoverDigest{}, std::nullopt});
    EXPECT_TRUE(parse_received_record(with(text, "accepted", "expired")));
    for (const char* outcome : {"quota", "clock", "card-fork", "unknown", "Accepted", "io"}) {
        EXPECT_FALSE(parse_received_record(with(text, "accepted", outcome))) << outcome;
    }
}

TEST(StandingText, NamesDesksOnceAndGivesSomeRoomAndTime) {
    const std::string text = print_standing_record(
        {StandingId{uuid7(1, {})},
         "isp",
         PolicyDigest{},
         {Desk::parse("a@acma.example").value(), Desk::parse("b@acma.example").value()},
         {},
         5,
         time_from("2026-11-21T18:38:17Z").value(),
         time_from("2026-11-21T18:38:18Z").value(),
         "op-2"});
    EXPECT_TRUE(parse_standing_record(text));
    EXPECT_FALSE(parse_standing_record(with(text, "b@acma", "a@acma")));
    EXPECT_FALSE(parse_standing_record(with(text, "per-day 5", "per-day 0")));
    EXPECT_FALSE(parse_standing_record(with(text, "18:38:18", "18:38:17")));
    EXPECT_FALSE(parse_standing_record(with(text, "feed isp", "feed ISP")));
    EXPECT_FALSE(parse_standing_record(with(text, "uses administrative\n", "")));
}

TEST(DecidedText, HasAReasonForWhatIsWithheldAndOnlyForThat) {
    DecidedRecord record = Samples(15).decided_record();
    record.items[0] = {Label::kOfficer, ItemClass::kPersonalData,
                       Withholding{Reason::kNationalLaw, Shown::kSilent, "op-1"}};
    const std::string text = print_decided_record(record);
    const std::string line = "item 1 withheld officer PD national-law silent op-1";
    EXPECT_NE(text.find(line), std::string::npos);
    EXPECT_TRUE(parse_decided_record(text));
    EXPECT_TRUE(parse_decided_record(with(text, line, "item 1 absent officer PD")));
    for (const char* other :
         {"item 1 withheld officer PD", "item 1 absent officer PD national-law silent op-1",
          "item 1 disclosed officer PD op-1", "item 1 withheld officer PD national-law silent",
          "item 2 absent officer PD", "item 01 absent officer PD", "item 1 absent officer XX",
          "item 1 hidden officer PD"}) {
        EXPECT_FALSE(parse_decided_record(with(text, line, other))) << other;
    }
}

// Facts withheld, one derivative in their place, and nothing else there.
DecidedRecord record_with_derivative() {
    DecidedRecord record = Samples(17).decided_record();
    for (DecidedItem& item : record.items) {
        item = {item.label, item.item_class, std::monostate{}};
    }
    const auto at = [&](Label label) {
        return std::find_if(record.items.begin(), record.items.end(),
                            [&](const auto& item) { return item.label == label; });
    };
    at(Label::kFacts)->inward = Withholding{Reason::kNationalLaw, Shown::kCategory, "op-1"};
    at(Label::kRedacted)->inward = Disclosed{};
    at(Label::kRedacted)->original =
        static_cast<std::uint16_t>(at(Label::kFacts) - record.items.begin() + 1);
    record.message = MessageId{uuid7(7, {})};
    record.cover = CoverDigest{};
    return record;
}

TEST(DecidedText, NamesWhatADerivativeStandsFor) {
    const DecidedRecord record = record_with_derivative();
    const std::string text = print_decided_record(record);
    ASSERT_EQ(parse_decided_record(text).value(), record);
    const std::size_t at = text.find("derived ");
    const std::string line = text.substr(at, text.size() - at - 1);
    const std::string number = line.substr(8, line.find(' ', 8) - 8);
    EXPECT_EQ(line, "derived " + number + " 5");
    EXPECT_TRUE(parse_decided_record(with(text, "\n" + line, "")));
    for (const std::string& other :
         {std::string("derived 5 5"), "derived 5 " + number, "derived " + number + " " + number,
          "derived " + number + " 1", "derived " + number + " 0", "derived " + number + " 9999",
          "derived " + number + "  5", "derived 0" + number + " 5", "derived " + number + " 5 6",
          line + "\n" + line, "derived " + std::to_string(std::stoi(number) + 1) + " 5"}) {
        EXPECT_FALSE(parse_decided_record(with(text, line, other))) << other;
    }
}

TEST(DecidedText, WithoutACoverTellsNothing) {
    DecidedRecord record = record_with_derivative();
    record.message.reset();
    record.cover.reset();
    EXPECT_FALSE(parse_decided_record(print_decided_record(record))) << "something went";
    for (DecidedItem& item : record.items) {
        if (inward_of(item) != Inward::kAbsent) {
            item.inward = Withholding{Reason::kOutOfMandate, Shown::kSilent, "op-1"};
        }
    }
    const std::string text = print_decided_record(record);
    EXPECT_EQ(parse_decided_record(text).value(), record);
    EXPECT_FALSE(parse_decided_record(with(text, "message none", "message None")));
    EXPECT_FALSE(
        parse_decided_record(with(text, "out-of-mandate silent", "out-of-mandate reason")));
    record.cover = CoverDigest{};
    EXPECT_FALSE(parse_decided_record(print_decided_record(record))) << "a cover and no message";
}

TEST(DecidedText, OfAThousandItemsFits) {
    DecidedRecord record = record_with_derivative();
    for (DecidedItem& item : record.items) {
        item.original = 0;  // the numbers shift
    }
    std::erase_if(record.items, [](const auto& item) { return item.label == Label::kIndicator; });
    const auto before =
        std::find_if(record.items.begin(), record.items.end(),
                     [](const auto& item) { return item.label == Label::kIndicatorPersonal; });
    record.items.insert(before, 512,
                        {Label::kIndicator, ItemClass::kShareable,
                         Withholding{Reason::kOriginatorPermissionMissing, Shown::kCategory,
                                     "an-operator-with-a-long-name-000"}});
    EXPECT_TRUE(parse_decided_record(print_decided_record(record)));
}

TEST(PolicyText, AsksForAQuorumOfItsWitnesses) {
    TlogPolicy policy{{"opta.nl/lapx/ledger-1+01234567+AAAA"},
                      {{"acma.example", "w1"}, {"ftc.example", "w2"}},
                      2};
    EXPECT_EQ(print_tlog_policy(policy),
              "log opta.nl/lapx/ledger-1+01234567+AAAA\n"
              "witness acma.example w1\n"
              "witness ftc.example w2\n"
              "group lapx-quorum 2 acma.example ftc.example\n"
              "quorum lapx-quorum\n");
    policy.witnesses.clear();
    policy.quorum = 0;
    EXPECT_EQ(print_tlog_policy(policy), "log opta.nl/lapx/ledger-1+01234567+AAAA\nquorum none\n");
}

}  // namespace
}  // namespace lapx::schema
