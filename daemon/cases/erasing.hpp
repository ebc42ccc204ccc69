#pragma once
// Erasure: the wrapped keys of sealed parts are destroyed, wherever a dossier holds the same thing,
// and holds forbid it. Works on the rows of Cases; owns the table `hold`. Once what it wrote is
// committed, the WAL still has to be emptied.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "daemon/cases/cases.hpp"
#include "schema/codec/items.hpp"

namespace lapx::cases {

struct Hold {
    std::string by;  // operator id
    Time since;
};

// What an erasure will write; worked out before anything is.
struct ErasurePlan {
    struct Slots {
        std::int64_t referral;
        std::uint16_t exhibit;  // its number, or 0: the row of the referral itself
        Bytes keys;             // with what is to be erased already zero
    };
    std::vector<Slots> slots;
    std::vector<Case> cases;  // of ours, without anything but what the content-free rest needs
    std::vector<std::int64_t> whole;  // of which nothing is left
    bool is_empty() const { return slots.empty() && whole.empty(); }
};

class Erasing {
  public:
    Erasing(store::Database& database, Cases& cases, const keys::MasterKey& master)
        : database_(database), cases_(cases), master_(master) {}

    // Whether a draft may leave with what of it was erased, items or exhibits: a later disclosure
    // goes without, and says so; all else goes whole or not at all. Errors: kErased.
    Result<void> check_whole(const Case& value);
    // Whether all exhibits that are kept of this row are whole. Errors: kErased.
    Result<void> check_exhibits(std::int64_t seq);

    // Of the dossier that this is a row of.
    Result<std::optional<Hold>> hold(const Row& of);
    Result<void> place(const Row& of, const Hold& hold);
    Result<void> lift(const Row& of);

    // In all `rows` the items of this label with this value: a new version has the same value in
    // other octets.
    Result<ErasurePlan> plan_item(const std::vector<Row>& rows, schema::Label label,
                                  const schema::ItemValue& value);
    // In all `rows` the exhibits with these octets.
    Result<ErasurePlan> plan_exhibit(const std::vector<Row>& rows, const ContentDigest& plain);
    // All content of all `rows`: items, exhibits, and the free words of our own record.
    Result<ErasurePlan> plan_all(const std::vector<Row>& rows);
    Result<void> carry_out(const ErasurePlan& plan, Time now);

    // The versions, ascending, among `rows` other than the named one that hold something under the
    // label that the named one does not: after an erasure, what it left alone.
    Result<std::vector<std::uint64_t>> other_items(const Row& named, const std::vector<Row>& rows,
                                                   schema::Label label);
    // Those that hold the octets of an exhibit of this number.
    Result<std::vector<std::uint64_t>> other_exhibits(const Row& named,
                                                      const std::vector<Row>& rows,
                                                      std::uint16_t number);

  private:
    struct HeldPart {
        std::size_t part;
        schema::ItemValue value;
    };
    Result<std::vector<HeldPart>> held_under(const Row& row, schema::Label label);
    Result<void> add_exhibits(const Row& row, const std::optional<ContentDigest>& plain,
                              ErasurePlan& plan);

    store::Database& database_;
    Cases& cases_;
    const keys::MasterKey& master_;
};

}  // namespace lapx::cases
