#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

Run define_drafts(CLI::App& app) { return define_feed_list(app, "drafts"); }
Run define_inbox(CLI::App&) { return define_referral_list("inbox"); }
Run define_outbox(CLI::App& app) { return define_feed_list(app, "outbox"); }

Run define_approve(CLI::App& app) { return define_referral_step(app, "approve"); }
Run define_send(CLI::App& app) { return define_referral_step(app, "send"); }
Run define_cancel(CLI::App& app) { return define_referral_step(app, "cancel"); }
Run define_discard(CLI::App& app) { return define_referral_step(app, "discard"); }

}  // namespace lapx::cli
