#pragma once
// The whole program on one page: how a referral leaves (send) and how one comes in (receive). Both
// only decide and write; what they release leaves in finish_round, after the one commit that made
// payload, dedupe row, ledger entries and answers durable together.

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/answers.hpp"
#include "daemon/approvals.hpp"
#include "daemon/carried.hpp"
#include "daemon/carried_files.hpp"
#include "daemon/conversations.hpp"
#include "daemon/counters.hpp"
#include "daemon/exhibit_pulls.hpp"
#include "daemon/exhibit_service.hpp"
#include "daemon/expiry.hpp"
#include "daemon/inbound.hpp"
#include "daemon/ledger/verify.hpp"
#include "daemon/parts.hpp"
#include "daemon/peer_ledgers.hpp"
#include "daemon/reach.hpp"
#include "daemon/relay_client.hpp"
#include "daemon/relay_service.hpp"
#include "daemon/sealing/sealing.hpp"
#include "daemon/wal_emptying.hpp"
#include "schema/notes/erasure.hpp"

namespace lapx::daemon {

// What went to one recipient of a release.
struct Sent {
    Desk to;
    MessageId message;
};

// What of a dossier is to be erased, on what basis, by whom.
struct Erasure {
    schema::ErasedName what;
    std::string basis;
    std::string operator_id;
    cases::Viewer viewer;  // the operator: only what they see is erased
};

struct Erased {
    bool fresh;  // else it was erased before, and nothing is written
    // Further versions that hold other words, or octets, under the name of what was erased.
    std::vector<std::uint64_t> elsewhere;
};

// What became of a parcel: logged or not, accepted or refused.
struct Admission {
    std::optional<Code> refused = {};
    std::optional<std::uint64_t> leaf = {};  // of our `received` entry
    bool effect = false;                     // else it costs its sender something (protocol.md 8.5)
};

// What something is signed for. More stands in the way of the later ones.
enum class Purpose : std::uint8_t {
    kShuttingOut,  // somebody, or a key: possible whatever our clock and our signing key are worth
    kOwnPapers,    // another card is how a node goes on whose signing key is revoked
    kAnything,
};

class Pipeline {
  public:
    // `admissions_changed` is called after a commit that changed whose connections are admitted or
    // whom we dial.
    Pipeline(const PipelineParts& parts, std::function<void()> admissions_changed);

    // Appends an entry in the open round.
    Result<std::uint64_t> log(schema::EntryKind kind, std::string_view data);

    // Appends a `card` entry for each change to the directory; transport learns of them after the
    // commit.
    Result<void> log_changes(const contacts::Contacts::Changes& changes);
    // Of papers that were refused with `why`, however they came: where they contradict those that
    // are held, both are kept as evidence and nothing more is accepted of that agency. Whether so.
    Result<bool> keep_contradiction(const contacts::Contact& held, std::string_view card,
                                    std::string_view notice, Code why);

    // Saves an approved case as sent and releases it to all its recipients but those from whom it
    // is wholly withheld; of these it records that. Where the policy asks for a delay, saves it as
    // one to be released then, and gives nothing. Errors, before anything is written: kWrongState,
    // kApprovalStale, those of Contacts::recipient and of the approval.
    Result<std::vector<Sent>> send(cases::Case& value,
                                   std::span<const model::SealedExhibit> exhibits);
    // Likewise at once with what Approvals::approve gave, which need not be worked out again.
    Result<std::vector<Sent>> send(cases::Case& value, Proposals approved);

    // A step of fixed words about a version of a dossier, from a desk of ours. Errors: those of
    // Contacts::recipient.
    Result<MessageId> move(const cases::Row& about, const Desk& from, const Desk& to,
                           const schema::MoveBody& body, const std::string& operator_id);

