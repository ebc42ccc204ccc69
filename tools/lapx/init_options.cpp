#include "tools/lapx/init_options.hpp"

#include <pwd.h>
#include <unistd.h>

#include <filesystem>

#include "config/address.hpp"
#include "schema/base/address.hpp"
#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/values.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPort = ":5617";

// A check of one value: empty if it is good, else what it should be.
using FieldCheck = std::string (*)(const std::string&);

std::string check_agency(const std::string& text) {
    return Agency::parse(text) ? "" : "a DNS name in lower case, e.g. opta.nl";
}
std::string check_name(const std::string& text) {
    return is_line(text, schema::kMaxName) ? "" : "one line of at most 200 octets";
}
std::string check_country(const std::string& text) {
    return schema::is_country(text) ? "" : "two capital letters, e.g. NL";
}
std::string check_sector(const std::string& text) {
    return schema::from_word<schema::Sector>(text)
               ? ""
               : "enforcement, government, industry or interest-group";
}
std::string check_desk(const std::string& text) {
    const std::size_t at = text.find('=');
    const bool good = is_desk_id(text.substr(0, at)) &&
                      (at == std::string::npos || is_line(text.substr(at + 1), schema::kMaxText));
    return good ? "" : "an id such as spam, or spam=\"Spam desk\"";
}
std::string check_zone(const std::string& text) {
    std::error_code ignored;
    const bool known =
        text == "UTC" || (schema::is_zone_name(text) &&
                          fs::is_regular_file(fs::path("/usr/share/zoneinfo") / text, ignored));
    return known ? "" : "a time zone that this machine knows, e.g. Europe/Amsterdam";
}
std::string check_officers(const std::string& text) {
    const auto number = number_from(text);
    return number && *number > 0 ? "" : "a number of people, e.g. 2";
}
std::string check_language(const std::string& text) {
    return schema::is_language_tag(text) ? "" : "a language, e.g. nl";
}
std::string check_any(const std::string&) { return {}; }

std::string check_listen(const std::string& text) {
    return config::is_listen_address(endpoint_of(text)) ? ""
                                                        : "a numeric address or *, e.g. *:5617";
}
std::string check_advertise(const std::string& text) {
    return config::is_advertised_address(endpoint_of(text)) ? "" : "HOST:PORT, e.g. 192.0.2.7:5617";
}

// Fills in what is missing: from a person at the terminal, or as a list of what to give.
class Asker {
  public:
    // For play, whatever has a default is not asked for.
    Asker(Context& context, bool play)
        : context_(context), offers_(context.env().in_is_terminal && !play) {}

    void need(std::string& value, const char* flag, const char* question, FieldCheck check) {
        if (!value.empty()) {
            return;
        }
        if (!context_.env().in_is_terminal) {
            missing_.push_back(std::string(flag) + "  (" + question + ")");
            return;
        }
        ask(value, question, "", check);
    }
    // Asks only at a terminal; else takes the default.
    void offer(std::string& value, const char* question, const std::string& otherwise,
               FieldCheck check) {
        if (offers_) {
            ask(value, question, otherwise, check);
        } else if (value.empty()) {
            value = otherwise;
        }
    }
    void missing(const char* what) { missing_.emplace_back(what); }
    const std::vector<std::string>& still_missing() const { return missing_; }

  private:
    void ask(std::string& value, const char* question, const std::string& otherwise,
             FieldCheck check) {
        while (value.empty()) {
            value = context_.ask(question, otherwise);
            if (!context_.env().in) {
                value.clear();
                missing_.emplace_back(question);
                return;
            }
            const std::string problem = check(value);
            if (!problem.empty()) {
                context_.remark("That is not " + problem + ".");
                value.clear();
            }
        }
    }

    Context& context_;
    bool offers_;
    std::vector<std::string> missing_;
};

std::string account_name() {
    const passwd* account = ::getpwuid(::getuid());
    if (account == nullptr) {
        return "operator";
    }
    const std::string gecos = account->pw_gecos == nullptr ? "" : account->pw_gecos;
    const std::string full = gecos.substr(0, gecos.find(','));
    return check_name(full).empty() ? full : account->pw_name;
}

std::string machine_zone() {
    std::error_code error;
    const std::string target = fs::read_symlink("/etc/localtime", error).string();
    const std::size_t at = target.find("zoneinfo/");
    const std::string zone = at == std::string::npos ? "" : target.substr(at + 9);
    return check_zone(zone).empty() && !zone.starts_with("Etc/") ? zone : "UTC";
}

}  // namespace

