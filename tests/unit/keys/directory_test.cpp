#include "keys/directory.hpp"

#include <gtest/gtest.h>

#include "keys/init.hpp"
#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

const Time kNow = time_from("2026-11-21T12:00:00Z").value();
constexpr std::chrono::hours kDay{24};

// An agency's keys and what it signs with them.
class Somebody {
  public:
    explicit Somebody(std::string agency) : agency_(std::move(agency)) {}

    VerifierKey verifier(std::string_view role, const SigningKey& key,
                         KeyType type = KeyType::kEd25519) const {
        return {agency_ + "/lapx/" + std::string(role), type, key.public_key()};
    }
    VerifierKey root_key() const { return verifier("root-1", root_); }
    schema::Card card(std::uint64_t serial = 1, std::optional<CardDigest> previous = {}) const {
        return schema::Card{Agency::parse(agency_).value(),
                            "An agency",
                            "NL",
                            schema::Sector::kEnforcement,
                            serial,
                            previous,
                            kNow - kDay,
                            kNow + 100 * kDay,
                            root_key().text(),
                            {verifier("sign-1", sign_).text(), verifier("sign-2", sign2_).text()},
                            {verifier("ledger-1", ledger_).text()},
                            {verifier("witness-1", witness_, KeyType::kCosignature).text()},
                            node_.recipient().text()};
    }
    std::string sign_card(const schema::Card& card) const {
        return sign_note(schema::print_card(card), root_key().name, root_);
    }
    schema::Notice notice(std::uint64_t serial = 1) const {
        const schema::DeskBlock desk{"spam", "Spam desk", {}, {"nl"}, {},
                                     {},     {},          {}, {},     node_.recipient().text()};
        std::array<std::uint8_t, 32> curve{};
        curve.fill(9);
        return schema::Notice{Agency::parse(agency_).value(),
                              serial,
                              kNow - kDay,
                              kNow + 70 * kDay,
                              {curve},
                              {},
                              {},
                              "Europe/Amsterdam",
                              {desk}};
    }
    std::string sign_notice(const schema::Notice& notice) const {
        return sign_note(schema::print_notice(notice), agency_ + "/lapx/sign-1", sign_);
    }
    std::string revoke(const VerifierKey& key) const {
        return sign_note(
            schema::print_revocation({Agency::parse(agency_).value(), kNow, key.text()}),
            root_key().name, root_);
    }

    std::string agency_;
    SystemRandom random_;
    SigningKey root_ = SigningKey::generate(random_);
    SigningKey sign_ = SigningKey::generate(random_);
    SigningKey sign2_ = SigningKey::generate(random_);
    SigningKey ledger_ = SigningKey::generate(random_);
    SigningKey witness_ = SigningKey::generate(random_);
    Identity node_ = Identity::generate(random_);
};

class Directory : public testing::Test {
  protected:
    Code card_error(std::string_view note, const OpenedCard* held = nullptr,
                    std::span<const VerifierKey> revoked = {}, Time now = kNow) {
        const auto admitted = admit_card(note, held, revoked, now);
        return admitted ? Code::kInternal : admitted.error().code;
    }
    Code notice_error(std::string_view note, const OpenedNotice* held = nullptr,
                      std::span<const VerifierKey> revoked = {}, Time now = kNow) {
        const auto admitted = admit_notice(note, card_, held, revoked, now);
        return admitted ? Code::kInternal : admitted.error().code;
    }

    Somebody opta_{"opta.nl"};
    const std::string first_ = opta_.sign_card(opta_.card());
    const OpenedCard card_ = open_card(first_).value();
};

TEST_F(Directory, AdmitsAnyFirstCardOfAnAgency) {
    const auto admitted = admit_card(first_, nullptr, {}, kNow).value();
    EXPECT_EQ(admitted.admission, Admission::kFirst);
    EXPECT_EQ(admitted.card.note, first_);
    EXPECT_EQ(admitted.card.digest, digest_of<CardDigest>(first_));
    EXPECT_EQ(admitted.card.root, opta_.root_key());
    EXPECT_EQ(admitted.card.sign.size(), 2U);
    EXPECT_EQ(admitted.card.witness.front().type, KeyType::kCosignature);
    EXPECT_EQ(admitted.card.node, opta_.node_.recipient());
    const auto later = opta_.card(7, digest_of<CardDigest>("lost"));
    EXPECT_EQ(admit_card(opta_.sign_card(later), nullptr, {}, kNow).value().admission,
              Admission::kFirst);
}

TEST_F(Directory, KnowsACardItHolds) {
    EXPECT_EQ(admit_card(first_, &card_, {}, kNow).value().admission, Admission::kSame);
    EXPECT_EQ(admit_card(first_, &card_, {}, kNow + 1000 * kDay).value().admission,
              Admission::kSame);
}

