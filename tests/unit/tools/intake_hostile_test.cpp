// Mails made to exhaust a parser, each through the sandboxed child.

#include <array>
#include <chrono>
#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "schema/intake/answer.hpp"
#include "schema/intake/frame.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/parse.hpp"
#include "tools/intake/server.hpp"

namespace lapx::tools::intake {
namespace {

namespace format = schema::intake;
using testing::HasSubstr;

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) {
        out += text;
    }
    return out;
}

Result<format::Mail> answer(const std::string& mail) {
    init_parser();
    return format::parse_answer(answer_mail(as_bytes(mail), kPatience));
}

void expect_refused(const std::string& mail, const std::string& why) {
    const auto start = std::chrono::steady_clock::now();
    const auto parsed = answer(mail);
    EXPECT_LT(std::chrono::steady_clock::now() - start, kPatience + std::chrono::seconds(2));
    ASSERT_FALSE(parsed) << why;
    EXPECT_EQ(parsed.error().code, Code::kIntakeRefused);
    EXPECT_THAT(parsed.error().context, HasSubstr(why));
}

std::string nested_multiparts(std::size_t depth, std::string_view parameter) {
    std::string out;
    for (std::size_t i = 0; i < depth; ++i) {
        const std::string n = std::to_string(i);
        out += (i == 0 ? "" : "--b" + std::to_string(i - 1) + "\n") +
               "Content-Type: multipart/mixed; " + std::string(parameter) + "b" + n + "\n\n";
    }
    return out;
}

