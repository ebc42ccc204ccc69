#include <CLI/CLI.hpp>

#include <algorithm>

#include "schema/limits.hpp"
#include "tools/lapx/bundle.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/sample.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// More than any bundle or sample has: 1,024 items of 64 KiB, or 1,000 proofs, and a few notes.
constexpr std::size_t kMaxFiles = schema::kMaxItems + 16;
constexpr std::size_t kMaxOctets = (schema::kMaxSample + 8) * schema::kMaxProof;

struct VerifyOptions {
    fs::path path;
    fs::path card;
    std::optional<std::string> seed;
    std::optional<std::uint64_t> count;
};

Result<void> needs_no_card(const fs::path& card) {
    return card.empty() ? Result<void>{}
                        : fail(Code::kInvalidArgument,
                               "--card is for a proof or a sample; a bundle has its cards with it");
}

Result<void> is_no_sample(const VerifyOptions& options) {
    return !options.seed && !options.count
               ? Result<void>{}
               : fail(Code::kInvalidArgument, "--seed and --n are for a sample");
}

Result<std::string> read_card(const fs::path& card) {
    LAPX_TRY_ASSIGN(const Bytes octets, read_file(card, 2 * schema::kMaxNote));
    return std::string(as_text(octets));
}

struct Checked {
    Verdict verdict;
    std::optional<std::vector<schema::DrawnEntry>> drawn;  // of a sample
};

Result<Checked> check_folder(const VerifyOptions& options) {
    LAPX_TRY_ASSIGN(const Files files, read_tree(options.path, kMaxFiles, kMaxOctets));
    if (!files.contains("sample")) {
        LAPX_TRY(needs_no_card(options.card));
        LAPX_TRY(is_no_sample(options));
        return Checked{check_bundle(files), {}};
    }
    SampleOrder order{options.seed, options.count, {}};
    if (!options.card.empty()) {
        LAPX_TRY_ASSIGN(order.card_file, read_card(options.card));
    }
    SampleVerdict found = check_sample(files, order);
    return Checked{std::move(found.verdict), std::move(found.drawn)};
}

Result<Checked> check_path(const VerifyOptions& options) {
    std::error_code ignored;
    if (fs::is_directory(options.path, ignored)) {
        return check_folder(options);
    }
    LAPX_TRY(is_no_sample(options));
    LAPX_TRY_ASSIGN(const Bytes octets, read_file(options.path, 2 * schema::kMaxProof));
    const std::string_view text = as_text(octets);
    if (text.starts_with(schema::kCardForm)) {
        LAPX_TRY(needs_no_card(options.card));
        return Checked{check_card_file(text), {}};
    }
    if (text.starts_with("c2sp.org/tlog-proof@")) {
        if (options.card.empty()) {
            return fail(Code::kInvalidArgument,
                        "a proof is checked against its agency's card: give --card FILE");
        }
        LAPX_TRY_ASSIGN(const std::string card, read_card(options.card));
        return Checked{check_proof_file(text, card), {}};
    }
    return fail(Code::kInvalidArgument,
                options.path.string() + " is no bundle or sample folder, card file or proof");
}

}  // namespace

Run define_verify(CLI::App& app) {
    const auto options = std::make_shared<VerifyOptions>();
    app.add_option("PATH", options->path,
                   "A bundle's or sample's folder, a card file or a .tlog-proof")
        ->required();
    app.add_option("--card", options->card,
                   "For a proof or sample: the card file of the log's agency");
    app.add_option("--seed", options->seed, "For a sample: the seed you gave");
    app.add_option("--n", options->count, "For a sample: how many entries you asked for");
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const Checked checked, check_path(*options));
        const Verdict& verdict = checked.verdict;
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
        json document{
            {"ok", verdict.ok()}, {"problems", verdict.problems()}, {"checks", std::move(checks)}};
        if (checked.drawn) {
            document["drawn"] = json::array();
            for (const schema::DrawnEntry& drawn : *checked.drawn) {
                document["drawn"].push_back(
                    {{"index", drawn.index}, {"shown", schema::word_of(drawn.shown)}});
            }
        }
        context.done(document, text);
        return verdict.ok() ? Exit::kDone : Exit::kRefused;
    };
}

}  // namespace lapx::cli
