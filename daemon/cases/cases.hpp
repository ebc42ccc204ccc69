#pragma once
// Referrals as this node keeps them: drafts being worked on, what was sent, what was received. Owns
// the tables `referral`, `exhibit` and `restriction`; content is sealed at rest part by part.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/cases/case.hpp"
#include "daemon/model/sealed.hpp"
#include "daemon/store/database.hpp"
#include "keys/at_rest.hpp"
#include "schema/base/random.hpp"

namespace lapx::cases {

// Never renumber.
enum class Direction : std::uint8_t { kOut = 1, kIn = 2 };
// The parts of a referral's row. Never renumber.
inline constexpr std::size_t kRecordPart = 0;
inline constexpr std::size_t kManifestPart = 1;
inline constexpr std::size_t kFirstItemPart = 2;

struct Row {
    std::int64_t seq;
    ReferralId id;
    std::uint64_t version;
    Direction direction;
    Agency agency;
    schema::Kind kind;
    schema::Act act;
    model::CaseName case_name;
    State state;
    Time created;
    Time changed;
    std::optional<Time> erased;      // all content of it
    std::optional<Time> destroy_by;  // as its data-protection item says
    std::string desk;                // id of the desk of ours that it left or came to
    std::optional<std::string> own_number;
};

// A received referral: the manifest, and the octets of the items that were disclosed to us, in
// ascending number; empty ones were erased.
struct Incoming {
    std::string manifest;
    std::vector<Bytes> items;
};

// For whose eyes: need to know. A referral that they do not see is, in all that is asked for them,
// one that does not exist.
struct Viewer {
    // Operator id. Nothing: restrictions do not matter, as for an auditor who accounts for all.
    std::optional<std::string> officer;
    std::vector<std::string> desks;  // ids of desks of ours; "*": every one
};

// A recipient to whom nothing of a dossier of ours went.
struct KeptBack {
    std::int64_t referral;  // seq
    Desk from;
    std::uint64_t leaf;  // of the `decided` entry
    Time at;
};

// Which of the exhibits the item with this number describes, from 1.
std::uint16_t element_of(const schema::Manifest& manifest, std::uint16_t number);

class Cases {
  public:
    Cases(store::Database& database, const keys::MasterKey& master, Random& random)
        : database_(database), master_(master), random_(random) {}

    // Stores a new case, or a changed one by its seq, which is returned.
    Result<std::int64_t> save(const Case& value);
    // Likewise where the text of its manifest is at hand.
    Result<std::int64_t> save(const Case& value, std::string_view manifest);
    Result<Case> load(std::int64_t seq);
    // Its text, of a referral of ours or of a received one. Errors: kUnknownReferral, kErased.
    Result<std::string> manifest(std::int64_t seq);
    Result<void> remove(std::int64_t seq);

    Result<void> add_exhibit(std::int64_t seq, const model::SealedExhibit& exhibit);
    // Those whose octets are in that state and were not erased, of a referral of ours or of a
    // received one.
    Result<std::vector<model::SealedExhibit>> exhibits(
        std::int64_t seq, model::OctetsState state = model::OctetsState::kHere);
    // Nothing where only its description is here. Errors: kErased.
    Result<std::optional<model::SealedExhibit>> exhibit(std::int64_t seq, std::uint16_t element);
    // The elements of exhibits(), without opening any.
    Result<std::vector<std::uint16_t>> exhibits_here(std::int64_t seq);
    // Those too whose octets did not come yet.
    Result<std::vector<std::uint16_t>> exhibits_kept(std::int64_t seq);
    // Its file, state and cause.
    Result<void> set_octets(std::int64_t seq, const model::SealedExhibit& exhibit);
    struct ExhibitName {
        std::int64_t referral;  // seq
        std::uint16_t element;
        Agency from;
    };
    // Those received without their octets, which are to come by and by; the oldest first.
    Result<std::vector<ExhibitName>> exhibits_wanted();

