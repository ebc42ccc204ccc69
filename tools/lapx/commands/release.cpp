#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

Run define_drafts(CLI::App&) { return define_referral_list("drafts"); }
Run define_inbox(CLI::App&) { return define_referral_list("inbox"); }
Run define_outbox(CLI::App&) { return define_referral_list("outbox"); }

Run define_approve(CLI::App& app) { return define_referral_step(app, "approve"); }
Run define_send(CLI::App& app) { return define_referral_step(app, "send"); }
Run define_discard(CLI::App& app) { return define_referral_step(app, "discard"); }

}  // namespace lapx::cli