    // Destroys the keys of what is named by the numbers of this row, wherever the dossier holds the
    // same. Once it is committed, empty_wal().
    // Errors, before anything is written: kHeld, kUnknownItem, kNotFound, kWrongState while
    // anything of the dossier has still to leave.
    Result<Erased> erase(const cases::Row& row, const Erasure& order);
    // Empties the WAL if it may still hold a key that was destroyed; false while a reader is in the
    // way, or the disk is full. Then it is tried again by and by.
    bool empty_wal();
    // From now on nothing of the dossier may be erased, or again it may. False: so it was before.
    Result<bool> hold(const cases::Row& row, bool placed, const std::string& basis,
                      const std::string& operator_id);
    // Whether values of a draft may be replaced or removed. Errors: kWrongState if it was sent or
    // is about to leave, kHeld, kErased.
    Result<void> check_editable(const cases::Row& row, const cases::Case& value);
    // Removes a draft. Errors: kWrongState if it was sent or is about to leave, kHeld.
    Result<void> discard(const cases::Row& draft);

    // A notice of ours that follows the one in force, in the open round; it is in force, and told
    // to all who are connected, once that is committed. Errors: those of Papers; kStarting.
    Result<void> renew_notice();
    // With a card that follows the one in force. Further errors: those of Papers::take_card.
    Result<void> take_card(std::string_view note);
    // One of our own keys is revoked, in the open round: once that is committed nothing is signed
    // any more, until a card with another signing key is taken. Errors: those of keys/directory.
    Result<void> revoke_own(std::string_view note);
    Result<void> rotate_desk(const std::string& desk, std::optional<std::chrono::seconds> overlap);
    Result<void> rotate_connection(std::optional<std::chrono::seconds> overlap);

    // Asks the sender of what came in for the octets of an exhibit. Errors: kNotFound where they
    // are not to be had, those of ExhibitPulls::want.
    Result<void> fetch(const cases::Row& row, std::uint16_t element);
    const ExhibitPulls& pulls() const { return pulls_; }

    // A carried file, in the open round: what is in it is taken as over a connection. Errors,
    // before anything is written: those of open_carried.
    Result<TakenFile> take_file(BytesView octets);

    void on_connected(const Agency& peer, transport::Route route);
    void on_disconnected(const Agency& peer, transport::Route route);
    void receive(const transport::Inbound& inbound);
    // Commits what the round wrote, then lets it leave. An error means that the node must exit.
    Result<void> finish_round();
    // Now and then: releases that are due, expiry, retries, greetings that got lost.
    void tick();

    // The outcome of a check of the whole ledger: signing stops if it is not sound.
    void ledger_checked(const Result<ledger::Verification>& found);

    // Whether anything may be signed: a peer confirmed our newest checkpoint, there is none to ask,
    // or none answered for 30 s; and nothing is wrong with our clock or our ledger.
    bool may_sign() const { return !why_silent(); }
    // What stands in its way: kStarting and kClock go by; kKeyRevoked may end with another card.
    std::optional<Error> why_silent() const { return why_not(Purpose::kAnything); }
    // The same, where only this is to be signed.
    std::optional<Error> why_not(Purpose purpose) const;
    // How far a peer's clock is ahead of ours, as far as that is known.
    std::optional<std::chrono::seconds> clock_ahead(const Agency& peer) const;
    // Why ours is not to be gone by: nothing expires then.
    const std::optional<ClockFault>& clock_fault() const { return clock_check_.fault(); }
    const Conversations& conversations() const { return conversations_; }
    const Counters& counters() const { return counters_; }
    Approvals& approvals() { return approvals_; }
    // Makes files that are asked for.
    CarriedFiles& files() { return files_; }
    // Whether peers reach us.
    Reach& reach() { return reach_; }
    const RelayClient& relays() const { return relay_client_; }