TEST_F(Directory, RefusesACardThatItsRootDidNotSign) {
    const Somebody other("opta.nl");
    const std::string text = schema::print_card(opta_.card());
    EXPECT_EQ(card_error(sign_note(text, opta_.root_key().name, other.root_)),
              Code::kSignatureInvalid);
    EXPECT_EQ(card_error(sign_note(text, "opta.nl/lapx/sign-1", opta_.sign_)),
              Code::kSignatureInvalid);
    EXPECT_EQ(card_error(text), Code::kNoteMalformed);
    EXPECT_EQ(card_error(sign_note("lapx/card@v2\n", opta_.root_key().name, opta_.root_)),
              Code::kNoteMalformed);
}

TEST_F(Directory, RefusesACardWhenAnyBitIsFlipped) {
    for (std::size_t bit = 0; bit < first_.size() * 8; ++bit) {
        const Bytes flipped = with_bit_flipped(as_bytes(first_), bit);
        ASSERT_FALSE(open_card(as_text(flipped))) << bit;
    }
}

TEST_F(Directory, RefusesACardWithAWeakKey) {
    auto card = opta_.card();
    VerifierKey weak{"opta.nl/lapx/ledger-1", KeyType::kEd25519, {}};
    weak.key.bytes.front() = 1;
    card.ledger = {weak.text()};
    EXPECT_EQ(card_error(opta_.sign_card(card)), Code::kKeyInvalid);
    card = opta_.card();
    card.node.back() = card.node.back() == 'q' ? 'p' : 'q';
    EXPECT_EQ(card_error(opta_.sign_card(card)), Code::kKeyInvalid);
}

TEST_F(Directory, TakesACardOnlyWhileItIsInForce) {
    const Time begin = card_.card.not_before;
    const Time end = card_.card.expires;
    constexpr std::chrono::seconds kSecond{1};
    constexpr std::chrono::minutes kTolerance{10};
    EXPECT_EQ(card_error(first_, nullptr, {}, begin - kTolerance - kSecond),
              Code::kCardNotYetValid);
    EXPECT_TRUE(admit_card(first_, nullptr, {}, begin - kTolerance));
    EXPECT_TRUE(admit_card(first_, nullptr, {}, end - kSecond));
    EXPECT_EQ(card_error(first_, nullptr, {}, end), Code::kCardExpired);
    EXPECT_TRUE(is_in_force(card_.card, kNow));
    EXPECT_FALSE(is_in_force(card_.card, end));
}

TEST_F(Directory, ReplacesACardByItsSuccessor) {
    const std::string next = opta_.sign_card(opta_.card(2, card_.digest));
    EXPECT_EQ(admit_card(next, &card_, {}, kNow).value().admission, Admission::kNewer);
    EXPECT_EQ(card_error(opta_.sign_card(opta_.card(2, digest_of<CardDigest>("x"))), &card_),
              Code::kCardChainBroken);
    // Some cards between were missed: the root vouches.
    const std::string later = opta_.sign_card(opta_.card(5, digest_of<CardDigest>("x")));
    EXPECT_EQ(admit_card(later, &card_, {}, kNow).value().admission, Admission::kNewer);
}

TEST_F(Directory, RefusesForksAndOlderCards) {
    auto other = opta_.card();
    other.name = "Another name";
    EXPECT_EQ(card_error(opta_.sign_card(other), &card_), Code::kCardFork);
    const OpenedCard third = open_card(opta_.sign_card(opta_.card(3, card_.digest))).value();
    EXPECT_EQ(card_error(first_, &third), Code::kCardSerialLower);
    // Neither a stranger's root nor another signature line makes a fork.
    const Somebody impostor("opta.nl");
    EXPECT_EQ(card_error(impostor.sign_card(impostor.card()), &card_), Code::kSignatureInvalid);
    const std::string same_words =
        add_signature(first_, "opta.nl/lapx/root-9", impostor.root_).value();
    EXPECT_EQ(card_error(same_words, &card_), Code::kSignatureInvalid);
    // However old: a fork is evidence.
    other.expires = kNow - std::chrono::hours(1);
    EXPECT_EQ(card_error(opta_.sign_card(other), &card_), Code::kCardFork);
}

