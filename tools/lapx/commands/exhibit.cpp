#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include <CLI/CLI.hpp>

#include "schema/base/text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

tl::unexpected<Error> not_written(const fs::path& file) {
    return fail(Code::kIo, file.string() + " cannot be written");
}

// Whole under its name, or not there at all.
Result<void> write_octets(Context& context, const std::string& path, const std::string& sha256,
                          const fs::path& out) {
    std::string part = out.string() + ".XXXXXX";  // nobody else's, and for this user alone
    const int file = ::mkostemp(part.data(), O_CLOEXEC);
    if (file < 0) {
        return not_written(out);
    }
    const auto got = context.download(path, file);
    const bool synced = ::fsync(file) == 0;
    ::close(file);
    if (got && synced && to_string(*got) == sha256 && ::rename(part.c_str(), out.c_str()) == 0) {
        return {};
    }
    ::unlink(part.c_str());
    if (!got) {
        return tl::unexpected<Error>(got.error());
    }
    return to_string(*got) == sha256
               ? not_written(out)
               : fail(Code::kExhibitMismatch, "what came is not what its description says");
}

std::string exhibit_path(const std::string& id, std::uint16_t number, const char* what) {
    return api_path({"referrals", id, "exhibits", std::to_string(number)}) + what;
}

}  // namespace

Run define_exhibit_get(CLI::App& app) {
    struct Options {
        std::uint16_t number = 0;
        fs::path out;
        bool force = false;
    };
    const auto id = add_referral(app);
    const auto options = std::make_shared<Options>();
    app.add_option("EXHIBIT", options->number, "Which of its exhibits, from 1")->required();
    app.add_option("-o,--output", options->out, "Write its octets into this file")->required();
    app.add_flag("--force", options->force, "Replace the file if it is there");
    return [id, options](Context& context) -> Result<Exit> {
        std::error_code ignored;
        if (!options->force && fs::exists(options->out, ignored)) {
            return fail(Code::kInvalidArgument,
                        options->out.string() + " is there already; --force replaces it");
        }
        LAPX_TRY_ASSIGN(json exhibit, context.get(exhibit_path(*id, options->number, "")));
        const std::string sha256 = plain(exhibit, "sha256");
        LAPX_TRY(write_octets(context, exhibit_path(*id, options->number, "/octets"), sha256,
                              options->out));
        LAPX_TRY_ASSIGN(const Bytes digest, from_base64(sha256));
        exhibit["file"] = options->out.string();
        return context.done(exhibit, fields({{"File", options->out.string()},
                                             {"Was named", plain(exhibit, "name")},
                                             {"Media type", plain(exhibit, "media_type")},
                                             {"Size", plain(exhibit, "size")},
                                             {"SHA-256", hex(digest)}}));
    };
}

Run define_exhibit_fetch(CLI::App& app) {
    const auto id = add_referral(app);
    const auto number = std::make_shared<std::uint16_t>(0);
    app.add_option("EXHIBIT", *number, "Which of its exhibits, from 1")->required();
    app.footer("lapx show and lapx why say how much of it has come.\n\n" + app.get_footer());
    return [id, number](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const json exhibit, context.post(exhibit_path(*id, *number, "/fetch")));
        return context.done(exhibit, fields({{"Named", plain(exhibit, "name")},
                                             {"Size", plain(exhibit, "size")},
                                             {"State", plain(exhibit, "state")}}));
    };
}

}  // namespace lapx::cli
