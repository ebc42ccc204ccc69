#include "daemon/cases/erasing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "keys/domains.hpp"
#include "tests/support/fixtures.hpp"
#include "tests/support/temp_dir.hpp"

namespace lapx::cases {
namespace {

using test::kNow;

const Viewer kEveryone{std::nullopt, {"*"}};

class ErasingTest : public testing::Test {
  protected:
    void SetUp() override {
        value_.draft.withheld = {{{schema::Label::kFacts, 0},
                                  {},
                                  schema::Reason::kNationalLaw,
                                  schema::Shown::kReason,
                                  "Wet Y",
                                  "op-2"}};
        value_.state = State::kSent;
        value_.seq = *cases_.save(value_);
    }
    Row row() { return **cases_.row(value_.seq, kEveryone); }
    std::size_t index_of(schema::Label label) const {
        const auto& items = value_.draft.items;
        const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) {
            return item.label == label && item.present;
        });
        return static_cast<std::size_t>(found - items.begin());
    }
    // The wrapped keys of the row.
    Bytes slots() {
        auto query = database_.query("SELECT keys FROM referral WHERE seq = ?", value_.seq);
        EXPECT_TRUE(query->step().value());
        const BytesView stored = query->blob(0);
        return {stored.begin(), stored.end()};
    }
    bool is_in_files(BytesView octets) const {
        return std::any_of(kFiles.begin(), kFiles.end(), [&](const char* name) {
            std::ifstream file(folder_.path(name), std::ios::binary);
            const std::string text{std::istreambuf_iterator<char>(file), {}};
            return std::search(text.begin(), text.end(), octets.begin(), octets.end(),
                               [](char a, std::uint8_t b) {
                                   return static_cast<std::uint8_t>(a) == b;
                               }) != text.end();
        });
    }
    schema::ItemValue value_of(std::size_t index) const {
        return schema::decode_item(value_.draft.items[index].octets)->value;
    }

    static constexpr std::array<const char*, 2> kFiles{"lapx.db", "lapx.db-wal"};
    test::TempDir folder_;
    test::SeededRandom random_{5};
    test::TestAgency a_{"opta.example", 1};
    test::TestAgency b_{"acma.example", 2};
    keys::MasterKey master_ = keys::MasterKey::generate(random_);
    store::Database database_ =
        *store::Database::open(folder_.path("lapx.db"), store::Mode::kWrite);
    Cases cases_{database_, master_, random_};
    Erasing erasing_{database_, cases_, master_};
    Case value_{.seq = 0,
                .state = State::kDraft,
                .drafter = "op-1",
                .changed = kNow,
                .draft = test::sample_draft(a_.desk(), {b_.desk()}, random_),
                .approval = {},
                .returned = {}};
};

TEST_F(ErasingTest, OfAnItemLeavesItsDigestAndNoKeyInAnyFile) {
    const std::size_t facts = index_of(schema::Label::kFacts);
    const std::string manifest = model::manifest_text(value_.draft);
    const Bytes before = slots();
    const BytesView key =
        BytesView(before).subspan((kFirstItemPart + facts) * keys::kAtRestSlot, keys::kAtRestSlot);
    // Not the whole: a slot may run over the end of a page.
    ASSERT_TRUE(is_in_files(key.first(8)) || is_in_files(key.last(8)));
    const auto plan = erasing_.plan_item({row()}, schema::Label::kFacts, value_of(facts));
    ASSERT_TRUE(plan);
    ASSERT_FALSE(plan->is_empty());
    ASSERT_TRUE(erasing_.carry_out(*plan, kNow));
    ASSERT_TRUE(database_.truncate_wal());
    EXPECT_FALSE(is_in_files(key.first(8)) || is_in_files(key.last(8)));
    const auto loaded = cases_.load(value_.seq);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(loaded->draft.items[facts].octets.empty());
    EXPECT_EQ(loaded->draft.items[facts].erased,
              keys::item_digest(value_.draft.items[facts].octets));
    EXPECT_EQ(model::manifest_text(loaded->draft), manifest);
    EXPECT_FALSE(row().erased);
}

