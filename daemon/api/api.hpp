#pragma once
// What the control socket offers (docs/openapi.yaml): JSON in, one call of the pipeline or a
// reader, JSON out. Holds no rules of its own: who may see what is disclosure's, what is durable is
// the round's.

#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "daemon/access.hpp"
#include "daemon/api/draft_request.hpp"
#include "daemon/audit_walk.hpp"
#include "daemon/background.hpp"
#include "daemon/cases/follow_up.hpp"
#include "daemon/control/server.hpp"
#include "daemon/intake/propose.hpp"
#include "daemon/intake_client.hpp"
#include "daemon/ledger/export.hpp"
#include "daemon/ledger/verify.hpp"
#include "daemon/pipeline.hpp"

namespace lapx::daemon {

struct ApiParts {
    PipelineParts pipeline_parts;
    Pipeline& pipeline;
    IntakeClient& intake;
    Background<ledger::Verifier>& ledger_check;
    Background<AuditWalk>& audit_check;
    store::Database& database;
    std::filesystem::path home;
};

class Api {
  public:
    explicit Api(ApiParts parts)
        : parts_(std::move(parts)), started_(parts_.pipeline_parts.clock.seconds()) {}

    void add_routes(control::Server& server);
    // A request that was turned away for want of a role; becomes a `refused` entry.
    void denied(const control::Denial& denial);

  private:
    void add_contact_routes(control::Server& server);
    void add_key_routes(control::Server& server);
    void add_roster_routes(control::Server& server);
    void add_reach_routes(control::Server& server);
    void add_draft_routes(control::Server& server);
    void add_edit_routes(control::Server& server);
    void add_follow_routes(control::Server& server);
    void add_move_routes(control::Server& server);
    void add_forward_routes(control::Server& server);
    void add_due_routes(control::Server& server);
    void add_erase_routes(control::Server& server);
    void add_event_routes(control::Server& server);
    void add_parcel_routes(control::Server& server);
    void add_release_routes(control::Server& server);
    void add_standing_routes(control::Server& server);
    void add_list_routes(control::Server& server);
    void add_referral_routes(control::Server& server);
    void add_ledger_routes(control::Server& server);
    void add_audit_routes(control::Server& server);
    void add_access_routes(control::Server& server);
    void add_bundle_routes(control::Server& server);
    void add_upload_routes(control::Server& server);
    void add_exhibit_routes(control::Server& server);
    void add_metric_routes(control::Server& server);

    // Runs `work` in the open round and answers once that is durable. `work` checks before it
    // writes: an error of its own then leaves the round to the others. One that comes after it
    // wrote takes the whole round back.
    void write(control::Pending pending, const std::function<Result<Json>()>& work);
    // The same; `durable` makes the answer of it after the commit.
    void write(control::Pending pending, const std::function<Result<Json>()>& work,
               std::function<Result<Json>(Json)> durable, Purpose purpose = Purpose::kAnything);
    // A handler that answers at once.
    static control::Handler read(std::function<Result<Json>(const control::Request&)> work);
    // A handler that writes.
    control::Handler writer(std::function<Result<Json>(const control::Request&)> work,
                            Purpose purpose = Purpose::kAnything);

    // access_api.cpp: every route of one referral goes through one of these four, and so gets it
    // only if the caller sees it.
    using OfReferral = std::function<Result<Json>(const control::Request&, const cases::Row&)>;
    control::Handler of_referral(
        std::function<void(const control::Request&, const cases::Row&, control::Pending)> work);
    // Shows no content.
    control::Handler read_of(OfReferral work);
    control::Handler writer_of(OfReferral work);
    // What is shown, and whether items are among it the reading of which is recorded.
    struct Content {
        Json json;
        bool confidential = false;
    };
    using ReadReferral = std::function<Result<Content>(const control::Request&, const cases::Row&)>;
    // Shows content; what is confidential only once the ledger says that it was: "VERB of ID".
    control::Handler reads(const char* verb, ReadReferral work);
    Result<cases::Row> find(const control::Request& request, const std::string& name);
    // Answers once a `read` or `exported` entry is durable.
    void answer_recorded(control::Pending pending, schema::EntryKind kind,
                         const std::string& record, Json answer);
    // In the open round, for an answer that shows a draft whole.
    Result<void> log_read(const control::Request& request, const char* verb,
                          const cases::Case& value);
    // A `refused` entry.
    void refused(const std::string& operator_id, Code what);
    bool is_confidential(schema::Label label) const;
    bool holds_confidential(const cases::Case& value) const;
    Result<void> restrict_case(const control::Request& request, const ReferralId& case_id,
                               const std::vector<std::string>& officers);
    Result<Json> restrict(const control::Request& request, const cases::Row& row);

