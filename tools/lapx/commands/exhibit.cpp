#include <CLI/CLI.hpp>

#include "schema/base/text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {

using nlohmann::json;

Run define_exhibit_get(CLI::App& app) {
    struct Options {
        std::uint16_t number = 0;
        std::filesystem::path out;
        bool force = false;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    app.add_option("EXHIBIT", options->number, "Which of its exhibits, from 1")->required();
    app.add_option("-o,--output", options->out, "Write its octets into this file")->required();
    app.add_flag("--force", options->force, "Replace the file if it is there");
    return [id, options](Context& context) -> Result<Exit> {
        std::error_code ignored;
        if (!options->force && std::filesystem::exists(options->out, ignored)) {
            return fail(Code::kInvalidArgument,
                        options->out.string() + " is there already; --force replaces it");
        }
        LAPX_TRY_ASSIGN(
            const json exhibit,
            context.get(api_path({"referrals", *id, "exhibits", std::to_string(options->number)})));
        LAPX_TRY_ASSIGN(const Bytes octets, from_base64(plain(exhibit, "octets_base64")));
        LAPX_TRY_ASSIGN(const Bytes sha256, from_base64(plain(exhibit, "sha256")));
        LAPX_TRY(options->force ? write_file(options->out, octets)
                                : write_new_file(options->out, octets, 0600));
        json done = exhibit;
        done.erase("octets_base64");
        done["file"] = options->out.string();
        return context.done(done, fields({{"File", options->out.string()},
                                          {"Was named", plain(exhibit, "name")},
                                          {"Media type", plain(exhibit, "media_type")},
                                          {"Size", plain(exhibit, "size")},
                                          {"SHA-256", hex(sha256)}}));
    };
}

}  // namespace lapx::cli
