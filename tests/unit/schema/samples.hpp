#pragma once
// Made-up values of every type, the same in every run of one build.

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "schema/codec/carried.hpp"
#include "schema/codec/frame.hpp"
#include "schema/codec/items.hpp"
#include "schema/codec/parcel.hpp"
#include "schema/notes/card.hpp"
#include "schema/notes/carried.hpp"
#include "schema/notes/erasure.hpp"
#include "schema/notes/ledger.hpp"
#include "schema/notes/move.hpp"
#include "schema/notes/records.hpp"
#include "schema/notes/referral.hpp"
#include "schema/notes/roster.hpp"

namespace lapx::schema::test {

class Samples {
  public:
    explicit Samples(std::uint64_t seed) : random_(seed) {}

    // Below `bound`.
    std::size_t below(std::size_t bound) { return random_() % bound; }
    bool maybe() { return below(2) == 0; }
    Bytes bytes(std::size_t size);
    template <typename D>
    D digest() {
        return D::from(bytes(32)).value();
    }
    template <typename Id>
    Id id() {
        std::array<std::uint8_t, 10> tail{};
        const Bytes octets = bytes(tail.size());
        std::copy(octets.begin(), octets.end(), tail.begin());
        return Id{uuid7(below(std::uint64_t{1} << 48), tail)};
    }
    template <typename E>
    E word() {
        return words<E>()[below(words<E>().size())].value;
    }
    template <typename E>
    E word_or_unset() {
        return maybe() ? E::kUnset : word<E>();
    }
    // One line of words, some not ASCII.
    std::string text();
    std::string short_id();
    Agency agency();
    Desk desk();
    Time time();
    std::optional<Time> maybe_time();
    std::string vkey(const Agency& of, KeyRole role);
    std::string recipient();
    std::uint64_t number() { return random_() >> (1 + below(63)); }

    Card card();
    Notice notice();
    Revocation revocation();
    Vouch vouch();
    Roster roster();
    CarriedNote carried_note();
    CarriedContent carried();
    Manifest manifest();
    View view();
    Cover cover();
    Checkpoint checkpoint();
    Entry entry();
    Opening opening();
    ProofHead proof_head();
    TlogProof tlog_proof();
    Consistency consistency();
    TlogPolicy tlog_policy();
    AuditSample audit_sample();
    OpenRecord open_record();
    AdmittedRecord admitted_record();
    ApprovedRecord approved_record();
    StandingRecord standing_record();
    StandingEndedRecord standing_ended_record();
    SentRecord sent_record();
    ReceivedRecord received_record();
    ConflictRecord conflict_record();
    RefusedRecord refused_record();
    RestrictedRecord restricted_record();
    AccessRecord access_record();
    MoveBody move_body();
    MovedRecord moved_record();
    MovedRecord consent_record();
    ErasedRecord erased_record();
    HoldRecord hold_record();
    DecidedRecord decided_record();
    static void add_derived(DecidedRecord& record);
    DecidedTexts decided_texts();

    // A value of the alternative with this index.
    ItemValue value(std::size_t alternative);
    ItemValue value() { return value(below(std::variant_size_v<ItemValue>)); }
    ItemSalt salt();
    ParcelContent parcel();
    FrameMessage frame(std::size_t alternative);

  private:
    std::vector<Label> labels();
    std::vector<Hash> hashes();
    std::vector<std::string> texts();
    std::vector<std::string> countries();
    std::optional<Link> link();
    std::vector<Link> links();
    DeskBlock desk_block(const std::string& id);

    std::mt19937_64 random_;
};

}  // namespace lapx::schema::test