    // metrics_api.cpp
    struct Figure {
        const char* name;
        const char* help;
        std::uint64_t value;
        bool counts = true;  // since the start; else as it is now
    };
    std::vector<Figure> traffic_figures() const;
    std::vector<Figure> connection_figures() const;
    Result<std::vector<Figure>> figures();
    Result<Json> figures_json();

    // contacts_api.cpp
    Result<Json> status();
    Json peer_json(const contacts::Contact& contact, Json& warnings) const;
    Json contact_json(const contacts::Contact& contact) const;
    Result<Json> revoke(const control::Request& request);
    void add_contact(const control::Request& request, control::Pending pending);
    Result<Json> contact_reply(const contacts::Contacts::Changes& changes, const Agency& agency);

    // rosters_api.cpp
    Result<Json> verify_roster(const control::Request& request);

    // reach_api.cpp
    // How a peer is or is not connected: a word, and a sentence for a person.
    struct Connection {
        std::string_view word;
        std::string sentence;
    };
    Connection connection_of(const Agency& peer) const;
    void ask_for_reach(const control::Request& request, control::Pending pending);

    // keys_api.cpp
    Result<Json> own_card() const;
    Result<void> rotate(const control::Request& request);

    // drafts_api.cpp
    void create_draft(const control::Request& request, control::Pending pending);
    Result<Json> store_draft(cases::Case value, const control::Request& request,
                             const std::vector<intake::ProposedItem>& proposed,
                             const std::optional<Bytes>& mail);
    Result<Json> draft_json(const cases::Case& value);
    Result<Json> answer_json(const control::Request& request, const cases::Case& value);
    Result<std::vector<schema::DecidedItem>> dispositions(const cases::Case& value, const Desk& to);
    Result<Json> policy_why(const control::Request& request,
                            const cases::Row& row);  // policy_api.cpp
    Result<Content> preview(const control::Request& request, const cases::Row& row);
    Result<cases::Case> draft_of(const cases::Row& row);
    ReferralId new_referral_id() const;
    DraftRequest by(const control::Request& request) const;
    // For a draft with these exhibits, and for one that is stored.
    DraftRequest by(const control::Request& request,
                    std::span<const model::SealedExhibit> exhibits) const;
    Result<DraftRequest> by(const control::Request& request, const cases::Case& stored) const;

    // edit_api.cpp
    Result<Json> change_draft(const control::Request& request, const cases::Row& row,
                              const char* verb,
                              const std::function<Result<void>(cases::Case&)>& change);
    Result<Json> edit(const control::Request& request, const cases::Row& row);

    // release_api.cpp
    // What is to become of a draft once it is stored.
    enum class Then : std::uint8_t { kNothing, kSend, kFeed };
    static Then send_if(bool send) { return send ? Then::kSend : Then::kNothing; }
    Result<Json> keep(cases::Case& value, std::span<const model::SealedExhibit> exhibits,
                      const control::Request& request, Then then);
    Result<void> check_recipients(const cases::Case& value,
                                  std::span<const model::SealedExhibit> exhibits, bool whole);
    Result<Json> release_json(const cases::Case& value);
    Result<Json> approve(const control::Request& request, const cases::Row& row);
    Result<Json> send(const cases::Row& row);
    Result<Json> cancel(const control::Request& request, const cases::Row& row);
    Result<Json> discard(const cases::Row& row);

    // lists_api.cpp
    Result<Json> list(cases::Direction direction, const control::Request& request);
    Result<void> add_kept_back(const cases::Row& row, Json& items);
    Result<Json> drafts(const control::Request& request);

    // standing_api.cpp
    Result<Json> standing_json(const cases::Standing& standing);
    Result<Json> standings();
    Result<Json> add_standing(const control::Request& request);

    // erase_api.cpp
    Result<Json> erase(const control::Request& request, const cases::Row& named);
    Result<Json> hold(const control::Request& request, const cases::Row& row);
    Result<void> add_erasure(Json& out, const cases::Row& row);

    // events_api.cpp
    Result<std::optional<Json>> event_json(const delivery::Message& message,
                                           const cases::Viewer& viewer);
    Result<Json> events(const control::Request& request);

