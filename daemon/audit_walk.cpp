#include "daemon/audit_walk.hpp"

#include <algorithm>
#include <unordered_set>

#include "daemon/cases/cases.hpp"
#include "daemon/decisions.hpp"
#include "daemon/delivery/delivery.hpp"
#include "daemon/ledger/records.hpp"
#include "keys/domains.hpp"

namespace lapx::daemon {
namespace {

using schema::EntryKind;

// So many messages take as long to list as one entry to check.
constexpr std::uint64_t kMessagesPerEntry = 256;

// Errors that say something of the one thing that was read, and not of reading.
bool is_finding(const Error& error) {
    return error.code == Code::kDatabaseBroken || error.code == Code::kLedgerBroken ||
           severity(error.code) == Severity::kRefused;
}

}  // namespace

class AuditWalk::Impl {
  public:
    Impl(store::Database& database, const keys::MasterKey& master, Random& random)
        : database_(database),
          master_(master),
          cases_(database, master, random),
          delivery_(database, master, random) {}

    const AuditFound& found() const { return found_; }

    Result<bool> step(std::uint64_t entries) {
        if (!begun_) {
            begun_ = true;
            LAPX_TRY(begin());
        }
        if (!listed_) {
            LAPX_TRY(list_messages(entries * kMessagesPerEntry));
            return false;
        }
        const std::uint64_t from = found_.checked;
        const auto walked = ledger::for_each_entry(
            database_, from, from + std::min(entries, size_ - from),
            [this](std::uint64_t index, BytesView text) { return entry(index, as_text(text)); });
        if (!walked && walked.error().code != Code::kLedgerBroken) {
            return tl::unexpected<Error>(walked.error());
        }
        if (!walked) {
            problem(found_.checked, walked.error().context);
        }
        if (walked && found_.checked < size_) {
            return false;
        }
        note(pairing_.end());
        forget_messages_below(~std::uint64_t{0});
        return true;
    }

  private:
    void problem(std::uint64_t index, std::string what) {
        if (found_.problems.size() < AuditFound::kMaxProblems) {
            found_.problems.push_back({index, std::move(what)});
        }
    }
    void note(std::optional<AuditProblem> found) {
        if (found) {
            problem(found->index, std::move(found->what));
        }
    }

    // Both in one read, so that a commit in between does not matter.
    Result<void> begin() {
        LAPX_TRY_ASSIGN(auto query,
                        database_.query("SELECT coalesce((SELECT max(size) FROM checkpoint), 0), "
                                        "coalesce((SELECT max(seq) FROM message), 0)"));
        LAPX_TRY(query.step());
        size_ = static_cast<std::uint64_t>(query.integer(0));
        last_message_ = query.integer(1);
        return {};
    }

    // Which message has which entry: a table has no order by entry.
    Result<void> list_messages(std::uint64_t limit) {
        const std::int64_t after = places_.empty() ? 0 : places_.back().message;
        LAPX_TRY_ASSIGN(const auto more, delivery_.places(after, last_message_, limit));
        places_.insert(places_.end(), more.begin(), more.end());
        if (more.size() < limit) {
            listed_ = true;
            std::sort(places_.begin(), places_.end(), [](const auto& a, const auto& b) {
                return std::pair(a.leaf, a.message) < std::pair(b.leaf, b.message);
            });
        }
        return {};
    }

    void forget_messages_below(std::uint64_t index) {
        for (; next_place_ < places_.size() && places_[next_place_].leaf < index; ++next_place_) {
            problem(places_[next_place_].leaf, "a message without its entry in the ledger");
        }
    }

