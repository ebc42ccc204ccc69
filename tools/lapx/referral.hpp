#pragma once
// How referrals look, and what their commands share.

#include <memory>
#include <string>

#include "tools/lapx/app.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {

// The argument that names a referral.
std::shared_ptr<std::string> add_referral(CLI::App& app);

// Those to whom nothing goes, each with the reason.
std::string wholly_text(const nlohmann::json& draft);

// A draft with its items and what is withheld.
std::string draft_text(const nlohmann::json& draft, const Context& context);
// Says which items the draft still lacks, and what to do about it.
void remark_if_missing(Context& context, const nlohmann::json& draft);
// Says what comes next: what is missing, the preview, the approval.
void remark_next(Context& context, const nlohmann::json& draft);
// Says so where the draft has nothing under that label or number.
void remark_if_absent(Context& context, const nlohmann::json& draft, const std::string& item);
// State and messages after a step.
std::string release_text(const nlohmann::json& release, const Context& context);
// What one recipient will see.
std::string preview_text(const nlohmann::json& preview, const Context& context);
std::string items_text(const nlohmann::json& items);
std::string withheld_text(const nlohmann::json& items, const Context& context);

// The files of a bundle or an export. Errors: kInternal for an answer that is none.
Result<Files> files_from(const nlohmann::json& answer);
// Posts `body` until all parts of an export are there, and writes them; gives how many files they
// are. Errors: kInvalidArgument if the folder is there already.
Result<std::size_t> download(Context& context, const std::string& path, nlohmann::json body,
                             const std::filesystem::path& folder);

// "op-2 at 2026-11-21T18:38:17Z: what is to be changed"; empty for one that was not returned.
std::string returned_text(const nlohmann::json& draft);

// Prints a list of referrals: drafts, inbox or outbox.
Run define_referral_list(const char* path);
// Likewise, with options for those that were filed from a feed.
Run define_feed_list(CLI::App& app, const char* path);
// POST /v1/referrals/{id}/STEP.
Run define_referral_step(CLI::App& app, const char* step);

// Where the exhibits are whose octets are not here; empty where there are none.
std::string exhibits_elsewhere(const nlohmann::json& exhibits);
// Who handed their octets to whom; empty where nobody did.
std::string custody_of(const nlohmann::json& exhibits);

}  // namespace lapx::cli