    // exhibits_api.cpp
    struct DescribedExhibit {
        std::uint16_t element;  // among the exhibits, from 1
        std::size_t item;
        std::optional<schema::Exhibit> description;  // nothing: it was erased
    };
    // Those that we may see the description of, with or without octets.
    Result<std::vector<DescribedExhibit>> described_exhibits(const cases::Row& row);
    Result<DescribedExhibit> named_exhibit(const control::Request& request, const cases::Row& row);
    // What is kept of it; nothing where that was erased, or is only its description.
    struct KeptExhibit {
        std::optional<model::SealedExhibit> exhibit;
        bool erased;
    };
    Result<KeptExhibit> kept_exhibit(std::int64_t seq, std::uint16_t element);
    Result<Json> exhibits_json(const cases::Row& row);
    Json octets_json(const cases::Row& row, const KeptExhibit& kept) const;
    Result<Json> shares_json(const cases::Row& row, const DescribedExhibit& described,
                             const std::vector<exhibits::Custody>& custody);
    Result<Json> exhibit_left(const cases::Row& row, const schema::ErasedName& what);
    Result<Json> exhibit(const control::Request& request, const cases::Row& named);
    Result<Json> fetch(const control::Request& request, const cases::Row& named);
    // An exhibit on its way out.
    struct TakingOut;
    Result<std::shared_ptr<TakingOut>> begin_taking_out(const control::Request& request,
                                                        const cases::Row& named);
    Result<void> check_still_open(const HandOver& of, const cases::Viewer& viewer);
    void check_takings();
    void take_out(const std::shared_ptr<TakingOut>& taking);

    // uploads_api.cpp
    struct Uploaded {
        std::vector<std::string> ids;
        std::vector<std::uint16_t> elements;
    };
    Result<std::unique_ptr<control::BodySink>> begin_upload(std::uint64_t length);
    void end_upload(const control::Request& request, std::unique_ptr<control::BodySink> body,
                    control::Pending pending);
    struct SealedMail {
        model::SealedExhibit exhibit;
        std::shared_ptr<exhibits::Sealing> sealing;  // to be kept when the round is durable
    };
    Result<SealedMail> seal_mail(const Bytes& plain);
    Result<Uploaded> uploads_in(const control::Request& request, cases::Values& values,
                                std::vector<model::SealedExhibit>& exhibits);
    schema::Exhibit description_of(const control::Request& request,
                                   const model::SealedExhibit& exhibit, const std::string& name,
                                   const std::string& type) const;
    Result<void> keep_uploads(const Uploaded& uploaded,
                              std::span<const model::SealedExhibit> exhibits, std::int64_t seq);

    // follow_api.cpp
    Result<cases::Followed> followed(const cases::Row& row);
    Result<Json> begin_follower(cases::Case& value, cases::Values values,
                                const control::Request& request,
                                std::optional<std::int64_t> exhibits_of);
    Result<Json> new_version(const control::Request& request, const cases::Row& row,
                             schema::Act act);
    Result<Json> disclose_later(const control::Request& request, const cases::Row& row);
    Result<Json> reply_to(const control::Request& request, const cases::Row& row, schema::Act act);
    Result<Json> follow(const control::Request& request, const cases::Row& named);
    Result<Json> dossiers_json(const cases::Row& row, const cases::Viewer& viewer);

    // forward_api.cpp
    Result<std::vector<model::SealedExhibit>> exhibits_for_forward(
        const cases::Row& row, const std::vector<DescribedExhibit>& described);
    Result<Json> forward(const control::Request& request, const cases::Row& named);

    // moves_api.cpp
    Result<Json> move(const control::Request& request, const cases::Row& named);
    Result<Json> move_theirs(const control::Request& request, const cases::Row& row,
                             schema::Move move);
    Result<Json> move_ours(const control::Request& request, const cases::Row& row,
                           schema::Move move);
    Result<Json> say(const control::Request& request, const cases::Row& row, const Desk& from,
                     const Desk& to, schema::MoveBody body);
    Json moved_json(const cases::Row& row, const cases::Moved& moved,
                    const std::string& message) const;
    Result<Json> moves_json(const cases::Row& row, const cases::Viewer& viewer);

