#include "tools/lapx/bulk.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <istream>
#include <map>
#include <ostream>
#include <string>
#include <system_error>
#include <thread>
#include <unordered_map>

#include "schema/base/text.hpp"
#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

using nlohmann::json;
using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kAtOnce = 32;                             // calls
constexpr std::size_t kOctetsAtOnce = std::size_t{96} << 20;    // of all of them
constexpr std::size_t kMaxLine = std::size_t{36} << 20;         // octets
constexpr int kMaxDepth = 32;                                   // of nested values
constexpr std::size_t kMaxBulkMessage = std::size_t{25} << 20;  // octets
constexpr std::chrono::milliseconds kBetweenRemarks{250};
constexpr std::chrono::milliseconds kBeforeAgain{250};
constexpr std::chrono::seconds kAgainUntil{40};  // as long as a node that has just started may wait

// Errors that the next line would meet too.
bool stops_all(Code code) {
    constexpr auto kCodes =
        std::to_array<Code>({Code::kNodeUnreachable, Code::kTimeout, Code::kDiskFull, Code::kClock,
                             Code::kKeyRevoked, Code::kShuttingDown, Code::kStarting});
    return severity(code) == Severity::kFatal ||
           std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

volatile std::sig_atomic_t interrupted = 0;  // what a signal handler can reach

// While it stands, the first SIGINT says only that one came, and the second ends the process: the
// file may be a terminal that nobody writes to any more.
class Interruptible {
  public:
    Interruptible() {
        interrupted = 0;
        struct sigaction action {};
        action.sa_handler = [](int) { interrupted = 1; };
        action.sa_flags = static_cast<int>(SA_RESETHAND);
        sigaction(SIGINT, &action, &before_);
    }
    Interruptible(const Interruptible&) = delete;
    Interruptible& operator=(const Interruptible&) = delete;
    ~Interruptible() { sigaction(SIGINT, &before_, nullptr); }

  private:
    struct sigaction before_ {};
};

struct Line {
    std::size_t number = 0;  // from 1
    std::string external_id = {};
    std::size_t octets = 0;  // of the request, about
};

// The next line; of one that is too long no more than shows that it is. False at the end.
bool read_line(std::istream& in, std::string& line) {
    int octet = in.get();
    if (!in) {
        return false;
    }
    for (; in && octet != '\n'; octet = in.get()) {
        if (line.size() <= kMaxLine) {
            line += std::istream::traits_type::to_char_type(octet);
        }
    }
    return true;
}

class Bulk {
  public:
    // `size`: octets of `in`, or 0 where nobody knows.
    Bulk(Context& context, const json& body, const BulkOptions& options, const std::string& socket,
         std::istream& in, std::uintmax_t size)
        : context_(context),
          body_(body),
          options_(options),
          in_(in),
          size_(size),
          calls_(socket, api_path({"drafts"})) {}

    Result<Exit> run();

  private:
    bool has_room() const { return calls_.under_way() < kAtOnce && octets_ < kOctetsAtOnce; }
    bool start_next();
    bool would_wait() const;
    Result<json> request_of(const std::string& text, Line& line);
    Result<void> add_message(json& request) const;
    Result<void> take(Calls::Answer answer);
    void refuse(const Line& line, const Error& error);
    json document() const;
    std::string text() const;
    void remark_how_to_go_on();
    std::string bar();
    void show_progress(bool last);

    Context& context_;
    const json& body_;
    const BulkOptions& options_;
    std::istream& in_;
    const std::uintmax_t size_;
    Calls calls_;
    struct Sent {
        Line line;
        json request;
    };
    struct Seen {
        std::size_t line;
        std::size_t hash;
    };
    std::unordered_map<std::string, Seen> seen_;  // by external id
    std::map<std::size_t, Sent> under_way_;       // by line number
    std::size_t octets_ = 0;                      // of those
    std::size_t read_ = 0;                        // lines
    std::map<std::string, std::size_t> filed_;    // by state
    std::size_t filed_before_ = 0;
    json refused_ = json::array();
    SteadyClock::time_point begun_ = SteadyClock::now();
    SteadyClock::time_point shown_ = begun_;
};

// A mail that a line names is a plain file of the one folder that the person named: what a line
// says, whoever wrote it, reaches no other file.
Result<void> Bulk::add_message(json& request) const {
    const auto named = request.find("message_file");
    if (named == request.end()) {
        return {};
    }
    const std::string name = named->is_string() ? named->get<std::string>() : "";
    request.erase(named);
    if (options_.messages.empty()) {
        return fail(Code::kInvalidArgument, "`message_file` needs --messages FOLDER");
    }
    if (name.empty() || name.front() == '.' || name.find('/') != std::string::npos ||
        request.contains("message_base64")) {
        return fail(Code::kInvalidArgument,
                    "`message_file` is the name of a file in the folder, in place of "
                    "`message_base64`");
    }
    LAPX_TRY_ASSIGN(const Bytes octets, read_plain_file(options_.messages / name, kMaxBulkMessage));
    request["message_base64"] = base64(octets);
    request["message_name"] = name;
    return {};
}

Result<json> Bulk::request_of(const std::string& text, Line& line) {
    if (text.size() > kMaxLine) {
        return fail(Code::kTooLarge, "a line may have 36 MiB");
    }
    bool too_deep = false;
    const json given = json::parse(
        text,
        [&too_deep](int depth, json::parse_event_t, const json&) {
            too_deep = too_deep || depth > kMaxDepth;
            return !too_deep;
        },
        false);
    if (too_deep || !given.is_object()) {
        return fail(Code::kInvalidArgument,
                    too_deep ? "the line is nested too deeply" : "the line is no JSON object");
    }
    line.external_id = plain(given, "external_id");
    json request = body_;
    request.update(given);
    if (!request.contains("external_id") || line.external_id.empty()) {
        return fail(Code::kInvalidArgument, "`external_id` is needed: your own number for it");
    }
    const Seen seen{line.number, std::hash<std::string>()(text)};
    if (const auto [at, is_new] = seen_.try_emplace(line.external_id, seen);
        !is_new && at->second.hash != seen.hash) {
        return fail(Code::kInvalidArgument, "line " + std::to_string(at->second.line) +
                                                " has this external_id, and says something else");
    }
    LAPX_TRY(add_message(request));
    return request;
}

// Whether a line that is still to be written would keep those under way from being answered.
bool Bulk::would_wait() const {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    return options_.file == "-" && calls_.under_way() > 0 && ::poll(&input, 1, 0) == 0;
}

// Reads the next line and sends it; false at the end.
bool Bulk::start_next() {
    std::string text;
    if (!read_line(in_, text)) {
        return false;
    }
    Line line{.number = ++read_};
    if (text.find_first_not_of(" \t\r") == std::string::npos) {
        return true;
    }
    auto request = request_of(text, line);
    if (!request) {
        refuse(line, request.error());
        return true;
    }
    const auto message = request->find("message_base64");
    line.octets = text.size() + (message != request->end() && message->is_string()
                                     ? message->get_ref<const std::string&>().size()
                                     : 0);
    octets_ += line.octets;
    calls_.start(line.number, *request);
    under_way_.emplace(line.number, Sent{line, std::move(*request)});
    return true;
}

void Bulk::refuse(const Line& line, const Error& error) {
    refused_.push_back(
        {{"line", line.number},
         {"external_id", line.external_id.empty() ? json(nullptr) : json(line.external_id)},
         {"code", to_string(error.code)},
         {"message", error.context},
         {"hint", hint(error.code)}});
    if (!context_.globals().json) {
        if (shown_ != begun_) {
            context_.env().err << '\n';  // below the progress, not at its end
        }
        context_.remark("line " + std::to_string(line.number) +
                        (line.external_id.empty() ? "" : " (" + line.external_id + ")") + ": " +
                        (error.context.empty() ? "" : error.context + " ") + "(" +
                        std::string(to_string(error.code)) + ")");
    }
}

Result<void> Bulk::take(Calls::Answer answer) {
    auto sent = under_way_.extract(answer.tag);
    const Line& line = sent.mapped().line;
    const bool starting = !answer.result && answer.result.error().code == Code::kStarting;
    if (starting && interrupted == 0 && SteadyClock::now() - begun_ < kAgainUntil) {
        std::this_thread::sleep_for(kBeforeAgain);
        calls_.start(line.number, sent.mapped().request);
        under_way_.insert(std::move(sent));
        return {};
    }
    octets_ -= line.octets;
    if (starting && interrupted != 0) {
        --read_;  // neither filed nor refused: it is as if nobody had read it
        return {};
    }
    if (answer.result) {
        if (plain(*answer.result, "already_filed") == "yes") {
            ++filed_before_;
        } else {
            ++filed_[plain(*answer.result, "state")];
        }
        return {};
    }
    if (stops_all(answer.result.error().code)) {
        return tl::unexpected<Error>(answer.result.error());
    }
    refuse(line, answer.result.error());
    return {};
}

json Bulk::document() const {
    json filed = json::object();
    for (const auto& [state, count] : filed_) {
        filed[state] = count;
    }
    return {
        {"lines", read_}, {"filed", filed}, {"filed_before", filed_before_}, {"refused", refused_}};
}

std::string Bulk::text() const {
    std::vector<std::pair<std::string, std::string>> rows{{"Lines", std::to_string(read_)}};
    for (const auto& [state, count] : filed_) {
        rows.emplace_back("Filed, " + state, std::to_string(count));
    }
    rows.emplace_back("Filed before", std::to_string(filed_before_));
    rows.emplace_back("Refused", std::to_string(refused_.size()));
    return fields(rows);
}

// How much of the file was read.
std::string Bulk::bar() {
    if (size_ == 0) {
        return "";
    }
    constexpr std::uintmax_t kWidth = 20;
    const auto at =
        in_ ? static_cast<std::uintmax_t>(std::max<std::streamoff>(in_.tellg(), 0)) : size_;
    const std::uintmax_t percent = std::min<std::uintmax_t>(at * 100 / size_, 100);
    const auto full = static_cast<std::size_t>(percent * kWidth / 100);
    return "[" + std::string(full, '#') + std::string(kWidth - full, ' ') + "] " +
           std::to_string(percent) + " %, ";
}

void Bulk::show_progress(bool last) {
    const auto now = SteadyClock::now();
    if (!context_.shows_progress() || (!last && now - shown_ < kBetweenRemarks)) {
        return;
    }
    shown_ = now;
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    const std::size_t done = read_ - under_way_.size();
    context_.env().err << "\r" << bar() << done << " lines, " << refused_.size() << " refused, "
                       << static_cast<std::size_t>(static_cast<double>(done) /
                                                   std::max(seconds, 0.001))
                       << " a second" << (last ? "\n" : "  ") << std::flush;
}

void Bulk::remark_how_to_go_on() {
    context_.remark("Run it again: what was filed is not filed twice.");
}

Result<Exit> Bulk::run() {
    const Interruptible interruptible;
    bool more = true;
    while (more || calls_.under_way() > 0) {
        while (more && has_room() && !would_wait()) {
            more = interrupted == 0 && start_next();
        }
        if (auto answer = calls_.next()) {
            const Result<void> taken = take(std::move(*answer));
            if (!taken) {
                context_.did(document(), text());
                remark_how_to_go_on();
                return tl::unexpected<Error>(taken.error());
            }
        }
        show_progress(false);
    }
    show_progress(true);
    if (in_.bad()) {
        context_.did(document(), text());
        return fail(Code::kIo, "the file cannot be read on");
    }
    context_.done(document(), text());
    if (interrupted != 0) {
        remark_how_to_go_on();
        return Exit::kInterrupted;
    }
    return refused_.empty() ? Exit::kDone : Exit::kRefused;
}

}  // namespace

Result<Exit> file_bulk(Context& context, const json& body, const BulkOptions& options) {
    LAPX_TRY_ASSIGN(const std::filesystem::path socket, context.socket());
    std::ifstream file;
    std::uintmax_t size = 0;
    if (options.file != "-") {
        file.open(options.file);
        if (!file) {
            return fail(Code::kNotFound, options.file + " cannot be read");
        }
        std::error_code unknown;
        size = std::filesystem::is_regular_file(options.file, unknown)
                   ? std::filesystem::file_size(options.file, unknown)
                   : 0;
        size = unknown ? 0 : size;
    }
    return Bulk(context, body, options, socket.string(),
                options.file == "-" ? context.env().in : file, size)
        .run();
}

}  // namespace lapx::cli
