#include "daemon/sealing/sealing.hpp"

#include <gtest/gtest.h>

#include "daemon/disclosure/disclosure.hpp"
#include "keys/age.hpp"
#include "keys/domains.hpp"
#include "tests/support/fixtures.hpp"

namespace lapx::sealing {
namespace {

class Sealing : public testing::Test {
  protected:
    model::Covered make_covered() {
        return cover_of(test::sample_draft(a_.desk(), {b_.desk()}, random_), {});
    }
    model::Covered cover_of(const model::Draft& draft,
                            std::span<const model::SealedExhibit> exhibits) {
        auto proposal =
            disclosure::propose(test::policy(), draft, exhibits, test::addressee(b_.desk()));
        const model::Approval approval{"op-1", true, {proposal->content().digest}};
        const CoverOrder order{.from = a_.desk(),
                               .key = keys::desk_key_fingerprint(b_.spam_desk.recipient()),
                               .message = MessageId{uuid7(1, {})},
                               .created = test::kNow,
                               .expires = test::kNow + std::chrono::days{62}};
        return cover(*disclosure::release(std::move(*proposal), approval), order,
                     a_.key_name("sign"), a_.sign);
    }
    Bytes sealed(const model::Covered& covered) {
        return seal(covered, "a proof\n", "", b_.spam_desk.recipient(), random_)->octets();
    }
    // Covers a referral whose mail goes along, after `change` to what is known of the mail.
    void cover_exhibit(const std::function<void(model::SealedExhibit&)>& change = {},
                       BytesView mail = as_bytes("the mail itself")) {
        model::Draft draft = test::sample_draft(a_.desk(), {b_.desk()}, random_);
        std::vector<model::SealedExhibit> exhibits;
        exhibits.push_back(test::add_exhibit(draft, mail, random_));
        if (change) {
            change(exhibits.front());
        }
        covered_ = cover_of(draft, exhibits);
    }
    // A parcel whose plaintext was altered by somebody who has the desk's public key.
    Bytes altered(const std::function<void(schema::ParcelContent&)>& change) {
        auto content = *schema::decode_parcel(*keys::open(b_.spam_desk, sealed(covered_)));
        change(content);
        return keys::seal(b_.spam_desk.recipient(), *schema::encode_parcel(content), random_);
    }
    Code refusal(const Bytes& octets) {
        auto unsealed = unseal(octets, b_.desk(), b_.spam_desk);
        if (!unsealed) {
            return unsealed.error().code;
        }
        const keys::VerifierKey key = *keys::VerifierKey::parse(a_.vkey("sign"));
        if (const auto held = check_signature(*unsealed, std::span(&key, 1)); !held) {
            return held.error().code;
        }
        const auto opened = open(*unsealed);
        return opened ? Code::kInternal : opened.error().code;
    }

