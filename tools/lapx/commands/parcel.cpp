#include <CLI/CLI.hpp>

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"
#include "tools/lapx/referral.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

struct ExportOptions {
    std::string to;
    std::string version;
    std::string message;
    bool receipt = false;
    std::filesystem::path out;
    bool force = false;
};

Query query_of(const ExportOptions& options) {
    Query query;
    for (const auto& [name, value] : {std::pair{"to", options.to},
                                      {"version", options.version},
                                      {"message", options.message},
                                      {"receipt", options.receipt ? "true" : ""}}) {
        if (!value.empty()) {
            query[name] = value;
        }
    }
    return query;
}

Result<void> check_free(const std::filesystem::path& path, bool force) {
    std::error_code ignored;
    if (!force && std::filesystem::exists(path, ignored)) {
        return fail(Code::kInvalidArgument,
                    path.string() + " is there already; --force replaces it");
    }
    return {};
}

Result<void> write_carried(const std::filesystem::path& path, const json& octets, bool force) {
    LAPX_TRY_ASSIGN(const Bytes file, from_base64(plain(octets)));
    return force ? write_file(path, file) : write_new_file(path, file, 0600);
}

std::string taken_text(const json& taken) {
    std::vector<std::string> messages;
    for (const json& message : taken.value("messages", json::array())) {
        const std::string state = plain(message, "state");
        messages.push_back(plain(message, "message") + "  " + (state.empty() ? "unknown" : state));
    }
    return fields({{"From", plain(taken, "from")},
                   {"What", plain(taken, "what")},
                   {"Outcome", plain(taken, "outcome")},
                   {"Messages", join(messages, "\n")},
                   {"Answer", plain(taken, "answer")}});
}

}  // namespace

Run define_parcel_export(CLI::App& app) {
    const auto id = add_referral(app);
    const auto options = std::make_shared<ExportOptions>();
    app.add_option("--to", options->to, "Which recipient's, if it went to several");
    app.add_option("--version", options->version, "Which version, if several wait");
    app.add_option("--message", options->message, "Which message, as lapx why shows it");
    app.add_flag("--receipt", options->receipt, "The receipt you owe, though something waits too");
    app.add_option("-o,--output", options->out, "Write the file here")->required();
    app.add_flag("--force", options->force, "Replace the file if it is there");
    app.footer(
        "The file is sealed to the other node and may go by mail or on a stick. Who gets it runs\n"
        "lapx parcel import FILE -o ANSWER and sends the answer back; until that is imported "
        "here,\n"
        "nothing counts as delivered, and it is tried over the network too.\n\n" +
        app.get_footer());
    return [id, options](Context& context) -> Result<Exit> {
        LAPX_TRY(check_free(options->out, options->force));
        LAPX_TRY_ASSIGN(json file,
                        context.get(api_path({"referrals", *id, "parcel"}), query_of(*options)));
        LAPX_TRY(write_carried(options->out, file["file"], options->force));
        file["file"] = options->out.string();
        return context.done(file, fields({{"File", options->out.string()},
                                          {"What", plain(file, "what")},
                                          {"For", plain(file, "to")},
                                          {"Messages", plain(file, "messages")}}));
    };
}

Run define_parcel_import(CLI::App& app) {
    struct Options {
        std::filesystem::path file;
        std::filesystem::path answer;
        bool force = false;
    };
    const auto options = std::make_shared<Options>();
    app.add_option("FILE", options->file, "What another node's lapx parcel export wrote")
        ->required();
    app.add_option("-o,--output", options->answer, "Write the answer for them here");
    app.add_flag("--force", options->force, "Replace that file if it is there");
    return [options](Context& context) -> Result<Exit> {
        if (!options->answer.empty()) {
            LAPX_TRY(check_free(options->answer, options->force));
        }
        LAPX_TRY_ASSIGN(const Bytes octets, read_file(options->file, schema::kMaxCarried));
        LAPX_TRY_ASSIGN(json taken,
                        context.post(api_path({"parcels"}), {{"file", base64(octets)}}));
        const json answer = std::exchange(taken["answer"], json());
        if (!answer.is_null() && !options->answer.empty()) {
            LAPX_TRY(write_carried(options->answer, answer, options->force));
            taken["answer"] = options->answer.string();
        } else if (!answer.is_null() && plain(taken, "what") == "parcel") {
            context.remark("An answer is owed: lapx parcel import " +
                           shell_word(options->file.string()) +
                           " -o ANSWER writes it; importing again changes nothing.");
        }
        if (const std::string outcome = plain(taken, "outcome"); outcome != "accepted") {
            context.did(taken, taken_text(taken));
            return fail(code_from(outcome).value_or(Code::kInternal),
                        "what is in the file was not accepted");
        }
        return context.done(taken, taken_text(taken));
    };
}

}  // namespace lapx::cli
