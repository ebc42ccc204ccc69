#include <fcntl.h>
#include <spawn.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ostream>
#include <thread>

#include "schema/base/descriptor.hpp"
#include "schema/base/text.hpp"
#include "tools/lapx/commands/commands.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxStateFile = 64;
constexpr std::chrono::seconds kBetweenLooks{1};

struct EventOptions {
    std::uint64_t after = 0;
    std::filesystem::path state;  // a file with the last event that was dealt with
    std::string exec;
    bool follow = false;
};

Result<std::uint64_t> start_of(const EventOptions& options) {
    if (options.state.empty()) {
        return options.after;
    }
    const auto octets = read_file(options.state, kMaxStateFile);
    if (!octets && octets.error().code == Code::kNotFound) {
        return options.after;
    }
    LAPX_TRY(octets);
    std::string text(as_text(*octets));
    text.erase(text.find_last_not_of('\n') + 1);
    const auto number = number_from(text);
    return number ? number
                  : fail(Code::kInvalidArgument, options.state.string() + " holds no number");
}

Result<void> keep_state(const std::filesystem::path& file, std::uint64_t last) {
    return file.empty() ? Result<void>{} : write_file(file, as_bytes(std::to_string(last) + "\n"));
}

// Two runs with one state would each tell what the other does. Held until the process ends.
Result<Descriptor> lock_state(const std::filesystem::path& file) {
    if (file.empty()) {
        return Descriptor();
    }
    const std::string name = file.string() + ".lock";
    Descriptor lock(::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock) {
        return fail(errno == ENOENT ? Code::kNotFound : Code::kIo,
                    name + ": " + std::strerror(errno));
    }
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        return fail(Code::kWrongState, "another lapx events works with " + file.string());
    }
    return lock;
}

// How it ended, of a program that did not end well.
std::string in_words(int status) {
    return WIFSIGNALED(status) ? "was killed by signal " + std::to_string(WTERMSIG(status))
                               : "ended with " + std::to_string(WEXITSTATUS(status));
}

// Runs the program with the event on its standard input. An event is smaller than a pipe holds.
Result<void> hand_to(const std::string& program, const json& event) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return fail(Code::kIo, std::strerror(errno));
    }
    const std::string text = event.dump(-1, ' ', true, json::error_handler_t::replace) + "\n";
    const bool written =
        ::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::close(ends[1]);
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    std::string shell = "/bin/sh";
    std::string flag = "-c";
    std::string command = program;
    const std::array<char*, 4> arguments{shell.data(), flag.data(), command.data(), nullptr};
    pid_t child = -1;
    const int spawned =
        written ? ::posix_spawn(&child, shell.c_str(), &actions, nullptr, arguments.data(), environ)
                : EIO;
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    int status = -1;
    while (spawned == 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (spawned != 0) {
        return fail(Code::kIo, std::strerror(spawned));
    }
    return status == 0 ? Result<void>{}
                       : fail(Code::kInvalidArgument, "the program " + in_words(status) +
                                                          " on event " + plain(event, "event"));
}

Table table_of_events(const json& items) {
    return table_of(items, {{"EVENT", "event"},
                            {"TIME", "time"},
                            {"STATE", "state"},
                            {"CODE", "code"},
                            {"ACT", "act"},
                            {"MOVE", "move"},
                            {"REFERRAL", "referral"},
                            {"YOUR NUMBER", "external_id"},
                            {"WITH", "peer"}});
}

// One line, at once: somebody, or something, waits for it.
void print_line(Context& context, const json& event) {
    const std::string text =
        context.globals().json ? event.dump(-1, ' ', true, json::error_handler_t::replace)
                               : plain(event, "time") + "  " + plain(event, "state") + "  " +
                                     plain(event, "referral") + "  " + plain(event, "external_id");
    context.env().out << (context.globals().json ? text : escape(text)) << "\n" << std::flush;
}

Result<Exit> follow(Context& context, const EventOptions& options, std::uint64_t last) {
    while (context.env().out) {
        LAPX_TRY_ASSIGN(const json page,
                        context.get(api_path({"events"}), {{"after", std::to_string(last)}}));
        for (const json& event : page.at("items")) {
            if (options.exec.empty()) {
                print_line(context, event);
            } else {
                LAPX_TRY(hand_to(options.exec, event));
            }
            LAPX_TRY(keep_state(options.state, event.at("event").get<std::uint64_t>()));
        }
        last = page.at("last").get<std::uint64_t>();
        if (!page.at("more").get<bool>()) {
            if (!options.follow) {
                break;
            }
            std::this_thread::sleep_for(kBetweenLooks);
        }
    }
    return Exit::kDone;
}

Result<Exit> show_events(Context& context, std::uint64_t last) {
    json items = json::array();
    bool more = true;
    while (more) {
        LAPX_TRY_ASSIGN(const json page,
                        context.get(api_path({"events"}), {{"after", std::to_string(last)}}));
        items.insert(items.end(), page.at("items").begin(), page.at("items").end());
        last = page.at("last").get<std::uint64_t>();
        more = page.at("more").get<bool>();
    }
    const std::string text =
        items.empty() ? "Nothing happened.\n" : context.table(table_of_events(items));
    return context.done({{"items", std::move(items)}, {"last", last}}, text);
}

}  // namespace

Run define_events(CLI::App& app) {
    const auto options = std::make_shared<EventOptions>();
    app.add_option("--after", options->after, "Those after this one");
    app.add_flag("--follow", options->follow, "Go on, and tell each as it happens");
    app.add_option("--exec", options->exec,
                   "Run this command for each, with the event as JSON on its standard input");
    app.add_option("--state", options->state,
                   "A file that remembers the last one that was dealt with");
    app.footer(
        "An event is the last change of a message's state: an event that was told is told\n"
        "again with its new state when that changes. It says what happened to which referral,\n"
        "and nothing of what is in it. With --follow and --json, each is one line.\n\n" +
        app.get_footer());
    return [options](Context& context) -> Result<Exit> {
        LAPX_TRY_ASSIGN(const Descriptor lock, lock_state(options->state));
        LAPX_TRY_ASSIGN(const std::uint64_t start, start_of(*options));
        LAPX_TRY(keep_state(options->state, start));  // before anything is done that it is to hold
        return options->follow || !options->exec.empty() || !options->state.empty()
                   ? follow(context, *options, start)
                   : show_events(context, start);
    };
}

}  // namespace lapx::cli
