#include "tools/intake/server.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <span>

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/intake/answer.hpp"
#include "schema/intake/frame.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/parse.hpp"
#include "tools/intake/sandbox.hpp"

namespace lapx::tools::intake {
namespace {

namespace format = schema::intake;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// One mail, in pages of its own that are given back when it is done: the next child cannot read it.
class Pages {
  public:
    explicit Pages(std::size_t size)
        : size_(size),
          data_(size == 0 ? nullptr
                          : ::mmap(nullptr, size, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)) {}
    ~Pages() {
        if (good() && size_ > 0) {
            ::munmap(data_, size_);
        }
    }
    Pages(const Pages&) = delete;
    Pages& operator=(const Pages&) = delete;
    bool good() const { return data_ != MAP_FAILED; }
    std::span<std::uint8_t> octets() const { return {static_cast<std::uint8_t*>(data_), size_}; }

  private:
    std::size_t size_;
    void* data_;
};

bool write_all(int fd, BytesView octets) {
    while (!octets.empty()) {
        const ssize_t put = ::write(fd, octets.data(), octets.size());
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        octets = octets.subspan(static_cast<std::size_t>(put));
    }
    return true;
}

enum class Reading : std::uint8_t { kWhole, kEnd, kBroken };

// kEnd only where the stream ends before the first octet.
Reading read_all(int fd, std::span<std::uint8_t> into) {
    bool any = false;
    while (!into.empty()) {
        const ssize_t got = ::read(fd, into.data(), into.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 && !any ? Reading::kEnd : Reading::kBroken;
        }
        any = true;
        into = into.subspan(static_cast<std::size_t>(got));
    }
    return Reading::kWhole;
}

[[noreturn]] void run_child(BytesView mail, int out) {
    if (!enter_sandbox(out)) {
        std::_Exit(3);
    }
    const auto parsed = parse_mail(as_text(mail));
    const std::string answer =
        parsed ? format::print_mail(*parsed) : format::print_refusal(parsed.error().context);
    // _Exit: what the parent registered to be done at exit is the parent's.
    std::_Exit(write_all(out, as_bytes(answer)) ? 0 : 4);
}

// What the child says until it closes its end; nothing if that takes too long or is too much.
std::optional<std::string> hear_out(int fd, milliseconds patience) {
    const auto deadline = steady_clock::now() + patience;
    std::string heard;
    std::array<char, 16'384> buffer{};
    while (true) {
        const auto left =
            std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now()).count();
        pollfd waiting{fd, POLLIN, 0};
        const int ready = left <= 0 ? 0 : ::poll(&waiting, 1, static_cast<int>(left));
        if (ready < 0 && errno == EINTR) {
            continue;
        }
        if (ready <= 0) {
            return std::nullopt;
        }
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno != EINTR) {
            return std::nullopt;
        }
        if (got == 0) {
            return heard;
        }
        heard.append(buffer.data(), got < 0 ? 0 : static_cast<std::size_t>(got));
        if (heard.size() > format::kMaxAnswer) {
            return std::nullopt;
        }
    }
}

std::string why_it_failed(bool heard_out, int status) {
    if (!heard_out) {
        return "reading this mail took too long";
    }
    if (WIFSIGNALED(status)) {
        return WTERMSIG(status) == SIGXCPU ? "reading this mail took too much processor time"
                                           : "reading this mail broke the parser";
    }
    return "this mail could not be read";
}

}  // namespace

std::string answer_mail(BytesView mail, milliseconds patience) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return format::print_refusal("the worker is out of descriptors");
    }
    const pid_t child = ::fork();
    if (child == 0) {
        run_child(mail, ends[1]);
    }
    ::close(ends[1]);
    std::optional<std::string> heard;
    int status = 0;
    if (child > 0) {
        heard = hear_out(ends[0], patience);
        if (!heard) {
            ::kill(child, SIGKILL);
        }
        while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
    }
    ::close(ends[0]);
    if (child < 0) {
        return format::print_refusal("the worker cannot start a child");
    }
    if (heard && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return std::move(*heard);
    }
    return format::print_refusal(why_it_failed(heard.has_value(), status));
}

int serve(int in, int out) {
    while (true) {
        std::array<std::uint8_t, format::kFrameHeader> octets{};
        const Reading reading = read_all(in, octets);
        if (reading != Reading::kWhole) {
            return reading == Reading::kEnd ? 0 : 1;
        }
        format::FrameHeader header = format::decode_header(octets);
        // A request this long is no request: what follows it cannot be told from the next one.
        if (header.length > format::kMaxMail) {
            return 1;
        }
        const Pages mail(header.length);
        if (!mail.good() || read_all(in, mail.octets()) != Reading::kWhole) {
            return 1;
        }
        const std::string answer = answer_mail(mail.octets(), kPatience);
        header.length = static_cast<std::uint32_t>(answer.size());
        if (!write_all(out, format::encode_header(header)) || !write_all(out, as_bytes(answer))) {
            return 1;
        }
    }
}

}  // namespace lapx::tools::intake