  private:
    static delivery::Message incoming_message(const model::Unsealed& parcel, std::uint64_t leaf,
                                              Time now);
    struct Outgoing {
        model::Covered covered;
        keys::Recipient recipient;
        std::int64_t referral;
        std::uint64_t leaf;
        std::optional<schema::MoveBody> move = {};  // then `referral` is what it is about
    };
    // One recipient's share of a release.
    struct Share {
        std::optional<keys::Recipient> recipient;  // nothing: wholly withheld
        model::Disclosed disclosed;
    };
    Result<void> check_may_send(const cases::Case& value) const;
    Result<std::vector<Share>> shares_of(const cases::Case& value, Proposals proposals) const;
    Result<std::vector<Share>> shares_anew(const cases::Case& value,
                                           std::span<const model::SealedExhibit> exhibits) const;
    Result<std::vector<Sent>> send_shares(cases::Case& value, std::vector<Share> shares);
    Result<std::vector<Sent>> let_out(cases::Case& value, std::vector<Share> shares);
    Result<void> release_due();
    Result<void> release_later(std::int64_t seq);
    sealing::CoverOrder order_for(const Desk& from, const keys::Recipient& to, Time now);
    Result<MessageId> release(const cases::Case& value, Share share, Time now);
    Result<void> keep_back(const cases::Case& value, const model::Disclosed& disclosed, Time now);
    Result<void> store_outgoing(const Outgoing& outgoing, const ledger::SignedCheckpoint& head);

    Result<void> check_not_held(const cases::Row& row);
    Result<void> check_erasable(const std::vector<cases::Row>& rows);
    Result<cases::ErasurePlan> plan_item(const cases::Row& row, const std::vector<cases::Row>& rows,
                                         std::uint16_t number);
    Result<cases::ErasurePlan> plan_exhibit(const cases::Row& row,
                                            const std::vector<cases::Row>& rows,
                                            std::uint16_t number);
    Result<std::vector<std::uint64_t>> elsewhere(const cases::Row& row,
                                                 const std::vector<cases::Row>& rows,
                                                 const schema::ErasedName& what);
    Result<void> erase_words(const std::vector<cases::Row>& rows,
                             const std::vector<std::int64_t>& whole);

    Result<void> take(const transport::Inbound& inbound);
    void check_clock();
    Code refusal_while_silent() const;
    // pipeline_quota.cpp
    const Agency& payer_of(const transport::Inbound& inbound) const;
    bool is_overdrawn(const transport::Inbound& inbound);
    bool is_over_quota(const transport::Inbound& inbound, const schema::ParcelFrame& frame);
    void had_effect(const transport::Inbound& inbound);
    Result<void> credit(const transport::Inbound& inbound, const Result<bool>& effect);
    Result<void> take_parcel(const transport::Inbound& inbound, const schema::ParcelFrame& frame);
    Result<Admission> admit_parcel(const Agency& from, const schema::ParcelFrame& frame);
    void answer(const Agency& peer, const MessageId& message, const Admission& admission);
    Result<Admission> store_accepted(const Accepted& accepted);
    Result<Admission> store_moved(const AcceptedMove& moved);
    Result<Admission> store_turned_away(const TurnedAway& turned_away);
    Result<Admission> store_reused(const Agency& from, const MessageId& message,
                                   const Reused& reused);