TEST(HostileMail, IsRefusedBeforeTheParserSeesIt) {
    expect_refused("To: " + repeat("g:", 50'000) + "\n\n", "16 KiB");
    expect_refused("A: b\nContent-Type: message/rfc822\n\nTo: " + repeat("g:", 50'000) + "\n\n",
                   "address field");
    expect_refused("Content-Type: multipart/mixed; boundary=b\n\n" + repeat("--b\n\n\n", 200'000),
                   "500 parts");
    expect_refused(nested_multiparts(100'000, "boundary="), "500 parts");
    expect_refused(nested_multiparts(100'000, "boundary*="), "500 parts");
    expect_refused("A: b\n" + repeat("Content-Type: message/rfc822\n\n", 100'000), "500 parts");
    expect_refused("A: " + std::string(50'000'000, 'x') + "\n\n", "25 MiB");
    expect_refused("A: " + std::string(20'000'000, 'x') + "\n\n", "16 KiB");
    expect_refused(repeat("A: b\n", 4'000'000), "fields");
    expect_refused(std::string("A: \0\n\n", 6), "NUL");
    expect_refused(std::string(1'000'000, '\0'), "NUL");
}

TEST(HostileMail, WithinTheLimitsIsReadOrRefusedButNeverHangs) {
    init_parser();
    const std::vector<std::string> mails{
        "To: " + repeat("g:", 8'000) + "\n\n",
        "To: " + repeat("(", 16'000) + "\n\n",
        "To: " + repeat("<", 16'000) + "\n\n",
        "To: " + repeat("\"", 16'000) + "\n\n",
        "Subject: " + repeat("=?utf-8?Q?=", 1'400) + "\n\n",
        "Content-Type: a/b; " + repeat("a*1*=b;", 2'000) + "\n\n",
        "Received: " + repeat("(", 16'000) + "\n\n",
        "Date: " + repeat("1", 16'000) + "\n\n",
        nested_multiparts(490, "boundary="),
        nested_multiparts(490, "boundary*="),
        "Content-Type: multipart/mixed; boundary=b\n\n" + repeat("--b\n\n\n", 490),
        "A: b\n" + repeat("Content-Type: message/rfc822\n\n", 900),
        "Content-Type: text/html\n\n" + repeat("<a href='http://", 1'000'000),
        "Content-Type: text/plain; charset=utf-7\n\n" + repeat("+AAA-", 1'000'000),
        "Content-Type: text/plain; charset=iso-2022-kr\n\n" + repeat("\x1b$)C\x0e", 1'000'000),
        std::string("A: b\n\n") + std::string(20'000'000, '\0'),
        "Content-Transfer-Encoding: base64\nContent-Type: a/b\n\n" + std::string(24'000'000, 'A'),
    };
    for (const std::string& mail : mails) {
        const auto start = std::chrono::steady_clock::now();
        const auto parsed = format::parse_answer(answer_mail(as_bytes(mail), kPatience));
        EXPECT_LT(std::chrono::steady_clock::now() - start, kPatience + std::chrono::seconds(2))
            << mail.substr(0, 40);
        if (!parsed) {
            EXPECT_FALSE(parsed.error().context.empty());
            EXPECT_THAT(parsed.error().context, testing::Not(HasSubstr("malformed")))
                << mail.substr(0, 40);
        }
    }
    rusage used{};
    ASSERT_EQ(::getrusage(RUSAGE_CHILDREN, &used), 0);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LT(used.ru_maxrss, 256 * 1024) << "KiB resident in the largest child";
#endif
}

TEST(Worker, GivesUpOnAChildThatTakesTooLong) {
    init_parser();
    const std::string mail = "A: b\n\nhello\n";
    const auto parsed =
        format::parse_answer(answer_mail(as_bytes(mail), std::chrono::milliseconds(0)));
    ASSERT_FALSE(parsed);
    EXPECT_THAT(parsed.error().context, HasSubstr("too long"));
    EXPECT_TRUE(answer(mail));
}

// A server on one end of a socket pair, in a thread.
class Server {
  public:
    Server() {
        init_parser();
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()), 0);
        thread_ = std::thread([this] {
            status_ = serve(ends_[1], ends_[1]);
            ::shutdown(ends_[1], SHUT_RDWR);
        });
    }
    ~Server() {
        ::shutdown(ends_[0], SHUT_RDWR);
        if (thread_.joinable()) {
            thread_.join();
        }
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void send(const format::FrameHeader& header, std::string_view mail) const {
        // In one call: after the header alone the server may be gone.
        const auto octets = format::encode_header(header);
        const std::string all = std::string(octets.begin(), octets.end()).append(mail);
        EXPECT_EQ(::send(ends_[0], all.data(), all.size(), MSG_NOSIGNAL),
                  static_cast<ssize_t>(all.size()));
    }
    std::string receive(std::size_t size) const {
        std::string out(size, '\0');
        const ssize_t got = ::recv(ends_[0], out.data(), size, MSG_WAITALL);
        out.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
        return out;
    }
    // One answer; empty JSON if the server is gone.
    std::pair<std::uint64_t, std::string> answer() const {
        const std::string raw = receive(format::kFrameHeader);
        if (raw.size() != format::kFrameHeader) {
            return {};
        }
        std::array<std::uint8_t, format::kFrameHeader> octets{};
        std::copy(raw.begin(), raw.end(), octets.begin());
        const auto header = format::decode_header(octets);
        return {header.id, receive(header.length)};
    }
    int end() {
        ::shutdown(ends_[0], SHUT_WR);
        thread_.join();
        return status_;
    }

  private:
    std::array<int, 2> ends_{-1, -1};
    std::thread thread_;
    int status_ = -1;
};

TEST(Server, AnswersEachRequestUnderItsId) {
    Server server;
    const std::string mail = "Subject: one\n\n";
    const std::string bad = "no mail";
    server.send({7, static_cast<std::uint32_t>(mail.size())}, mail);
    server.send({1ULL << 60, static_cast<std::uint32_t>(bad.size())}, bad);
    server.send({9, 0}, "");
    const auto [first_id, first] = server.answer();
    EXPECT_EQ(first_id, 7);
    EXPECT_EQ(format::parse_answer(first).value().subject, "one");
    const auto [second_id, second] = server.answer();
    EXPECT_EQ(second_id, 1ULL << 60);
    EXPECT_FALSE(format::parse_answer(second));
    EXPECT_EQ(server.answer().first, 9);
    EXPECT_EQ(server.end(), 0);
}

TEST(Server, EndsWhenARequestDeclaresMoreThanAMailMayHave) {
    Server server;
    server.send({1, 1'000'000'000}, "");
    EXPECT_EQ(server.answer().second, "");
    EXPECT_EQ(server.end(), 1);
}

TEST(Server, EndsWhenTheStreamBreaksOff) {
    Server server;
    server.send({1, 100}, "short");
    EXPECT_EQ(server.end(), 1);
}

}  // namespace
}  // namespace lapx::tools::intake