    test::SeededRandom random_{7};
    test::TestAgency a_{"opta.example", 1};
    test::TestAgency b_{"acma.example", 2};
    model::Covered covered_ = make_covered();
};

TEST_F(Sealing, OpensWhatItSealed) {
    auto unsealed = unseal(sealed(covered_), b_.desk(), b_.spam_desk);
    ASSERT_TRUE(unsealed);
    EXPECT_EQ(unsealed->digest, covered_.digest());
    const keys::VerifierKey key = *keys::VerifierKey::parse(a_.vkey("sign"));
    EXPECT_TRUE(check_signature(*unsealed, std::span(&key, 1)));
    const auto opened = open(*unsealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->items().size(), covered_.content().items.size());
    EXPECT_EQ(as_text(opened->parcel().content.manifest), covered_.content().manifest);
}

TEST_F(Sealing, RefusesEveryFlippedBitOfTheEnvelope) {
    const Bytes good = sealed(covered_);
    for (std::size_t at = 0; at < good.size(); at += at < 400 ? 1 : 97) {
        Bytes bad = good;
        bad[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        EXPECT_EQ(refusal(bad), Code::kParcelUnreadable) << at;
    }
}

TEST_F(Sealing, RefusesEveryTruncation) {
    const Bytes good = sealed(covered_);
    for (std::size_t size = 0; size < good.size(); size += 61) {
        EXPECT_EQ(refusal(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
                  Code::kParcelUnreadable)
            << size;
    }
}

TEST_F(Sealing, RefusesAParcelMadeForAnotherDesk) {
    const auto unsealed =
        unseal(sealed(covered_), *Desk::parse("fraud@acma.example"), b_.spam_desk);
    ASSERT_FALSE(unsealed);
    EXPECT_EQ(unsealed.error().code, Code::kNotAddressedHere);
    EXPECT_NE(unsealed.error().context.find("opta.example"), std::string::npos);
}

TEST_F(Sealing, AReSealedParcelShowsAsNotAddressedHere) {
    const test::TestAgency third("ftc.example", 3);
    const Bytes plain = *keys::open(b_.spam_desk, sealed(covered_));
    const auto unsealed = unseal(keys::seal(third.spam_desk.recipient(), plain, random_),
                                 third.desk(), third.spam_desk);
    ASSERT_FALSE(unsealed);
    EXPECT_EQ(unsealed.error().code, Code::kNotAddressedHere);
}

TEST_F(Sealing, RefusesACoverChangedOrSignedByAnother) {
    EXPECT_EQ(refusal(altered([](auto& c) {
                  const std::string text(as_text(c.cover));
                  const std::size_t at = text.find("tlp AMBER");
                  c.cover[at + 4] = 'G';
                  std::string changed(as_text(c.cover));
                  changed.replace(at, 9, "tlp GREEN");
                  c.cover = to_bytes(changed);
              })),
              Code::kSignatureInvalid);
    EXPECT_EQ(refusal(altered([this](auto& c) {
                  const auto split = *keys::split_note(as_text(c.cover));
                  c.cover = to_bytes(keys::sign_note(split.text, b_.key_name("sign"), b_.sign));
              })),
              Code::kSignatureInvalid);
}

TEST_F(Sealing, RefusesAFurtherSignatureLine) {
    EXPECT_EQ(refusal(altered([this](auto& c) {
                  c.cover = to_bytes(
                      *keys::add_signature(as_text(c.cover), b_.key_name("sign"), b_.sign));
              })),
              Code::kSignatureInvalid);
}

TEST_F(Sealing, RefusesItemsThatAreMissingAddedOrChanged) {
    EXPECT_EQ(refusal(altered([](auto& c) { c.items.pop_back(); })), Code::kItemMismatch);
    EXPECT_EQ(refusal(altered([](auto& c) { c.items.front().octets.back() ^= 1; })),
              Code::kItemMismatch);
    EXPECT_EQ(refusal(altered([](auto& c) { std::swap(c.items[0].octets, c.items[1].octets); })),
              Code::kItemMismatch);
    EXPECT_EQ(refusal(altered([](auto& c) {
                  c.items.push_back({1000, c.items.back().octets});
              })),
              Code::kItemMismatch);
}

TEST_F(Sealing, RefusesAnotherManifest) {
    EXPECT_EQ(refusal(altered([](auto& c) { c.manifest[c.manifest.size() / 2] ^= 1; })),
              Code::kManifestMismatch);
    EXPECT_EQ(refusal(altered([](auto& c) { c.manifest.clear(); })), Code::kManifestMismatch);
}

TEST_F(Sealing, RefusesAnExhibitThatTheViewDoesNotName) {
    EXPECT_EQ(refusal(altered([](auto& c) {
                  c.exhibits.push_back({44, Bytes(32, 1), {1}});
              })),
              Code::kExhibitMismatch);
}

TEST_F(Sealing, OpensAnExhibitThatItsItemDescribes) {
    cover_exhibit();
    auto unsealed = unseal(sealed(covered_), b_.desk(), b_.spam_desk);
    const auto opened = open(*unsealed);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->parcel().content.exhibits.size(), 1U);
}

TEST_F(Sealing, RefusesAnExhibitOtherThanItsSealedFile) {
    cover_exhibit();
    EXPECT_EQ(refusal(altered([](auto& c) { c.exhibits.clear(); })), Code::kExhibitMismatch);
    EXPECT_EQ(refusal(altered([](auto& c) { c.exhibits.front().sealed.back() ^= 1; })),
              Code::kExhibitMismatch);
    EXPECT_EQ(refusal(altered([](auto& c) { c.exhibits.front().identity.front() ^= 8; })),
              Code::kExhibitMismatch);
}

TEST_F(Sealing, RefusesAnExhibitThatIsNotWhatItsItemDescribes) {
    const auto other = [this](std::string_view octets) {
        cover_exhibit([&](model::SealedExhibit& exhibit) {
            model::Draft draft = test::sample_draft(a_.desk(), {b_.desk()}, random_);
            exhibit = test::add_exhibit(draft, as_bytes(octets), random_);
        });
        return refusal(sealed(covered_));
    };
    EXPECT_EQ(other("another text..."), Code::kExhibitMismatch) << "of the same size";
    EXPECT_EQ(other("the mail itself, and more"), Code::kExhibitMismatch);
    EXPECT_EQ(other("the mail itself"), Code::kInternal) << "the same octets";
}

TEST_F(Sealing, OfALargeExhibitOnlyWhatOpensItGoesAlong) {
    const Bytes large(200'000, 7);
    cover_exhibit({}, large);
    const auto content = *schema::decode_parcel(*keys::open(b_.spam_desk, sealed(covered_)));
    ASSERT_EQ(content.exhibits.size(), 1U);
    EXPECT_TRUE(content.exhibits.front().sealed.empty());
    EXPECT_EQ(covered_.content().view.view.exhibits.front().plain_size, large.size());
    EXPECT_EQ(refusal(sealed(covered_)), Code::kInternal) << "it is taken";
    EXPECT_EQ(refusal(altered([](auto& c) { c.exhibits.front().sealed = {1}; })),
              Code::kExhibitMismatch);
    cover_exhibit([](auto& exhibit) { exhibit.sealed.push_back(0); }, large);
    EXPECT_EQ(refusal(sealed(covered_)), Code::kExhibitMismatch) << "a size that no sealing gives";
}

TEST_F(Sealing, RefusesASmallExhibitThatDidNotComeAlong) {
    cover_exhibit();
    EXPECT_EQ(refusal(altered([](auto& c) { c.exhibits.front().sealed.clear(); })),
              Code::kExhibitMismatch);
}

// Signed by the sender itself.
TEST_F(Sealing, RefusesAnExhibitLineThatNamesAnotherLabel) {
    cover_exhibit();
    EXPECT_EQ(refusal(altered([this](auto& c) {
                  auto split = *keys::split_note(as_text(c.cover));
                  const std::string right = "exhibit " + std::to_string(c.exhibits.front().number);
                  const std::uint16_t wrong = c.items.front().number;
                  std::string text(split.text);
                  text.replace(text.find(right), right.size(), "exhibit " + std::to_string(wrong));
                  c.cover = to_bytes(keys::sign_note(text, a_.key_name("sign"), a_.sign));
                  c.exhibits.front().number = wrong;
              })),
              Code::kExhibitMismatch);
}

TEST_F(Sealing, TheSizeDoesNotTellWhatWasWithheld) {
    model::Draft draft = test::sample_draft(a_.desk(), {b_.desk()}, random_);
    std::set<std::size_t> sizes;
    for (const bool silent : {false, true}) {
        if (silent) {
            draft.withheld = {{{schema::Label::kScale, 0},
                               {},
                               schema::Reason::kConfidential,
                               schema::Shown::kSilent,
                               "",
                               "op-1"}};
        }
        auto proposal = disclosure::propose(test::policy(), draft, {}, test::addressee(b_.desk()));
        const model::Approval approval{"op-1", true, {proposal->content().digest}};
        const CoverOrder order{.from = a_.desk(),
                               .key = {},
                               .message = MessageId{uuid7(1, {})},
                               .created = test::kNow,
                               .expires = test::kNow};
        sizes.insert(sealed(cover(*disclosure::release(std::move(*proposal), approval), order,
                                  a_.key_name("sign"), a_.sign))
                         .size());
    }
    EXPECT_EQ(sizes.size(), 1U);
}

}  // namespace
}  // namespace lapx::sealing