    Result<TakenFile> take_carried(const Carried& carried);
    Result<TakenFile> take_carried_papers(const Agency& from, const schema::HelloFrame& frame);
    Result<TakenFile> take_carried_parcel(const Agency& from, const schema::ParcelFrame& frame);
    Result<TakenFile> take_carried_receipts(const Agency& from, const schema::ReceiptsFrame& frame);
    Result<TakenFile> take_carried_refusal(const Agency& from, const schema::RefusalFrame& frame);
    void ask_again(const contacts::Contact& peer, const schema::ReceiptsFrame& frame);
    // What became of receipts, one or several.
    struct Taken {
        bool effect = false;
        std::optional<Code> dropped = {};  // why one was, if any
    };
    Result<Taken> take_receipts(const Agency& from, const schema::ReceiptsFrame& frame);
    Result<Taken> take_receipt(const contacts::Contact& peer, const schema::Checkpoint& checkpoint,
                               const std::string& note, const schema::ReceiptEntry& entry);
    // Whether it had an effect.
    Result<bool> take_refusal(const Agency& from, const schema::RefusalFrame& frame);
    // pipeline_hello.cpp
    Speaker speaker_on(const transport::Inbound& inbound) const;
    void speaks(const transport::Inbound& inbound, Speaker who);
    Result<void> take_hello(const transport::Inbound& inbound, const schema::HelloFrame& frame);
    Result<void> take_hello_of(const Agency& owner, const transport::Inbound& inbound,
                               const schema::HelloFrame& frame);
    Result<void> take_papers(const Agency& of, const schema::HelloFrame& frame);
    Result<void> take_waiting_papers(const Agency& of);
    bool show_key(const Agency& owner, const transport::Inbound& inbound,
                  const schema::HelloFrame& frame);
    Result<void> admit_papers(const contacts::Contact& held, const schema::HelloFrame& frame);
    void take_seen(const Agency& from, const std::string& seen);
    bool answered(const Agency& peer, const MessageId& message);
    Result<bool> keep_cosignature(const Agency& from, const schema::CosignatureFrame& frame);
    Result<void> conflict(const Agency& with, Code what, std::vector<ContentDigest> evidence);
    Result<void> forked(const Agency& agency, Code what, std::string_view held,
                        std::string_view came);

    Result<std::uint64_t> append(schema::EntryKind kind, std::string_view data);
    Result<void> log_paper(const schema::AdmittedRecord& record);
    void look_at_own_keys();
    Result<void> log_notice(const Result<NoticeDigest>& made);
    void notice_committed();
    void take_new_connection_key();
    Result<void> do_what_is_due(Time now);
    void tend_papers();

    Result<void> prepare(const ledger::SignedCheckpoint& head);
    void let_go();
    void give_up();
    void complain_of(const Agency& peer, std::initializer_list<std::string_view> what);
    void tend_exhibits();
    Result<void> discard_files();
    // Nothing: it is no frame of an exhibit. Else whether it had an effect.
    std::optional<bool> take_of_exhibit(const Agency& from, const schema::FrameMessage& message);
    Result<void> expire(Time now);
    void remind(Time now);
    void greet(const Agency& peer);
    void greet(const Agency& peer, transport::Route route);
    void pump(const Agency& peer);
    bool send(const Agency& peer, Conversation& conversation, const delivery::Queued& queued);
    void look_for_losses(Conversation& conversation);

    // pipeline_relay.cpp
    void tend_relaying();
    // These say whether the frame had an effect.
    Result<bool> take_of_relay(const Agency& from, const schema::FrameMessage& message);
    Result<bool> take_relay_item(const Agency& from, const schema::RelayItemFrame& frame);

    PipelineParts parts_;
    PeerLedgers ledgers_;
    Inbound inbound_;
    std::function<void()> admissions_changed_;
    Conversations conversations_;
    Counters counters_;
    Answers answers_;
    Approvals approvals_;
    CarriedFiles files_;
    Reach reach_;
    loop::Instant started_;
    bool confirmed_;  // our newest checkpoint, by a peer; or there was none to ask at the start
    std::optional<Error> halted_;  // for good
    std::optional<Error> own_key_revoked_;
    ClockCheck clock_check_;
    Time last_expiry_{};
    ExpiryReminders reminders_;
    std::optional<Error> fatal_;
    loop::Instant look_at_papers_{};
    bool rekey_ = false;  // another connection key is in force than in use
    WalEmptying wal_;
    ExhibitService service_;
    ExhibitPulls pulls_;
    RelayService relay_service_;
    RelayClient relay_client_;

    // Of the open round.
    std::vector<Outgoing> outgoing_;
    std::vector<std::pair<Agency, schema::CosignatureFrame>>
        cosignatures_;  // received; written with the next round
    std::set<Agency> to_pump_;
    bool admissions_dirty_ = false;
};

}  // namespace lapx::daemon