    // The same exhibits for another version.
    Result<void> copy_exhibits(std::int64_t from, std::int64_t to);

    Result<void> add_kept_back(const KeptBack& kept);
    // By the order of their entries.
    Result<std::vector<KeptBack>> kept_back(std::int64_t seq);
    // Nothing where that is the entry of no such decision.
    Result<std::optional<KeptBack>> kept_back_at(std::uint64_t leaf);

    // With its exhibits; those whose octets did not come along are on request.
    Result<std::int64_t> add_incoming(const model::Opened& opened, const Agency& opener,
                                      Time received);
    Result<Incoming> incoming(std::int64_t seq);

    // Nothing where they do not see it.
    Result<std::optional<Row>> row(std::int64_t seq, const Viewer& viewer);
    // By the agency's own number, by id, or by a prefix of its text of at least 4 characters.
    // Errors: kUnknownReferral, kAmbiguous.
    Result<Row> find(std::string_view name, const Viewer& viewer);
    // Oldest first. There are several where whoever filed one did not see another.
    Result<std::vector<Row>> find_number(std::string_view own_number, const Viewer& viewer);
    // All rows of one dossier: its versions, later disclosures, and what came to several desks of
    // ours; oldest first.
    Result<std::vector<Row>> copies(const Row& of, const Viewer& viewer);
    // The versions of a dossier that this agency signed, oldest first.
    Result<std::vector<Row>> versions(Direction direction, const Agency& agency,
                                      const ReferralId& id, const Viewer& viewer);
    // What came or went as one of these acts, newest first; of referrals themselves there are too
    // many.
    Result<std::vector<Row>> with_act(Direction direction, std::initializer_list<schema::Act> acts,
                                      const Viewer& viewer);
    // Those of ours that were made from a dossier that came in, and sent.
    Result<bool> was_passed_on(const Agency& agency, const ReferralId& id);
    // All dossiers of a case, oldest first.
    Result<std::vector<Row>> of_case(const model::CaseName& name, const Viewer& viewer);
    // One row of each dossier of ours that was made from this one and still holds content, oldest
    // first.
    Result<std::vector<Row>> derived(const Row& origin, const Viewer& viewer);
    // One row of each dossier that was sent or received, holds content and is to be destroyed by
    // `limit`: the one with the earliest day, earliest first.
    Result<std::vector<Row>> to_destroy(Time limit, const Viewer& viewer);
    // The manifest of a version that this agency sent us, if it did.
    Result<std::optional<std::string>> held_manifest(const Agency& from, const ReferralId& id,
                                                     std::uint64_t version);
    // Those in one of `states`, newest first, at most `limit`, older than `before` (0: from the
    // newest). Of this feed; an empty one: those of none; nothing: all.
    Result<std::vector<Row>> list(Direction direction, std::initializer_list<State> states,
                                  std::optional<std::string_view> feed, const Viewer& viewer,
                                  std::int64_t before, std::size_t limit);
    // Whether they see any dossier of the case.
    Result<bool> sees(const Viewer& viewer, const ReferralId& case_id);

    // The operators who alone see every dossier of a case, ascending; none: it is not restricted.
    // Whoever opened a case of this id: an id that somebody else claims hides too much, not less.
    Result<std::vector<std::string>> restricted_to(const ReferralId& case_id);
    Result<void> restrict(const ReferralId& case_id, const std::vector<std::string>& officers);

    // Releases whose time has come, the first first, at most `limit`.
    Result<std::vector<std::int64_t>> due(Time now, std::size_t limit);
    // Of one that cannot be read: a draft again, that stays here.
    Result<void> put_back(std::int64_t seq);

  private:
    Result<model::SealedExhibit> read_exhibit(const store::Statement& statement);
    Result<std::vector<std::uint16_t>> elements_of(std::int64_t seq, std::string_view sql);

    store::Database& database_;
    const keys::MasterKey& master_;
    Random& random_;
};

}  // namespace lapx::cases