    // parcels_api.cpp
    Result<std::vector<delivery::Message>> carriable(const std::vector<cases::Row>& rows,
                                                     const control::Request& request);
    struct Chosen {
        bool is_parcel;  // else receipts
        std::vector<delivery::Message> messages;
    };
    static Result<Chosen> choose(const std::vector<delivery::Message>& messages,
                                 const control::Request& request);
    Result<Json> export_parcel(const control::Request& request, const cases::Row& named,
                               SealedFile& file);
    Json taken_json(const TakenFile& taken);
    Result<Json> relayed(const control::Request& request);
    void import_parcel(const control::Request& request, control::Pending pending);

    // due_api.cpp
    Result<void> add_owed_by_us(Json& items, Time now, const cases::Viewer& viewer);
    Result<void> add_owed_to_us(Json& items, Time now, const cases::Viewer& viewer);
    Result<void> add_to_destroy(Json& items, Time now, const cases::Viewer& viewer);
    Result<Json> due(const cases::Viewer& viewer);

    // referrals_api.cpp
    struct Received {
        std::vector<delivery::Message> messages;
        schema::Cover cover;
        schema::Manifest manifest;
        std::vector<Bytes> items;  // the disclosed ones
    };
    Result<Received> received(const cases::Row& row);
    Result<std::vector<cases::Row>> rows_of(const control::Request& request,
                                            const cases::Row& named);
    Result<cases::Row> row_of(const control::Request& request, const cases::Row& named);
    Result<std::vector<delivery::Message>> messages_of(const std::vector<cases::Row>& rows);
    Result<Content> show(const control::Request& request, const cases::Row& named);
    Result<bool> sees_origin(const model::Draft& draft, const cases::Viewer& viewer);
    Result<Content> show_outgoing(const cases::Row& row, const cases::Viewer& viewer);
    Result<Content> show_incoming(const cases::Row& row, const cases::Viewer& viewer);
    Result<Json> why(const control::Request& request, const cases::Row& named);
    Result<schema::Cover> cover_of(const delivery::Message& message);
    std::string desk_of(const delivery::Message& message) const;
    Json relay_json(const delivery::Message& message) const;
    Result<Json> unsent_json(const cases::Row& row);
    // When something of it was read since the start.
    std::optional<Time> last_seen(const Agency& peer) const;
    Time silent_since(const delivery::Message& message) const;
    std::string relays_of(const std::vector<Agency>& relays) const;
    Json messages_json(const std::vector<delivery::Message>& messages) const;
    std::string clock_of(const Agency& peer, Code cause) const;
    std::string cause_of(const delivery::Message& message,
                         const std::optional<delivery::Waiting>& waiting) const;

    // bundle_api.cpp
    Result<std::pair<cases::Row, delivery::Message>> bundled(const std::vector<cases::Row>& rows,
                                                             const control::Request& request);
    Result<Json> bundle(const control::Request& request, const cases::Row& named);

    // ledger_api.cpp
    Result<store::Database> read_connection() const;
    Result<Json> ledger_head();
    Result<Json> prove(const control::Request& request, const cases::Row& row);
    Result<Json> export_ledger(const control::Request& request);
    ledger::ExportParts export_parts(const control::Request& request,
                                     store::Database& database) const;
    // Writes files into a folder; gives what they are, in words for the `exported` entry.
    using WriteFiles = std::function<Result<std::string>(const std::string& folder,
                                                         const ledger::ExportParts& parts)>;
    Result<Json> hand_out(const control::Request& request, const char* name,
                          const WriteFiles& write_files);
    Result<Json> summary(const control::Request& request);
    Result<schema::DecidedRecord> decided_of(std::uint64_t index);

    // audit_api.cpp
    // Which release a decision is to be on; no message and cover: it was wholly withheld.
    struct Released {
        ReferralId referral;
        std::optional<MessageId> message;
        std::optional<CoverDigest> cover;
    };
    Result<Json> audit(const cases::Row& row);
    Result<Json> audited_message(const delivery::Message& message, const cases::Row& row);
    Result<Json> audited_kept_back(const cases::KeptBack& kept, const cases::Row& row);
    Result<void> add_decision(Json& out, std::uint64_t index, const Released& released);
    Result<Json> receipt_json(const delivery::Message& message);
    void answer_audit(const control::Request& request, control::Pending pending);
    Result<Json> audit_sample(const control::Request& request);

    ApiParts parts_;
    Time started_;
    std::deque<std::shared_ptr<TakingOut>> takings_;  // that are being checked
    loop::Watch next_check_;
};

}  // namespace lapx::daemon
