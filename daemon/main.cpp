// lapxd, the node.

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>

#include "daemon/log/log.hpp"
#include "daemon/node.hpp"
#include "keys/init.hpp"
#include "keys/terminal.hpp"
#include "schema/base/text.hpp"

namespace {

using namespace lapx;

// As lapx leaves.
constexpr int kUsage = 2;

Result<keys::Unlock> unlock_from(const config::Config& config, const std::string& passphrase_file,
                                 int passphrase_fd) {
    if (config.keys.unlock == config::Unlock::kKeyfile) {
        return keys::Unlock::with_key_file(config.keys.keyfile);
    }
    if (passphrase_file.empty() && passphrase_fd < 0) {
        auto typed = keys::ask_passphrase("Passphrase of " + config.agency.text() + ": ");
        if (!typed && typed.error().code == Code::kNotFound) {
            return fail(Code::kNotFound,
                        typed.error().context +
                            ": give --passphrase-file FILE, or lock the keys with a key file "
                            "(lapx init --keyfile)");
        }
        LAPX_TRY_ASSIGN(keys::SecretBytes passphrase, std::move(typed));
        return keys::Unlock::with_passphrase(std::move(passphrase));
    }
    LAPX_TRY_ASSIGN(keys::SecretBytes passphrase,
                    passphrase_file.empty() ? keys::read_passphrase(passphrase_fd)
                                            : keys::read_passphrase_file(passphrase_file));
    return keys::Unlock::with_passphrase(std::move(passphrase));
}

Result<void> start(const std::filesystem::path& home, const std::string& passphrase_file,
                   int passphrase_fd, bool clock_is_right) {
    LAPX_TRY(keys::initialize());
    keys::protect_process();
    LAPX_TRY_ASSIGN(auto intake, daemon::IntakeClient::start());
    LAPX_TRY(daemon::check_home(home));
    LAPX_TRY_ASSIGN(config::Config config, config::load(home / "config.toml"));
    LAPX_TRY_ASSIGN(config::DisclosurePolicy policy, config::load_policy(home / "disclosure.toml"));
    log::start(static_cast<log::Level>(config.log.level));
    LAPX_TRY_ASSIGN(keys::Unlock unlock, unlock_from(config, passphrase_file, passphrase_fd));
    return daemon::run_node({home, std::move(config), std::move(policy), std::move(unlock),
                             std::move(intake), clock_is_right});
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): exhaustion ends the program
int main(int argc, char** argv) {
    CLI::App app{"lapxd, the lapx node"};
    std::string home;
    std::string passphrase_file;
    int passphrase_fd = -1;
    app.add_option("--home", home, "the node's folder, made by lapx init")
        ->envname("LAPX_HOME")
        ->required();
    app.add_option("--passphrase-file", passphrase_file,
                   "a file whose first line is the passphrase");
    app.add_option("--passphrase-fd", passphrase_fd, "a descriptor to read the passphrase from");
    bool clock_is_right = false;
    app.add_flag(
        "--clock-is-right", clock_is_right,
        "go by this machine's clock though no notice of a trusted agency is in force by it; what "
        "peers say of it still counts");
    app.set_version_flag("--version", LAPX_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? EXIT_SUCCESS : kUsage;
    }
    log::start(log::Level::kInfo);
    if (const auto ended =
            start(std::filesystem::absolute(home), passphrase_file, passphrase_fd, clock_is_right);
        !ended) {
        const Error& error = ended.error();
        std::cerr << "lapxd: error: " << to_string(error.code) << ": " << escape(error.context)
                  << '\n';
        if (!hint(error.code).empty()) {
            std::cerr << "lapxd: hint: " << hint(error.code) << '\n';
        }
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
