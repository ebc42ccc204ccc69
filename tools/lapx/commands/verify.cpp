#include <CLI/CLI.hpp>

#include <algorithm>

#include "schema/limits.hpp"
#include "tools/lapx/bundle.hpp"
#include "tools/lapx/commands/commands.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// More than any bundle has: 1,024 items of 64 KiB, and a few notes.
constexpr std::size_t kMaxFiles = schema::kMaxItems + 16;
constexpr std::size_t kMaxOctets = schema::kMaxItems * schema::kMaxItem + 8 * schema::kMaxProof;

Result<void> needs_no_card(const fs::path& card) {
    return card.empty() ? Result<void>{}
                        : fail(Code::kInvalidArgument,
                               "--card is for a proof; a bundle has its cards with it");
}

Result<Verdict> check_path(const fs::path& path, const fs::path& card) {
    std::error_code ignored;
    if (fs::is_directory(path, ignored)) {
        LAPX_TRY(needs_no_card(card));
        LAPX_TRY_ASSIGN(const Files files, read_tree(path, kMaxFiles, kMaxOctets));
        return check_bundle(files);
    }
    LAPX_TRY_ASSIGN(const Bytes octets, read_file(path, 2 * schema::kMaxProof));
    const std::string_view text = as_text(octets);
    if (text.starts_with(schema::kCardForm)) {
        LAPX_TRY(needs_no_card(card));
        return check_card_file(text);
    }
    if (text.starts_with("c2sp.org/tlog-proof@")) {
        if (card.empty()) {
            return fail(Code::kInvalidArgument,
                        "a proof is checked against its agency's card: give --card FILE");
        }
        LAPX_TRY_ASSIGN(const Bytes card_octets, read_file(card, 2 * schema::kMaxNote));
        return check_proof_file(text, as_text(card_octets));
    }
    return fail(Code::kInvalidArgument, path.string() + " is no bundle folder, card file or proof");
}

}  // namespace

Run define_verify(CLI::App& app) {
    struct Options {
        fs::path path;
        fs::path card;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("PATH", options->path, "A bundle's folder, a card file or a .tlog-proof")
        ->required();
    app.add_option("--card", options->card, "For a proof: the card file of the log's agency");
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const Verdict verdict, check_path(options->path, options->card));
        json checks = json::array();
        for (const Check& check : verdict.checks()) {
            checks.push_back({{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}});
        }
        const std::string text =
            context.table(
                table_of(checks, {{"CHECK", "name"}, {"OK", "ok"}, {"FOUND", "detail"}})) +
            (verdict.ok() ? "\nEverything fits together. Compare the safety numbers with what you "
                            "know from elsewhere.\n"
                          : "\nDo not rely on this.\n");
        context.done(
            {{"ok", verdict.ok()}, {"problems", verdict.problems()}, {"checks", std::move(checks)}},
            text);
        return verdict.ok() ? Exit::kDone : Exit::kRefused;
    };
}

}  // namespace lapx::cli
