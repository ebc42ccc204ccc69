#include "tools/lapx/commands/commands.hpp"

namespace lapx::cli {
namespace {

constexpr const char* kNodeGroup = "The node";
constexpr const char* kDirectoryGroup = "Other agencies";
constexpr const char* kSendGroup = "Sending";
constexpr const char* kFollowGroup = "Following";
constexpr const char* kProofGroup = "Proof and report";

std::vector<Command> of_the_node() {
    return {
        {kNodeGroup, "init", "Set up a node: keys, card, configuration", define_init,
         "init --agency opta.nl --name OPTA --country NL --sector enforcement \\\n"
         "      --desk spam --root /media/safe/opta --advertise 192.0.2.7:5617"},
        {kNodeGroup, "status", "How is my node?", define_status, "status"},
        {kNodeGroup, "doctor", "What is wrong, and what to do about it", define_doctor,
         "doctor --reach"},
        {kNodeGroup, "metrics", "Figures for a monitor: what came in, was refused, waits",
         define_metrics, "metrics"},
        {kNodeGroup, "relay", "What this node keeps for others", define_relay, "relay"},
        {kNodeGroup, "card renew",
         "Renew your card, with its root key; or your notice, as the node does by itself",
         define_card_renew, "card renew --root /media/safe/opta"},
        {kNodeGroup, "key rotate", "A new key for a desk, or for the connections with peers",
         define_key_rotate, "key rotate desk spam"},
    };
}

std::vector<Command> of_the_directory() {
    return {
        {kDirectoryGroup, "card show", "Your card, to hand to others", define_card_show,
         "card show -o opta.card"},
        {kDirectoryGroup, "contact add",
         "Admit another agency's card, or take note of a revocation", define_contact_add,
         "contact add acma.card"},
        {kDirectoryGroup, "contact list", "The agencies you know", define_contact_list,
         "contact list --sector enforcement"},
        {kDirectoryGroup, "contact verify", "You compared the safety number with them",
         define_contact_verify, "contact verify acma.example --safety-number \"01234 56789 …\""},
        {kDirectoryGroup, "contact vouch", "Say to others that you verified an agency",
         define_contact_vouch, "contact vouch acma.example -o acma.vouch"},
        {kDirectoryGroup, "contact suspend", "Exchange nothing with them for now",
         define_contact_suspend, "contact suspend acma.example"},
        {kDirectoryGroup, "contact remove", "Forget an agency", define_contact_remove,
         "contact remove acma.example"},
        {kDirectoryGroup, "roster make", "A signed list of agencies and their roots, for a call",
         define_roster_make, "roster make --name \"Call of 1 December\" -o call.roster"},
        {kDirectoryGroup, "roster show",
         "A roster's number, to be read aloud, and how it compares with whom you know",
         define_roster_show, "roster show call.roster"},
        {kDirectoryGroup, "roster verify",
         "The number that was read aloud is this one: verify all who are on it",
         define_roster_verify, "roster verify call.roster --number \"01234 56789 …\""},
        {kDirectoryGroup, "roster diff", "Who differs in two rosters, or in one and whom you know",
         define_roster_diff, "roster diff call.roster theirs.roster"},
    };
}

std::vector<Command> for_sending() {
    return {
        {kSendGroup, "file", "Make a referral from an e-mail or report", define_file,
         "file --to spam@acma.example --withhold scale=commercially-sensitive mail.eml"},
        {kSendGroup, "drafts", "Referrals not sent yet", define_drafts, "drafts"},
        {kSendGroup, "edit", "Change a draft", define_edit,
         "edit 0193 --set scale=complaints=412 --unset grading --tlp GREEN"},
        {kSendGroup, "withhold", "Keep an item of a draft from its recipients", define_withhold,
         "withhold 0193 scale --reason commercially-sensitive --show category"},
        {kSendGroup, "redact", "Withhold an item, and send something else in its place",
         define_redact,
         "redact 0193 scale -m \"some hundred complaints\" --reason prejudices-investigation"},
        {kSendGroup, "preview", "Exactly what one recipient will see", define_preview,
         "preview 0193 --as spam@acma.example"},
        {kSendGroup, "policy check", "What a disclosure policy does with each item",
         define_policy_check, "policy check disclosure.toml"},
        {kSendGroup, "policy why", "Which rule decides on an item", define_policy_why,
         "policy why 0193 suspect --as spam@acma.example"},
        {kSendGroup, "approve", "Approve what the previews show", define_approve, "approve 0193"},
        {kSendGroup, "return", "Give a draft back to its drafter; voids an approval", define_return,
         "return 0193 -m \"withhold the scale\""},
        {kSendGroup, "send", "Send an approved referral", define_send, "send 0193"},
        {kSendGroup, "cancel", "Stop what is about to leave; it is a draft again", define_cancel,
         "cancel 0193"},
        {kSendGroup, "discard", "Throw a draft away", define_discard, "discard 0193"},
        {kSendGroup, "standing add", "Approve in advance what a feed will send",
         define_standing_add,
         "standing add --feed isp-reports --to spam@acma.example --tlp AMBER --per-day 5000 \\\n"
         "      --until 2026-12-31"},
        {kSendGroup, "standing list", "The standing approvals, and what went under them today",
         define_standing_list, "standing list"},
        {kSendGroup, "standing end", "End the standing approval of a feed", define_standing_end,
         "standing end isp-reports"},
    };
}

std::vector<Command> for_following() {
    return {
        {kFollowGroup, "inbox", "Referrals received", define_inbox, "inbox"},
        {kFollowGroup, "outbox", "Referrals sent", define_outbox, "outbox"},
        {kFollowGroup, "show", "One referral whole", define_show, "show 0193 --bundle evidence/"},
        {kFollowGroup, "exhibit fetch", "Ask its sender for an exhibit that did not come along",
         define_exhibit_fetch, "exhibit fetch 0193 1"},
        {kFollowGroup, "exhibit get", "The evidence itself, into a file", define_exhibit_get,
         "exhibit get 0193 1 -o mail.eml"},
        {kFollowGroup, "clarify", "Ask who sent it", define_clarify,
         "clarify 0193 -m \"Which time zone are the log lines in?\""},
        {kFollowGroup, "answer", "Answer a referral, or a question", define_answer,
         "answer 0193 -m \"The page was taken down.\""},
        {kFollowGroup, "supplement", "Add to a referral, for all who hold it", define_supplement,
         "supplement 0193 --set scale=complaints=412"},
        {kFollowGroup, "correct", "Correct a referral, for all who hold it", define_correct,
         "correct 0193 --set party=\"role=spoofed-victim; name=Example Ltd\""},
        {kFollowGroup, "withdraw", "Take a referral back, from all who hold it", define_withdraw,
         "withdraw 0193 -m \"The report was a test.\""},
        {kFollowGroup, "disclose", "Send one recipient what was withheld", define_disclose,
         "disclose 0193 --item scale --to spam@acma.example --basis \"order 12/2026\""},
        {kFollowGroup, "forward", "Pass on what came in, as a referral of your own", define_forward,
         "forward 0193 --to spam@ftc.example"},
        {kFollowGroup, "acknowledge", "Tell its sender that you have read it", define_acknowledge,
         "acknowledge 0193"},
        {kFollowGroup, "consent ask", "May we use it so, or pass it on?", define_consent_ask,
         "consent ask 0193 --use judicial-evidence --onward ftc.example"},
        {kFollowGroup, "consent grant", "Yes", define_consent_grant,
         "consent grant 0193 --to spam@acma.example"},
        {kFollowGroup, "consent refuse", "No", define_consent_refuse,
         "consent refuse 0193 --to spam@acma.example"},
        {kFollowGroup, "recall", "How far you are in telling those you passed it on to",
         define_recall, "recall 0193 done"},
        {kFollowGroup, "due", "What is owed, by you and to you, and to be destroyed", define_due,
         "due"},
        {kFollowGroup, "events", "What became of what, for a program that follows it",
         define_events, "events --follow --exec ./close-ticket --state lapx.events"},
        {kFollowGroup, "restrict", "Let only these officers see a referral", define_restrict,
         "restrict 0193 --to op-1 --to op-4"},
        {kFollowGroup, "erase", "Destroy the key of an item, an exhibit, or all of a referral",
         define_erase, "erase 0193 --item party:2 --basis \"request of 3 November, GDPR 17\""},
        {kFollowGroup, "hold", "Forbid to erase any of a referral", define_hold,
         "hold 0193 --basis \"proceedings 12/2026\""},
        {kFollowGroup, "why", "Why is it not delivered yet?", define_why, "why 0193"},
        {kFollowGroup, "parcel export",
         "What waits for a node that cannot be reached, or a receipt for it, as a file",
         define_parcel_export, "parcel export 0193 -o opta.parcel"},
        {kFollowGroup, "parcel import", "Take such a file in", define_parcel_import,
         "parcel import opta.parcel -o acma.receipt"},
    };
}

std::vector<Command> for_proof() {
    return {
        {kProofGroup, "ledger head", "The newest checkpoint, and who cosigned it",
         define_ledger_head, "ledger head"},
        {kProofGroup, "ledger verify", "Recompute the whole ledger", define_ledger_verify,
         "ledger verify"},
        {kProofGroup, "ledger prove", "The proofs of a referral's entries", define_ledger_prove,
         "ledger prove 0193 -o proofs/"},
        {kProofGroup, "ledger export", "The ledger as files for an outside verifier",
         define_ledger_export, "ledger export -o ledger/"},
        {kProofGroup, "audit", "What became of every item of a referral, and who decided it",
         define_audit, "audit 0193"},
        {kProofGroup, "audit check", "Look for gaps in the ledger", define_audit_check,
         "audit check"},
        {kProofGroup, "audit sample", "Draw entries that a seed of the auditor's decides",
         define_audit_sample,
         "audit sample --seed \"Lotto of 21 November: 4 8 15 16 23 42\" --n 20 -o sample/"},
        {kProofGroup, "verify", "Check a bundle, sample, proof or card offline; needs no node",
         define_verify, "verify evidence/"},
        {kProofGroup, "summary", "Tables for the teleconference", define_summary,
         "summary --from 2026-09-01 --to 2026-10-31 --format csv -o summary.csv"},
        {kProofGroup, "list reasons", "The reasons for withholding", define_list_reasons,
         "list reasons"},
        {kProofGroup, "list items", "The items of the pro forma, and why they are asked",
         define_list_items, "list items scale"},
        {kProofGroup, "list kinds", "The kinds of referral", define_list_kinds, "list kinds"},
    };
}

}  // namespace

const std::vector<Command>& commands() {
    static const std::vector<Command> kCommands = [] {
        std::vector<Command> all;
        for (const auto& group :
             {of_the_node(), of_the_directory(), for_sending(), for_following(), for_proof()}) {
            all.insert(all.end(), group.begin(), group.end());
        }
        return all;
    }();
    return kCommands;
}

}  // namespace lapx::cli
