#include "tools/lapx/draft_options.hpp"

#include <CLI/CLI.hpp>

#include <utility>

#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxTextFile = std::size_t{8} << 20;

// `--set` of one label twice makes a list.
Result<json> values_of(const std::vector<std::string>& set) {
    json values = json::object();
    for (const std::string& text : set) {
        LAPX_TRY_ASSIGN(const auto pair, at_equals(text, "ITEM=VALUE"));
        json& value = values[pair.first];
        if (value.is_null()) {
            value = pair.second;
        } else if (value.is_array()) {
            value.push_back(pair.second);
        } else {
            value = json::array({value, pair.second});
        }
    }
    return values;
}

}  // namespace

void add_list(CLI::App& app, const char* name, std::vector<std::string>& list, const char* help) {
    app.add_option(name, list, help)->allow_extra_args(false);
}

void add_recipients(CLI::App& app, DraftOptions& options) {
    add_list(app, "--to", options.to,
             "A recipient, e.g. spam@acma.example; may stand several times");
}

void add_terms(CLI::App& app, DraftOptions& options) {
    app.add_option("--tlp", options.tlp, "CLEAR, GREEN, AMBER, AMBER+STRICT or RED");
    app.add_option("--pap", options.pap, "CLEAR, GREEN, AMBER or RED");
    add_list(app, "--use", options.uses, "A use you permit, e.g. administrative");
    app.add_option("--onward", options.onward, "May they pass it on? none, ask, or agencies");
    app.add_option("--attribution", options.attribution, "Whom they name as the source");
    app.add_flag("--no-resale", options.no_resale, "They may not sell it on");
}

void add_draft_options(CLI::App& app, DraftOptions& options) {
    app.add_option("--kind", options.kind,
                   "information, assistance, action, preservation or urgent");
    add_list(app, "--set", options.set,
             "ITEM=VALUE, e.g. purpose=\"take the page down\"; lapx list items");
    add_terms(app, options);
    add_list(app, "--exhibit", options.exhibits,
             "A file to go with it, of any size; its octets go with --disclose exhibit:N");
    app.add_option("--until", options.until, "When all this ends: a time, or a day, included");
}

void add_release_options(CLI::App& app, ReleaseOptions& options) {
    add_list(app, "--withhold", options.withhold,
             "ITEM=REASON; lapx list items, lapx list reasons");
    add_list(app, "--disclose", options.disclose,
             "ITEM that by default stays here; `exhibit` sends the e-mail itself");
    app.add_flag("--send", options.send, "Approve and send at once, where one person may");
}

Result<void> add_release_members(json& body, const ReleaseOptions& options) {
    body["send"] = options.send;
    body["withhold"] = json::array();
    for (const std::string& text : options.withhold) {
        LAPX_TRY_ASSIGN(const auto pair, at_equals(text, "ITEM=REASON"));
        body["withhold"].push_back({{"item", pair.first}, {"reason", pair.second}});
    }
    if (!options.disclose.empty()) {
        body["disclose"] = options.disclose;
    }
    return {};
}

Result<std::pair<std::string, std::string>> at_equals(const std::string& text, const char* form) {
    const std::size_t at = text.find('=');
    if (at == std::string::npos || at == 0) {
        return fail(Code::kInvalidArgument, text + " is not " + form);
    }
    return std::pair(text.substr(0, at), text.substr(at + 1));
}

Result<json> body_of(const DraftOptions& options) {
    json body = json::object();
    const auto add = [&](const char* key, const auto& value) {
        if (!value.empty()) {
            body[key] = value;
        }
    };
    LAPX_TRY_ASSIGN(const json values, values_of(options.set));
    add("set", values);
    add("to", options.to);
    add("kind", options.kind);
    add("tlp", options.tlp);
    add("pap", options.pap);
    add("uses", options.uses);
    add("onward", options.onward);
    add("until", options.until);
    add("attribution", options.attribution);
    if (options.no_resale) {
        body["no_resale"] = true;
    }
    return body;
}

Result<void> upload_exhibits(Context& context, const DraftOptions& options, json& body) {
    for (const std::string& file : options.exhibits) {
        LAPX_TRY_ASSIGN(const json uploaded, context.upload(file));
        body["exhibits"].push_back({{"upload", plain(uploaded, "upload")},
                                    {"name", std::filesystem::path(file).filename().string()}});
    }
    return {};
}

void add_text_options(CLI::App& app, TextOptions& options, const char* help) {
    CLI::Option* text = app.add_option("-m,--message", options.text, help);
    app.add_option("-F,--file", options.file, "The same from a file; - for standard input")
        ->excludes(text);
}

Result<std::string> text_of(const TextOptions& options) {
    if (options.file.empty()) {
        return options.text;
    }
    LAPX_TRY_ASSIGN(const Bytes octets,
                    read_file(options.file == "-" ? "/dev/stdin" : options.file, kMaxTextFile));
    return std::string(as_text(octets));
}

}  // namespace lapx::cli
