// Cards and notices while we run. Those of peers, as their greetings bring them. Our own: what is
// due by itself, and what an admin asks for; the ledger says so first, then it is in force, and
// told to everybody who is connected.

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "keys/directory.hpp"
#include "keys/domains.hpp"

namespace lapx::daemon {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
constexpr std::chrono::seconds kTryAgain{10};

}  // namespace

// A new card or notice of a peer. The caller has seen whose card it is.
Result<void> Pipeline::admit_papers(const contacts::Contact& held,
                                    const schema::HelloFrame& frame) {
    const Agency& from = held.agency();
    Conversation& conversation = conversations_[from];
    if (!conversation.papers.has_room(parts_.monotonic.now())) {
        complain_of(from, {"its card and notice change too often: they are taken later"});
        conversation.papers_waiting = frame;
        return {};
    }
    conversation.papers.take(parts_.monotonic.now());
    conversation.papers_waiting.reset();
    const auto changes = parts_.contacts.admit(parts_.self.agency(), frame.card, frame.notice,
                                               parts_.clock.seconds());
    if (changes) {
        conversations_[from].alarm.reset();
        return log_changes(*changes);
    }
    const Error& error = changes.error();
    if (severity(error.code) == Severity::kFatal) {
        return tl::unexpected<Error>(error);
    }
    if (error.code == Code::kCardSerialLower || error.code == Code::kNoticeSerialLower) {
        // An old copy of its home, or somebody who has one.
        conversations_[from].alarm = from.text() + " shows an older card or notice than before: " +
                                     std::string(to_string(error.code));
        log::critical({*conversations_[from].alarm});
        return {};
    }
    complain_of(from, {"its card is refused: ", to_string(error.code), ": ", error.context});
    LAPX_TRY(keep_contradiction(held, frame.card, frame.notice, error.code));
    return {};
}

Result<bool> Pipeline::keep_contradiction(const contacts::Contact& held, std::string_view card,
                                          std::string_view notice, Code why) {
    if (why == Code::kCardFork) {
        LAPX_TRY(forked(held.agency(), why, held.card.note, card));
        return true;
    }
    if (why == Code::kNoticeFork && held.notice) {
        LAPX_TRY(forked(held.agency(), why, held.notice->note, notice));
        return true;
    }
    return false;
}

Result<void> Pipeline::forked(const Agency& agency, Code what, std::string_view held,
                              std::string_view came) {
    LAPX_TRY(ledger::keep_evidence(parts_.database, agency.text(), held, came));
    return conflict(agency, what,
                    {keys::digest_of<ContentDigest>(held), keys::digest_of<ContentDigest>(came)});
}

Result<void> Pipeline::log_changes(const contacts::Contacts::Changes& changes) {
    for (const schema::AdmittedRecord& change : changes) {
        LAPX_TRY(log_paper(change));
        admissions_dirty_ = true;
    }
    if (changes.empty()) {
        return {};
    }
    ledgers_.forget();
    service_.look_again();
    // Who vouches for others may count no more, or again.
    LAPX_TRY_ASSIGN(const auto settled, parts_.contacts.settle_vouched(parts_.log.time_of_next()));
    return log_changes(settled);
}

// In the open round. What may be signed of it now, its callers have asked.
Result<void> Pipeline::log_paper(const schema::AdmittedRecord& record) {
    if (why_not(Purpose::kShuttingOut)) {
        return fail(refusal_while_silent());
    }
    LAPX_TRY(append(schema::EntryKind::kCard, schema::print_admitted_record(record)));
    return {};
}

// In the open round.
Result<void> Pipeline::log_notice(const Result<NoticeDigest>& made) {
    if (!made) {
        return tl::unexpected<Error>(made.error());
    }
    if (const auto logged = log_paper({*made}); !logged) {
        parts_.papers.drop();
        return tl::unexpected<Error>(logged.error());
    }
    parts_.round.then([this] { notice_committed(); },
                      [this](const Error&) { parts_.papers.drop(); });
    return {};
}