TEST_F(Directory, RefusesSignatureLinesThatShouldNotBe) {
    const Somebody other("acma.example");
    const auto with_one_more = [&](const std::string& note) {
        return add_signature(note, other.root_key().name, other.root_).value();
    };
    EXPECT_EQ(card_error(with_one_more(first_)), Code::kSignatureInvalid);
    const std::string next = opta_.sign_card(opta_.card(2, card_.digest));
    EXPECT_EQ(card_error(with_one_more(next), &card_), Code::kSignatureInvalid);
    EXPECT_EQ(notice_error(with_one_more(opta_.sign_notice(opta_.notice()))),
              Code::kSignatureInvalid);
    EXPECT_EQ(open_revocation(with_one_more(opta_.revoke(card_.sign.front())), {&card_.root, 1})
                  .error()
                  .code,
              Code::kSignatureInvalid);
}

TEST_F(Directory, ChangesARootOnlyWithBothRootsSignatures) {
    const SigningKey fresh = SigningKey::generate(opta_.random_);
    const std::string name = "opta.nl/lapx/root-2";
    const auto with_fresh_root = [&](std::uint64_t serial) {
        auto card = opta_.card(serial, card_.digest);
        card.root = VerifierKey{name, KeyType::kEd25519, fresh.public_key()}.text();
        return schema::print_card(card);
    };
    const std::string by_fresh = sign_note(with_fresh_root(2), name, fresh);
    const std::string by_both = add_signature(by_fresh, opta_.root_key().name, opta_.root_).value();
    EXPECT_EQ(admit_card(by_both, &card_, {}, kNow).value().admission, Admission::kNewer);
    EXPECT_EQ(card_error(by_fresh, &card_), Code::kCardChainBroken);
    EXPECT_EQ(card_error(sign_note(with_fresh_root(2), opta_.root_key().name, opta_.root_), &card_),
              Code::kSignatureInvalid);
    // Not across a gap.
    const std::string gap = add_signature(sign_note(with_fresh_root(3), name, fresh),
                                          opta_.root_key().name, opta_.root_)
                                .value();
    EXPECT_EQ(card_error(gap, &card_), Code::kCardChainBroken);
    // Nor with the signature of a root that is revoked.
    const std::vector<VerifierKey> revoked{opta_.root_key()};
    EXPECT_EQ(card_error(by_both, &card_, revoked), Code::kRevoked);
}

TEST_F(Directory, RefusesACardWithARevokedKey) {
    for (const auto* keys : {&card_.sign, &card_.ledger, &card_.witness}) {
        EXPECT_EQ(card_error(first_, nullptr, *keys), Code::kKeyRevoked);
    }
    EXPECT_EQ(card_error(first_, nullptr, {&card_.root, 1}), Code::kRevoked);
    // Under another name it is the same key.
    VerifierKey renamed = card_.sign.back();
    renamed.name = "opta.nl/lapx/sign-9";
    EXPECT_EQ(card_error(first_, nullptr, {&renamed, 1}), Code::kKeyRevoked);
    const Somebody other("acma.example");
    const VerifierKey others = other.root_key();
    EXPECT_TRUE(admit_card(first_, nullptr, {&others, 1}, kNow));
}

TEST_F(Directory, DoesNotCompareCardsOfDifferentAgencies) {
    const Somebody other("acma.example");
    EXPECT_EQ(card_error(other.sign_card(other.card(2, card_.digest)), &card_),
              Code::kInvalidArgument);
}

TEST_F(Directory, AdmitsNoticesBySerial) {
    const std::string note = opta_.sign_notice(opta_.notice());
    const auto first = admit_notice(note, card_, nullptr, {}, kNow).value();
    EXPECT_EQ(first.admission, Admission::kFirst);
    EXPECT_EQ(first.notice.digest, digest_of<NoticeDigest>(note));
    EXPECT_EQ(first.notice.recipients.front(), opta_.node_.recipient());
    EXPECT_EQ(admit_notice(note, card_, &first.notice, {}, kNow).value().admission,
              Admission::kSame);
    const std::string third = opta_.sign_notice(opta_.notice(3));
    const auto newer = admit_notice(third, card_, &first.notice, {}, kNow).value();
    EXPECT_EQ(newer.admission, Admission::kNewer);
    EXPECT_EQ(notice_error(note, &newer.notice), Code::kNoticeSerialLower);
    const std::string by_second_key =
        sign_note(schema::print_notice(opta_.notice(3)), "opta.nl/lapx/sign-2", opta_.sign2_);
    const auto again = admit_notice(by_second_key, card_, &newer.notice, {}, kNow).value();
    EXPECT_EQ(again.admission, Admission::kSame);
    EXPECT_EQ(again.notice.note, by_second_key) << "the signature that came";
    auto fork = opta_.notice(3);
    fork.zone = "UTC";
    EXPECT_EQ(notice_error(opta_.sign_notice(fork), &newer.notice), Code::kNoticeFork);
}