    // The message whose entry this is.
    Result<std::optional<delivery::Message>> message_of(std::uint64_t index, EntryKind kind) {
        std::optional<delivery::Message> found;
        for (; next_place_ < places_.size() && places_[next_place_].leaf == index; ++next_place_) {
            if (kind != EntryKind::kSent && kind != EntryKind::kReceived) {
                problem(index, "a message without its entry in the ledger");
                continue;
            }
            if (found) {
                problem(index, "more than one message has this entry");
                continue;
            }
            auto read = delivery_.message(places_[next_place_].message);
            if (!read && !is_finding(read.error())) {
                return tl::unexpected<Error>(read.error());
            }
            found = read ? std::optional(std::move(*read)) : std::nullopt;
        }
        if (found && delivery::is_incoming(found->state) != (kind == EntryKind::kReceived)) {
            problem(index, "its message went the other way");
            found.reset();
        } else if (!found && (kind == EntryKind::kSent || kind == EntryKind::kReceived)) {
            problem(index, "`" + std::string(schema::word_of(kind)) + "` without its message");
        }
        return found;
    }

    Result<void> entry(std::uint64_t index, std::string_view text) {
        found_.checked = index + 1;
        forget_messages_below(index);
        const auto entry = schema::parse_entry(text);
        if (!entry) {
            problem(index, "the entry is malformed");
            note(pairing_.next(index, EntryKind::kOpen, std::nullopt));
            decided_.reset();
            return {};
        }
        if (entry->time < last_time_) {
            problem(index, "it is earlier than the entry before it");
        }
        last_time_ = entry->time;
        LAPX_TRY_ASSIGN(const std::string data, data_of(index, entry->kind));
        LAPX_TRY_ASSIGN(const auto message, message_of(index, entry->kind));
        return check(index, entry->kind, data, message);
    }

    // What the entry commits to; empty where that was erased or is wrong.
    Result<std::string> data_of(std::uint64_t index, EntryKind kind) {
        const auto opening = committed(database_, master_, index);
        if (opening && is_data_of(kind, as_text(opening->data))) {
            return std::string(as_text(opening->data));
        }
        if (opening) {
            problem(index, "what it commits to is not what a `" +
                               std::string(schema::word_of(kind)) + "` entry holds");
        } else if (!is_finding(opening.error())) {
            return tl::unexpected<Error>(opening.error());
        } else if (opening.error().code != Code::kErased) {
            problem(index, "it cannot be opened: " + std::string(to_string(opening.error().code)));
        }
        return std::string();
    }

    Result<void> check(std::uint64_t index, EntryKind kind, const std::string& data,
                       const std::optional<delivery::Message>& message) {
        std::optional<schema::DecidedRecord> decided = std::exchange(decided_, std::nullopt);
        std::optional<CoverDigest> cover;
        if (kind == EntryKind::kApproved && data.empty()) {
            knows_approvals_ = false;
        } else if (kind == EntryKind::kApproved) {
            note_approval(data);
        } else if (kind == EntryKind::kDecided && !data.empty()) {
            decided_ = *schema::parse_decided_record(data);
            cover = decided_->cover;
            LAPX_TRY(check_decided(index, *decided_));
        } else if (kind == EntryKind::kMoved && !data.empty()) {
            cover = schema::parse_moved_record(data)->cover;
        } else if (kind == EntryKind::kConsent && !data.empty()) {
            cover = schema::parse_consent_record(data)->cover;
        } else if (kind == EntryKind::kSent && !data.empty()) {
            cover = schema::parse_sent_record(data)->cover;
        } else if (kind == EntryKind::kReceived && !data.empty() && message) {
            const auto record = schema::parse_received_record(data);
            cover = record->cover;
            if (record->refusal != message->outcome) {
                problem(index, "its message has another outcome");
            }
        }
        std::optional<cases::KeptBack> kept_back;
        if (kind == EntryKind::kDecided) {
            LAPX_TRY_ASSIGN(kept_back, cases_.kept_back_at(index));
        }
        if (kept_back) {
            LAPX_TRY(check_kept_back(index, *kept_back));
        }
        note(pairing_.next(index, kind, cover, kept_back.has_value()));
        if (message) {
            return check_message(index, *message, cover, decided);
        }
        return {};
    }