void Pipeline::notice_committed() {
    const Result<bool> rekeyed = parts_.papers.put_in_force();
    if (!rekeyed) {
        log::error({"our new notice cannot be stored: ", to_string(rekeyed.error().code), ": ",
                    rekeyed.error().context});
        return;
    }
    look_at_own_keys();
    log::info({"our notice ", std::to_string(parts_.self.notice.serial), " is in force until ",
               to_string(parts_.self.notice.expires)});
    if (*rekeyed) {
        rekey_ = true;  // on the new connections everybody is greeted
        return;
    }
    for (const auto& [peer, conversation] : conversations_) {
        greet(peer);
    }
}

Result<void> Pipeline::take_card(std::string_view note) {
    const auto renewed =
        parts_.papers.take_card(note, parts_.contacts.revoked(), parts_.clock.seconds());
    if (!renewed) {
        return tl::unexpected<Error>(renewed.error());
    }
    if (const auto logged = log_paper({renewed->card}); !logged) {
        parts_.papers.drop();
        return tl::unexpected<Error>(logged.error());
    }
    return log_notice(renewed->notice);
}

Result<void> Pipeline::revoke_own(std::string_view note) {
    LAPX_TRY_ASSIGN(const keys::VerifierKey root, keys::VerifierKey::parse(parts_.self.root));
    LAPX_TRY_ASSIGN(const auto changes, parts_.contacts.revoke_own(note, root));
    for (const schema::AdmittedRecord& change : changes) {
        LAPX_TRY(log_paper(change));
    }
    parts_.round.then([this] { look_at_own_keys(); }, [](const Error&) {});
    return {};
}

Result<void> Pipeline::renew_notice() {
    return log_notice(parts_.papers.renew(parts_.clock.seconds()));
}

Result<void> Pipeline::rotate_desk(const std::string& desk,
                                   std::optional<std::chrono::seconds> overlap) {
    return log_notice(parts_.papers.rotate_desk(desk, overlap, parts_.clock.seconds()));
}

Result<void> Pipeline::rotate_connection(std::optional<std::chrono::seconds> overlap) {
    return log_notice(parts_.papers.rotate_connection(overlap, parts_.clock.seconds()));
}

void Pipeline::take_new_connection_key() {
    if (const auto done = parts_.transport.rekey(parts_.self.keys.curve.view()); !done) {
        fatal_ = done.error();
        return;
    }
    log::info({"the new connection key is in use"});
    admissions_changed_();
}

Result<void> Pipeline::do_what_is_due(Time now) {
    LAPX_TRY_ASSIGN(const std::size_t deleted, parts_.papers.delete_former(now));
    if (deleted > 0) {
        log::info({std::to_string(deleted), " former keys deleted"});
    }
    switch (parts_.papers.due(now)) {
        case Papers::Due::kNothing:
            return {};
        case Papers::Due::kRenewal:
            LAPX_TRY(parts_.round.begin());
            return log_notice(parts_.papers.renew(now));
        case Papers::Due::kCutOver:
            LAPX_TRY(parts_.round.begin());
            return log_notice(parts_.papers.cut_over(now));
    }
    return {};
}

// Whoever reads no status learns it from the log.
void Pipeline::remind(Time now) {
    if (clock_fault()) {
        return;
    }
    for (const std::string& line : reminders_.due(papers_of(parts_.self, parts_.contacts), now)) {
        log::warn({line});
    }
}

void Pipeline::tend_papers() {
    if (std::exchange(rekey_, false)) {
        take_new_connection_key();
    }
    const loop::Instant instant = parts_.monotonic.now();
    if (fatal_ || !may_sign() || instant < look_at_papers_) {
        return;
    }
    look_at_papers_ = instant + kLookEvery;
    if (!parts_.papers.stuck()) {
        look_at_papers_ = instant + kTryAgain;
        notice_committed();
        return;
    }
    const std::uint64_t before = parts_.round.writes();
    if (const auto done = do_what_is_due(parts_.clock.seconds()); !done) {
        look_at_papers_ = instant + kTryAgain;
        log::error({"our papers: ", to_string(done.error().code), ": ", done.error().context});
        if (severity(done.error().code) == Severity::kFatal || parts_.round.writes() != before) {
            parts_.round.fail_with(done.error());
        }
    }
}

}  // namespace lapx::daemon