TEST_F(ErasingTest, OfAnItemFindsTheSameValueInOtherOctetsAndLeavesOthersOfItsLabel) {
    const std::size_t facts = index_of(schema::Label::kFacts);
    Case next = value_;
    next.seq = 0;
    next.draft.version = 2;
    next.draft.supersedes = ManifestDigest{{1}};
    next.draft.items[facts].octets = schema::encode_item({7}, value_of(facts));
    next.seq = *cases_.save(next);
    Case other = value_;
    other.seq = 0;
    other.draft.version = 3;
    other.draft.supersedes = ManifestDigest{{1}};
    other.draft.items[facts].octets = schema::encode_item({8}, schema::Text{"other words"});
    other.seq = *cases_.save(other);
    const auto rows = cases_.copies(row(), kEveryone);
    ASSERT_EQ(rows->size(), 3U);
    const auto plan = erasing_.plan_item(*rows, schema::Label::kFacts, value_of(facts));
    ASSERT_TRUE(plan) << plan.error().context;
    ASSERT_TRUE(erasing_.carry_out(*plan, kNow));
    EXPECT_TRUE(cases_.load(value_.seq)->draft.items[facts].erased);
    EXPECT_TRUE(cases_.load(next.seq)->draft.items[facts].erased);
    EXPECT_FALSE(cases_.load(other.seq)->draft.items[facts].erased);
    EXPECT_TRUE(erasing_.plan_item(*rows, schema::Label::kFacts, value_of(facts))->is_empty());
    EXPECT_EQ(*erasing_.other_items(row(), *rows, schema::Label::kFacts),
              std::vector<std::uint64_t>{3});
    EXPECT_TRUE(erasing_.other_items(row(), *rows, schema::Label::kAddressees)->empty())
        << "the same words";
}

TEST_F(ErasingTest, OfAllLeavesDecisionsWithoutTheirWords) {
    const Bytes before = slots();
    ASSERT_TRUE(erasing_.carry_out(*erasing_.plan_all({row()}), kNow));
    ASSERT_TRUE(database_.truncate_wal());
    for (std::size_t part = 0; part < keys::part_count(before); ++part) {
        EXPECT_FALSE(
            is_in_files(BytesView(before).subspan(part * keys::kAtRestSlot, keys::kAtRestSlot)))
            << part;
    }
    const auto loaded = cases_.load(value_.seq);
    ASSERT_TRUE(loaded);
    EXPECT_TRUE(std::all_of(loaded->draft.items.begin(), loaded->draft.items.end(),
                            [](const auto& item) { return item.erased && item.octets.empty(); }));
    ASSERT_EQ(loaded->draft.withheld.size(), 1U);
    EXPECT_EQ(loaded->draft.withheld[0].basis, "");
    EXPECT_EQ(loaded->draft.withheld[0].reason, schema::Reason::kNationalLaw);
    EXPECT_EQ(row().erased, kNow);
    EXPECT_EQ(model::manifest_text(loaded->draft), model::manifest_text(value_.draft));
    EXPECT_TRUE(erasing_.plan_all({row()})->is_empty());
}

TEST_F(ErasingTest, OfAnExhibitLeavesNothingThatOpensIt) {
    const model::SealedExhibit exhibit{.element = 1,
                                       .plain = keys::digest_of<ContentDigest>("mail"),
                                       .plain_size = 4,
                                       .sealed_digest = {},
                                       .sealed = Bytes(16, 1),
                                       .identity = keys::SecretBytes(32)};
    ASSERT_TRUE(cases_.add_exhibit(value_.seq, exhibit));
    EXPECT_TRUE(erasing_.plan_exhibit({row()}, ContentDigest{{1}})->is_empty());
    EXPECT_TRUE(erasing_.check_whole(value_));
    ASSERT_TRUE(erasing_.carry_out(*erasing_.plan_exhibit({row()}, exhibit.plain), kNow));
    EXPECT_EQ(cases_.exhibit(value_.seq, 1).error().code, Code::kErased);
    EXPECT_TRUE(cases_.exhibits(value_.seq)->empty());
    EXPECT_TRUE(cases_.exhibits_here(value_.seq)->empty());
    EXPECT_EQ(erasing_.check_whole(value_).error().code, Code::kErased);
    value_.draft.act = schema::Act::kDisclose;
    EXPECT_TRUE(erasing_.check_whole(value_)) << "a later disclosure goes without";
}

TEST_F(ErasingTest, AHoldIsOfADossierUntilItIsLifted) {
    EXPECT_FALSE(erasing_.hold(row())->has_value());
    ASSERT_TRUE(erasing_.place(row(), {"op-2", kNow}));
    Row other = row();
    other.direction = Direction::kIn;
    EXPECT_FALSE(erasing_.hold(other)->has_value());
    EXPECT_EQ((*erasing_.hold(row()))->by, "op-2");
    ASSERT_TRUE(erasing_.lift(row()));
    EXPECT_FALSE(erasing_.hold(row())->has_value());
}

}  // namespace
}  // namespace lapx::cases
