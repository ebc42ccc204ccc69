#include "schema/base/error_code.hpp"

#include <array>

namespace lapx {
namespace {

struct Row {
    std::string_view text;
    Severity severity;
};

constexpr auto kRows = std::to_array<Row>({
#define LAPX_ERROR_ROW(name, text, severity) {text, Severity::severity},
    LAPX_ERROR_CODES(LAPX_ERROR_ROW)
#undef LAPX_ERROR_ROW
});

const Row& row(Code code) { return kRows.at(static_cast<std::size_t>(code)); }

constexpr auto kHints = std::to_array<std::pair<Code, std::string_view>>({
    {Code::kNotVerified,
     "compare the safety number by telephone, then: lapx contact verify AGENCY --safety-number "
     "N"},
    {Code::kSuspended,
     "nothing is sent to them until somebody has called them, and: lapx contact verify AGENCY "
     "--safety-number N"},
    {Code::kRevoked, "their root key was revoked: nothing is sent to them any more"},
    {Code::kCardExpired,
     "their card has run out: ask them to renew it with lapx card renew; it comes by itself "
     "once you are connected"},
    {Code::kNoticeExpired,
     "their notice has run out, which their node renews while it runs: ask them to start it and to "
     "send you its card file, then: lapx contact add FILE"},
    {Code::kSignatureInvalid,
     "it is damaged, or signed with a key that the card which is held of the signer does not name: "
     "exchange card files again, with lapx card show -o FILE and lapx contact add FILE"},
    {Code::kParcelUnreadable,
     "it is not sealed to the node that was to open it, or damaged on its way: see whom it is for, "
     "and have it sent again"},
    {Code::kNoteMalformed, "the file is damaged or of another kind: ask for it again"},
    {Code::kCardFork,
     "two cards claim to be the newest: nothing more is taken from them; call them"},
    {Code::kNoticeFork,
     "two notices claim to be the newest: nothing more is taken from them; call them"},
    {Code::kCardSerialLower, "a newer card is held: ask them for the one of today"},
    {Code::kNoticeSerialLower, "a newer notice is held: ask them for the one of today"},
    {Code::kCardChainBroken,
     "a new root is to be signed by the former one too: call them before you go on"},
    {Code::kDiskFull, "make room, then try again"},
    {Code::kWrongState, "lapx show ID says how far a referral is, and lapx status the node"},
    {Code::kIntakeRefused, "file it without the mail, and --set what matters"},
    {Code::kNotFound, "give another name, or more of the id"},
    {Code::kNotAdmitted,
     "they do not hold the keys of this node in force: give them its card file of today, made with "
     "lapx card show -o FILE, for lapx contact add FILE there"},
    {Code::kQuarantine, "they do not trust us: ask them to compare the safety number"},
    {Code::kExpired, "its time was over before it was delivered: file it again"},
    {Code::kUnknownAgency, "ask them for their card file, then: lapx contact add FILE"},
    {Code::kUnknownDesk, "lapx contact list shows the desks of each agency"},
    {Code::kSafetyNumberMismatch,
     "do not send them anything; ask for a new card on another channel"},
    {Code::kRosterMismatch,
     "nothing was verified: each of you has the file sent anew, and shows it while the number "
     "is "
     "read aloud"},
    {Code::kRosterDiffers,
     "nothing was verified: call those agencies and compare safety numbers; lapx roster "
     "show FILE compares"},
    {Code::kUnknownReason, "lapx list reasons"},
    {Code::kUnknownItem, "lapx list items"},
    {Code::kUnknownKind, "lapx list kinds"},
    {Code::kUnknownOperator, "the ids of operators are those of [[operator]] in config.toml"},
    {Code::kNodeUnreachable,
     "say where the node is with --home DIR or LAPX_HOME=DIR; if it does not run: lapxd --home "
     "DIR"},
    {Code::kNotPermitted,
     "the node's config.toml says who may do what: another operator approves what you drafted, "
     "unless [policy] self_approval = true; roles are in [[operator]], access to the socket in "
     "[control] group"},
    {Code::kHomeInUse, "another lapxd runs on this home; stop it first"},
    {Code::kDatabaseNewer,
     "this home was used by a newer lapx; install that version or restore a backup"},
    {Code::kLedgerBroken,
     "leave the home as it is; docs/operations.md, Backups, says what can be done"},
    {Code::kUnsafePermissions, "chmod -R go-rwx the home folder and its key files"},
    {Code::kItemMissing, "give the missing items with --set ITEM=VALUE"},
    {Code::kPassingOnForbidden,
     "ask its sender: lapx consent ask ID --onward AGENCY or --use USE; or make TLP, uses and "
     "end "
     "as strict as its own"},
    {Code::kErased,
     "its key was destroyed, and nothing here can bring it back; lapx show says what is left"},
    {Code::kExhibitUnavailable,
     "its sender does not give these octets out, or not any more; ask them: lapx clarify ID"},
    {Code::kHeld, "lapx hold ID --lift --basis \"…\" lifts the hold"},
    {Code::kApprovalStale, "the referral changed since it was approved; approve it again"},
    {Code::kFourEyes,
     "an approver who neither drafted nor edited it runs lapx approve; where there is none, "
     "name "
     "another [[operator]] in config.toml, or take four_eyes out of that rule in "
     "disclosure.toml"},
    {Code::kNoStandingApproval, "lapx standing add --feed NAME; until then: lapx approve ID"},
    {Code::kStandingExpired, "lapx standing add --feed NAME; until then: lapx approve ID"},
    {Code::kStandingPolicy,
     "the standing approval is of another policy: lapx standing end, then lapx standing add; "
     "until then: lapx approve ID"},
    {Code::kStandingRecipients, "lapx standing list shows whom it names; lapx approve ID"},
    {Code::kStandingTerms, "lapx standing list shows its terms; lapx approve ID"},
    {Code::kClock,
     "one of the two clocks is wrong: lapx status names whose; it goes on by itself once that "
     "is mended"},
    {Code::kKeyRevoked,
     "a key of theirs: ask for a new card on another channel; our own signing key: lapx card "
     "renew --new-sign --drop-former"},
    {Code::kQuota, "it caused too much work for nothing, and goes on by itself after a while"},
    {Code::kStandingQuota, "it goes on at the next midnight UTC; until then: lapx approve ID"},
    {Code::kSilenceShows,
     "withhold these elements with a reason or category shown, or put them last"},
});

}  // namespace

std::string_view to_string(Code code) { return row(code).text; }

Severity severity(Code code) { return row(code).severity; }

std::optional<Code> code_from(std::string_view text) {
    for (std::size_t i = 0; i < kRows.size(); ++i) {
        if (kRows.at(i).text == text) {
            return static_cast<Code>(i);
        }
    }
    return std::nullopt;
}

std::string_view hint(Code code) {
    for (const auto& [key, text] : kHints) {
        if (key == code) {
            return text;
        }
    }
    return {};
}

}  // namespace lapx
