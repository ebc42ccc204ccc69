#pragma once
// What may be said of a draft on the command line, when it is filed and when it is edited.

#include <string>
#include <vector>

#include "tools/lapx/app.hpp"

namespace lapx::cli {

struct DraftOptions {
    std::vector<std::string> to;
    std::string kind;
    std::vector<std::string> set;
    std::string tlp;
    std::string pap;
    std::vector<std::string> uses;
    std::string onward;
    std::string until;
    std::string attribution;
    bool no_resale = false;
    std::vector<std::string> exhibits;  // files
};

// --to alone, and all the others.
void add_recipients(CLI::App& app, DraftOptions& options);
void add_draft_options(CLI::App& app, DraftOptions& options);
// Of the latter the conditions on which it goes, but not until when.
void add_terms(CLI::App& app, DraftOptions& options);
// An option that may stand several times, each time with one value.
void add_list(CLI::App& app, const char* name, std::vector<std::string>& list, const char* help);

// Its name and value. Errors: kInvalidArgument, saying which form it should have.
Result<std::pair<std::string, std::string>> at_equals(const std::string& text, const char* form);

// The members of a request for what is given, and only that. Errors: kInvalidArgument.
Result<nlohmann::json> body_of(const DraftOptions& options);

// Sends the files to the node; the request then names them. Errors: those of Context::upload.
Result<void> upload_exhibits(Context& context, const DraftOptions& options, nlohmann::json& body);

// What may be decided on items while a draft is begun, and whether it leaves at once.
struct ReleaseOptions {
    std::vector<std::string> withhold;
    std::vector<std::string> disclose;
    bool send = false;
};
void add_release_options(CLI::App& app, ReleaseOptions& options);
// Errors: kInvalidArgument.
Result<void> add_release_members(nlohmann::json& body, const ReleaseOptions& options);

// The given text, or a file's (`-` for standard input), or nothing.
struct TextOptions {
    std::string text;  // -m
    std::string file;  // -F
};
void add_text_options(CLI::App& app, TextOptions& options, const char* help);
Result<std::string> text_of(const TextOptions& options);

}  // namespace lapx::cli