    // Of what was wholly withheld, as the database has it beside the ledger.
    Result<void> check_kept_back(std::uint64_t index, const cases::KeptBack& kept_back) {
        if (!decided_) {
            return {};  // erased, or reported already
        }
        const auto manifest = cases_.manifest(kept_back.referral);
        if (!manifest && !is_finding(manifest.error())) {
            return tl::unexpected<Error>(manifest.error());
        }
        if (!manifest) {
            if (manifest.error().code != Code::kErased) {
                problem(index, "its referral cannot be opened");
            }
            return {};
        }
        for (std::string& what : contradictions(*decided_, kept_back.from, *manifest)) {
            problem(index, std::move(what));
        }
        return {};
    }

    // An approval of views, or a standing one; the end of one allows nothing.
    void note_approval(const std::string& data) {
        if (const auto record = schema::parse_approved_record(data)) {
            approved_.insert(record->views.begin(), record->views.end());
        } else if (const auto standing = schema::parse_standing_record(data)) {
            standing_.insert(standing->id);
        }
    }

    Result<void> check_decided(std::uint64_t index, const schema::DecidedRecord& record) {
        if (knows_approvals_ && !approved_.contains(record.view)) {
            problem(index, "`decided` on a view that nobody approved before");
        }
        if (knows_approvals_ && record.standing && !standing_.contains(*record.standing)) {
            problem(index, "`decided` under a standing approval that nobody gave before");
        }
        const auto words = words_of(database_, master_, index, record);
        if (!words && !is_finding(words.error())) {
            return tl::unexpected<Error>(words.error());
        }
        if (!words && words.error().code != Code::kErased) {
            problem(index, "the words of its decisions cannot be read: " +
                               std::string(to_string(words.error().code)));
        }
        return {};
    }

    // `decided` is the record of the entry before this one.
    Result<void> check_message(std::uint64_t index, const delivery::Message& message,
                               const std::optional<CoverDigest>& cover,
                               const std::optional<schema::DecidedRecord>& decided) {
        const auto texts = delivery_.texts(message.seq);
        if (!texts && !is_finding(texts.error())) {
            return tl::unexpected<Error>(texts.error());
        }
        if (!texts) {
            if (texts.error().code != Code::kErased) {
                problem(index, "its message cannot be opened");
            }
            return {};
        }
        const auto digest = keys::digest_of<CoverDigest>(texts->cover);
        if (digest != message.cover || (cover && digest != *cover)) {
            problem(index, "its message has another cover");
        }
        if (delivery::is_incoming(message.state) || !decided) {
            return {};
        }
        const auto manifest = message.referral ? cases_.manifest(*message.referral)
                                               : Result<std::string>(fail(Code::kUnknownReferral));
        if (!manifest && !is_finding(manifest.error())) {
            return tl::unexpected<Error>(manifest.error());
        }
        if (!manifest) {
            if (manifest.error().code != Code::kErased) {
                problem(index, "its message has no referral that can be opened");
            }
            return {};
        }
        const Release release{message.id, message.desk + "@" + message.peer.text(), texts->cover,
                              *manifest};
        for (std::string& what : contradictions(*decided, release)) {
            problem(index, std::move(what));
        }
        return {};
    }

    store::Database& database_;
    const keys::MasterKey& master_;
    cases::Cases cases_;
    delivery::Delivery delivery_;
    AuditFound found_;
    bool begun_ = false;
    bool listed_ = false;
    std::uint64_t size_ = 0;  // of the newest checkpoint
    std::int64_t last_message_ = 0;
    std::vector<delivery::Place> places_;  // once listed, by leaf
    std::size_t next_place_ = 0;
    Time last_time_{};
    Pairing pairing_;
    std::optional<schema::DecidedRecord> decided_;  // of the entry before
    std::unordered_set<ViewDigest> approved_;
    std::unordered_set<StandingId> standing_;
    bool knows_approvals_ = true;  // all of them: none was erased
};

AuditWalk::AuditWalk(store::Database& database, const keys::MasterKey& master, Random& random)
    : impl_(std::make_unique<Impl>(database, master, random)) {}
AuditWalk::~AuditWalk() = default;

Result<bool> AuditWalk::step(std::uint64_t entries) { return impl_->step(entries); }
const AuditFound& AuditWalk::found() const { return impl_->found(); }

}  // namespace lapx::daemon
