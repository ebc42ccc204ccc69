// lapx-intake: reads hostile e-mail in a sandbox.
//     lapx-intake FILE      prints what it reads, as JSON, for a person
//     lapx-intake --serve   answers requests of lapxd on its standard input and output
// Exit status: 0 done, 1 refused or failed, 2 usage.

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <string>

#include <sys/prctl.h>

#include "schema/base/text.hpp"
#include "schema/intake/answer.hpp"
#include "schema/intake/limits.hpp"
#include "tools/intake/parse.hpp"
#include "tools/intake/sandbox.hpp"
#include "tools/intake/server.hpp"

namespace {

using lapx::tools::intake::answer_mail;

int complain(const std::string& what) {
    std::fprintf(stderr, "lapx-intake: error: %s\n", lapx::escape(what).c_str());
    return 1;
}

int read_one(const char* path) {
    std::ifstream file(path, std::ios::binary);
    std::string mail;
    // One piece more than is allowed, so that what is too long shows.
    std::array<char, 65'536> piece{};
    while (mail.size() <= lapx::schema::intake::kMaxMail && file.good()) {
        file.read(piece.data(), piece.size());
        mail.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (!file.is_open() || file.bad()) {
        return complain(std::string("cannot read ") + path);
    }
    const std::string answer = answer_mail(lapx::as_bytes(mail), lapx::tools::intake::kPatience);
    const auto parsed = lapx::schema::intake::parse_answer(answer);
    if (!parsed) {
        return complain(parsed.error().context);
    }
    std::printf("%s\n", lapx::schema::intake::print_for_person(*parsed).c_str());
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string argument = argc == 2 ? argv[1] : "";
    if (argument.empty() || (argument.starts_with("-") && argument != "--serve")) {
        std::fputs("usage: lapx-intake FILE\n       lapx-intake --serve\n", stderr);
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (!lapx::tools::intake::hide_memory()) {
        return complain("cannot forbid core dumps");
    }
    lapx::tools::intake::init_parser();
    return argument == "--serve" ? lapx::tools::intake::serve(0, 1) : read_one(argv[1]);
}
