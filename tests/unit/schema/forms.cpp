#include "tests/unit/schema/forms.hpp"

namespace lapx::schema::test {
namespace {

template <typename T>
Form form(std::string name, T (Samples::*make)(), Result<T> (*parse)(std::string_view),
          std::string (*print)(const T&)) {
    return {std::move(name), [=](Samples& samples) { return print((samples.*make)()); },
            [=](std::string_view text) -> Result<std::string> {
                LAPX_TRY_ASSIGN(const T parsed, parse(text));
                return print(parsed);
            },
            [=](Samples& samples) {
                const T made = (samples.*make)();
                const auto parsed = parse(print(made));
                return parsed && *parsed == made;
            }};
}

}  // namespace

const std::vector<Form>& all_forms() {
    using S = Samples;
    static const std::vector<Form> kForms = {
        form("card", &S::card, parse_card, print_card),
        form("notice", &S::notice, parse_notice, print_notice),
        form("revocation", &S::revocation, parse_revocation, print_revocation),
        form("carried", &S::carried_note, parse_carried_note, print_carried_note),
        form("vouch", &S::vouch, parse_vouch, print_vouch),
        form("roster", &S::roster, parse_roster, print_roster),
        form("manifest", &S::manifest, parse_manifest, print_manifest),
        form("view", &S::view, parse_view, print_view),
        form("cover", &S::cover, parse_cover, print_cover),
        form("checkpoint", &S::checkpoint, parse_checkpoint, print_checkpoint),
        form("entry", &S::entry, parse_entry, print_entry),
        form("opening", &S::opening, parse_opening, print_opening),
        form("proof_head", &S::proof_head, parse_proof_head, print_proof_head),
        form("tlog_proof", &S::tlog_proof, parse_tlog_proof, print_tlog_proof),
        form("consistency", &S::consistency, parse_consistency, print_consistency),
        form("policy", &S::tlog_policy, parse_tlog_policy, print_tlog_policy),
        form("sample", &S::audit_sample, parse_audit_sample, print_audit_sample),
        form("open", &S::open_record, parse_open_record, print_open_record),
        form("admitted", &S::admitted_record, parse_admitted_record, print_admitted_record),
        form("approved", &S::approved_record, parse_approved_record, print_approved_record),
        form("standing", &S::standing_record, parse_standing_record, print_standing_record),
        form("standing_ended", &S::standing_ended_record, parse_standing_ended_record,
             print_standing_ended_record),
        form("sent", &S::sent_record, parse_sent_record, print_sent_record),
        form("received", &S::received_record, parse_received_record, print_received_record),
        form("conflict", &S::conflict_record, parse_conflict_record, print_conflict_record),
        form("refused", &S::refused_record, parse_refused_record, print_refused_record),
        form("restricted", &S::restricted_record, parse_restricted_record, print_restricted_record),
        form("exported", &S::access_record, parse_exported_record, print_exported_record),
        form("read", &S::access_record, parse_read_record, print_read_record),
        form("move", &S::move_body, parse_move, print_move),
        form("moved", &S::moved_record, parse_moved_record, print_moved_record),
        form("consent", &S::consent_record, parse_consent_record, print_consent_record),
        form("erased", &S::erased_record, parse_erased_record, print_erased_record),
        form("hold", &S::hold_record, parse_hold_record, print_hold_record),
        form("decided", &S::decided_record, parse_decided_record, print_decided_record),
        form("decided_texts", &S::decided_texts, parse_decided_texts, print_decided_texts),
    };
    return kForms;
}

}  // namespace lapx::schema::test
