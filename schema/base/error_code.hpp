#pragma once
// Every stable error code, in one table. The text form is what scripts, receipts and refusals
// carry; it never changes.

#include <cstdint>
#include <optional>
#include <string_view>

namespace lapx {

// refused: the input or request is at fault; record it and go on. transient: try again later, with
// a bound. fatal: stop.
enum class Severity : std::uint8_t { kRefused, kTransient, kFatal };

// clang-format off
#define LAPX_ERROR_CODES(X)                                                                            \
    /* protocol.md 7.4, 8.5: travel in refusals and `received` entries */                              \
    X(kParcelUnreadable, "parcel-unreadable", kRefused)                                                \
    X(kParcelMalformed, "parcel-malformed", kRefused)                                                  \
    X(kNotAddressedHere, "not-addressed-here", kRefused)                                               \
    X(kWrongSender, "wrong-sender", kRefused)                                                          \
    X(kQuarantine, "quarantine", kTransient)                                                           \
    X(kCardExpired, "card-expired", kTransient)                                                        \
    X(kSignatureInvalid, "signature-invalid", kRefused)                                                \
    X(kClock, "clock", kTransient)                                                                     \
    X(kExpired, "expired", kRefused)                                                                   \
    X(kMessageIdReused, "message-id-reused", kRefused)                                                 \
    X(kManifestMismatch, "manifest-mismatch", kRefused)                                                \
    X(kItemMismatch, "item-mismatch", kRefused)                                                        \
    X(kItemMalformed, "item-malformed", kRefused)                                                      \
    X(kExhibitMismatch, "exhibit-mismatch", kRefused)                                                  \
    X(kProofInvalid, "proof-invalid", kRefused)                                                        \
    X(kCheckpointGap, "checkpoint-gap", kTransient)                                                    \
    X(kLedgerConflict, "ledger-conflict", kRefused)                                                    \
    X(kCaseUnknown, "case-unknown", kRefused)                                                          \
    X(kQuota, "quota", kTransient)                                                                     \
    X(kDiskFull, "disk-full", kTransient)                                                              \
    X(kUnknownDesk, "unknown-desk", kRefused)                                                          \
    X(kStarting, "starting", kTransient)                                                               \
    X(kExhibitUnavailable, "exhibit-unavailable", kRefused)                                            \
    X(kShuttingDown, "shutting-down", kTransient)                                                      \
    /* identity */                                                                                     \
    X(kNoteMalformed, "note-malformed", kRefused)                                                      \
    X(kKeyInvalid, "key-invalid", kRefused)                                                            \
    X(kKeyRevoked, "key-revoked", kRefused)                                                            \
    X(kCardFork, "card-fork", kRefused)                                                                \
    X(kCardSerialLower, "card-serial-lower", kRefused)                                                 \
    X(kCardChainBroken, "card-chain-broken", kRefused)                                                 \
    X(kCardNotYetValid, "card-not-yet-valid", kRefused)                                                \
    X(kNoticeFork, "notice-fork", kRefused)                                                            \
    X(kNoticeSerialLower, "notice-serial-lower", kRefused)                                             \
    X(kNoticeExpired, "notice-expired", kRefused)                                                      \
    X(kNoticeNotYetValid, "notice-not-yet-valid", kRefused)                                            \
    X(kUnknownAgency, "unknown-agency", kRefused)                                                      \
    X(kNotVerified, "not-verified", kRefused)                                                          \
    X(kSafetyNumberMismatch, "safety-number-mismatch", kRefused)                                       \
    X(kRosterMismatch, "roster-mismatch", kRefused)                                                    \
    X(kRosterDiffers, "roster-differs", kRefused)                                                      \
    X(kSuspended, "suspended", kRefused)                                                               \
    X(kRevoked, "revoked", kRefused)                                                                   \
    /* transport */                                                                                    \
    X(kFrameMalformed, "frame-malformed", kRefused)                                                    \
    X(kPeerUnreachable, "peer-unreachable", kTransient)                                                \
    X(kNotAdmitted, "not-admitted", kTransient)                                                        \
    /* drafting and release */                                                                         \
    X(kUnknownReferral, "unknown-referral", kRefused)                                                  \
    X(kUnknownItem, "unknown-item", kRefused)                                                          \
    X(kUnknownReason, "unknown-reason", kRefused)                                                      \
    X(kUnknownKind, "unknown-kind", kRefused)                                                          \
    X(kUnknownOperator, "unknown-operator", kRefused)                                                  \
    X(kItemMissing, "item-missing", kRefused)                                                          \
    X(kNoRecipient, "no-recipient", kRefused)                                                          \
    X(kWrongState, "wrong-state", kRefused)                                                            \
    X(kApprovalStale, "approval-stale", kRefused)                                                      \
    X(kPassingOnForbidden, "passing-on-forbidden", kRefused)                                           \
    X(kFourEyes, "four-eyes", kRefused)                                                                \
    X(kNoStandingApproval, "no-standing-approval", kRefused)                                           \
    X(kStandingExpired, "standing-expired", kRefused)                                                  \
    X(kStandingPolicy, "standing-policy", kRefused)                                                    \
    X(kStandingRecipients, "standing-recipients", kRefused)                                            \
    X(kStandingTerms, "standing-terms", kRefused)                                                      \
    X(kStandingQuota, "standing-quota", kRefused)                                                      \
    X(kSilenceShows, "silence-shows", kRefused)                                                        \
    X(kTooLarge, "too-large", kRefused)                                                                \
    X(kIntakeRefused, "intake-refused", kRefused)                                                      \
    X(kErased, "erased", kRefused)                                                                     \
    X(kHeld, "held", kRefused)                                                                         \
    /* control and command line */                                                                     \
    X(kInvalidArgument, "invalid-argument", kRefused)                                                  \
    X(kNotPermitted, "not-permitted", kRefused)                                                        \
    X(kNotFound, "not-found", kRefused)                                                                \
    X(kAmbiguous, "ambiguous", kRefused)                                                               \
    X(kVerifyFailed, "verify-failed", kRefused)                                                        \
    X(kNodeUnreachable, "node-unreachable", kTransient)                                                \
    /* the node itself */                                                                              \
    X(kConfigInvalid, "config-invalid", kFatal)                                                        \
    X(kHomeInUse, "home-in-use", kFatal)                                                               \
    X(kUnsafePermissions, "unsafe-permissions", kFatal)                                                \
    X(kPassphraseWrong, "passphrase-wrong", kFatal)                                                    \
    X(kDatabaseNewer, "database-newer", kFatal)                                                        \
    X(kDatabaseBroken, "database-broken", kFatal)                                                      \
    X(kLedgerBroken, "ledger-broken", kFatal)                                                          \
    X(kSelfTestFailed, "self-test-failed", kFatal)                                                     \
    X(kIo, "io", kFatal)                                                                               \
    X(kTimeout, "timeout", kTransient)                                                                 \
    X(kInternal, "internal", kFatal)
// clang-format on

enum class Code : std::uint8_t {
#define LAPX_ERROR_ENUM(name, text, severity) name,
    LAPX_ERROR_CODES(LAPX_ERROR_ENUM)
#undef LAPX_ERROR_ENUM
};

// The stable text, e.g. "signature-invalid".
std::string_view to_string(Code code);
// The inverse; nothing for a word that is no code.
std::optional<Code> code_from(std::string_view text);
Severity severity(Code code);
// One sentence that tells a person what to do next; empty where there is nothing useful to say.
std::string_view hint(Code code);

}  // namespace lapx