TEST_F(Directory, TakesANoticeOnlyWhileItIsInForce) {
    const std::string note = opta_.sign_notice(opta_.notice());
    EXPECT_EQ(notice_error(note, nullptr, {}, kNow - 2 * kDay), Code::kNoticeNotYetValid);
    EXPECT_EQ(notice_error(note, nullptr, {}, kNow + 70 * kDay), Code::kNoticeExpired);
    EXPECT_TRUE(is_in_force(opta_.notice(), kNow));
}

TEST_F(Directory, RefusesANoticeThatNoSignKeyInUseHasSigned) {
    const std::string text = schema::print_notice(opta_.notice());
    EXPECT_EQ(notice_error(sign_note(text, opta_.root_key().name, opta_.root_)),
              Code::kSignatureInvalid);
    const std::string note = opta_.sign_notice(opta_.notice());
    EXPECT_EQ(notice_error(note, nullptr, {card_.sign.data(), 1}), Code::kSignatureInvalid);
    EXPECT_TRUE(admit_notice(note, card_, nullptr, {card_.sign.data() + 1, 1}, kNow));
    // Another agency's notice, signed with the right key.
    const Somebody other("acma.example");
    EXPECT_EQ(notice_error(opta_.sign_notice(other.notice())), Code::kSignatureInvalid);
}

TEST_F(Directory, RefusesANoticeWithAWeakKey) {
    auto notice = opta_.notice();
    notice.curve = {std::array<std::uint8_t, 32>{}};
    EXPECT_EQ(notice_error(opta_.sign_notice(notice)), Code::kKeyInvalid);
    notice = opta_.notice();
    auto& recipient = notice.desks.front().recipient;
    recipient.back() = recipient.back() == 'q' ? 'p' : 'q';
    EXPECT_EQ(notice_error(opta_.sign_notice(notice)), Code::kKeyInvalid);
}

TEST_F(Directory, TakesARevocationFromAKnownRootAlone) {
    const std::string note = opta_.revoke(card_.sign.front());
    const auto opened = open_revocation(note, {&card_.root, 1}).value();
    EXPECT_EQ(opened.key, card_.sign.front());
    EXPECT_EQ(opened.revocation.agency.text(), "opta.nl");
    EXPECT_EQ(opened.digest, digest_of<RevocationDigest>(note));
    EXPECT_EQ(card_error(first_, nullptr, {&opened.key, 1}), Code::kKeyRevoked);

    const Somebody other("acma.example");
    const VerifierKey other_root = other.root_key();
    EXPECT_EQ(open_revocation(note, {&other_root, 1}).error().code, Code::kSignatureInvalid);
    // A root speaks for its own agency only.
    const std::string foreign = sign_note(
        schema::print_revocation({Agency::parse("opta.nl").value(), kNow, card_.root.text()}),
        other_root.name, other.root_);
    EXPECT_EQ(open_revocation(foreign, {&other_root, 1}).error().code, Code::kSignatureInvalid);
    EXPECT_EQ(open_revocation(first_, {&card_.root, 1}).error().code, Code::kNoteMalformed);
}

TEST(SafetyNumbers, AreEightGroupsOfFiveDigits) {
    // Worked out with Python's hashlib.
    const auto root =
        VerifierKey::parse(
            "opta.nl/lapx/root-1+c0541a96+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea")
            .value();
    EXPECT_EQ(safety_number(root), "55962 84428 09691 22546 18696 09041 40314 98511");
}

TEST(RosterNumbers, HaveALabelOfTheirOwn) {
    // Worked out with Python's hashlib.
    EXPECT_EQ(roster_number("lapx/roster@v1\nfrom opta.nl\n"),
              "74613 59767 22748 50879 54847 49475 48014 38136");
    EXPECT_NE(roster_number("text"), safety_number(std::string_view("text")));
}

TEST(SafetyNumbers, AreComparedWithoutSpacesAndDashes) {
    const std::string number = "00001 00002 00003 00004 00005 00006 00007 00008";
    EXPECT_TRUE(same_safety_number(number, number));
    EXPECT_TRUE(same_safety_number("00001-00002-00003-00004-00005-00006-00007-00008", number));
    EXPECT_TRUE(same_safety_number("0000100002 000030000400005000060000700008 ", number));
    EXPECT_FALSE(same_safety_number("00001 00002 00003 00004 00005 00006 00007 00009", number));
    EXPECT_FALSE(same_safety_number("00001 00002 00003 00004 00005 00006 00007", number));
    EXPECT_FALSE(same_safety_number("", number));
    EXPECT_FALSE(same_safety_number("", ""));
}

}  // namespace
}  // namespace lapx::keys