std::string endpoint_of(const std::string& text) {
    if (text.starts_with("tcp://")) {
        return text;
    }
    const std::size_t colon = text.rfind(':');
    const bool has_port = colon != std::string::npos && text.find(']', colon) == std::string::npos;
    return "tcp://" + text + (has_port ? "" : kPort);
}
std::vector<std::string> complete(InitOptions& options, Context& context) {
    Asker asker(context, options.sandbox);
    asker.need(options.agency, "--agency", "your agency's DNS name, e.g. opta.nl", check_agency);
    asker.need(options.name, "--name", "its full name", check_name);
    asker.need(options.country, "--country", "two letters, e.g. NL", check_country);
    asker.need(options.sector, "--sector", "enforcement, government, industry or interest-group",
               check_sector);
    if (options.desks.empty()) {
        std::string desk;
        asker.need(desk, "--desk", "a desk that takes referrals, e.g. spam", check_desk);
        options.desks.push_back(desk);
    }
    if (options.root.empty() && options.sandbox) {
        options.root = (context.home() / "root").string();
    }
    asker.need(options.root, "--root", "a folder for the root key, on a stick for the safe",
               check_any);
    if (options.sandbox && options.listen.empty() && !options.no_inbound) {
        options.listen = std::string("127.0.0.1") + kPort;
    }
    if (options.advertise.empty() && !options.no_inbound) {
        const bool dialable = !options.listen.empty() && check_advertise(options.listen).empty();
        if (dialable) {
            options.advertise = options.listen;
        } else {
            asker.need(options.advertise, "--advertise",
                       "HOST:PORT where peers can dial you; or --no-inbound", check_advertise);
        }
    }
    asker.offer(options.officer, "Your name", account_name(), check_name);
    asker.offer(options.position, "Your position", "operator", check_name);
    asker.offer(options.officers,
                "How many people will release referrals? If you alone, you may approve your own",
                "1", check_officers);
    asker.offer(options.zone, "Time zone", machine_zone(), check_zone);
    if (options.languages.empty()) {
        options.languages = {"en"};
    }
    const bool locked = options.passphrase.given() || !options.keyfile.empty();
    const bool can_ask = context.env().in_is_terminal;
    if (!locked && !options.sandbox && !can_ask) {
        asker.missing("--passphrase-file  (protects the node's keys; or --keyfile)");
    }
    if (!options.root_passphrase.given() && !options.passphrase.given() && !options.sandbox &&
        !can_ask && locked) {
        asker.missing("--root-passphrase-file  (protects the root key)");
    }
    return asker.still_missing();
}

void add_init_options(CLI::App& app, InitOptions& options) {
    const auto add = [&](const char* flag, std::string& value, const char* help, FieldCheck check) {
        app.add_option(flag, value, help)->check([check](const std::string& text) {
            const std::string problem = check(text);
            return problem.empty() ? problem : text + " is not " + problem;
        });
    };
    const auto add_list = [&](const char* flag, std::vector<std::string>& values, const char* help,
                              FieldCheck check) {
        app.add_option(flag, values, help)
            ->allow_extra_args(false)
            ->check([check](const std::string& text) {
                const std::string problem = check(text);
                return problem.empty() ? problem : text + " is not " + problem;
            });
    };
    add("--agency", options.agency, "Your agency's DNS name, e.g. opta.nl", check_agency);
    add("--name", options.name, "Its full name", check_name);
    add("--country", options.country, "Two letters, e.g. NL", check_country);
    add("--sector", options.sector, "enforcement, government, industry or interest-group",
        check_sector);
    add_list("--desk", options.desks, "A desk that takes referrals: spam or spam=\"Spam desk\"",
             check_desk);
    add("--root", options.root, "Folder for the root key, on a stick for the safe", check_any);
    add("--listen", options.listen, "Where to listen: ADDR[:PORT], e.g. *:5617", check_listen);
    add("--advertise", options.advertise, "Where peers dial you: HOST:PORT", check_advertise);
    app.add_flag("--no-inbound", options.no_inbound, "Nobody can dial this node; it dials others");
    add_list("--relay", options.relays, "An agency that holds parcels for you", check_agency);
    add("--zone", options.zone, "Your time zone, e.g. Europe/Amsterdam", check_zone);
    add_list("--language", options.languages, "A language your desks read, e.g. nl",
             check_language);
    add_list("--topic", options.topics, "What your desks handle, e.g. phishing", check_any);
    add("--officer", options.officer, "Your own name: you become the first operator", check_name);
    add("--position", options.position, "Your position", check_name);
    add("--officers", options.officers,
        "How many people release referrals; with 1, you may approve what you drafted",
        check_officers);
    app.add_option("--passphrase-file", options.passphrase.file, "Protects the node's keys");
    app.add_option("--passphrase-fd", options.passphrase.fd, "The same, from an open descriptor");
    app.add_option("--root-passphrase-file", options.root_passphrase.file,
                   "Protects the root key, if by another passphrase");
    app.add_option("--keyfile", options.keyfile,
                   "A key file instead of a passphrase, so that the node starts by itself");
    app.add_flag("--sandbox", options.sandbox,
                 "For play: root key inside home, key files, one person may approve alone");
}

}  // namespace lapx::cli
