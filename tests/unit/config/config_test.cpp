#include "config/config.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/address.hpp"

namespace lapx::config {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr std::string_view kOperator =
    "[[operator]]\nid = \"op-1\"\nname = \"A\"\nposition = \"B\"\nuid = 7\n"
    "roles = [\"clerk\"]\ndesks = [\"spam\"]\n";

Result<Config> parse_with(const std::string& rest) {
    return parse("agency = \"opta.example\"\n" + rest, "/home/node");
}

void expect_invalid(const std::string& rest, const std::string& where, const std::string& what) {
    const auto config = parse_with(rest);
    ASSERT_FALSE(config) << rest;
    EXPECT_EQ(config.error().code, Code::kConfigInvalid);
    EXPECT_THAT(config.error().context, HasSubstr(where)) << rest;
    EXPECT_THAT(config.error().context, HasSubstr(what)) << rest;
}

class ConfigFile : public testing::Test {
  protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "lapx-config-XXXXXX").string();
        ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
        path_ = folder_ / "config.toml";
    }
    void TearDown() override { fs::remove_all(folder_); }
    void write(const std::string& text, mode_t mode = 0600) const {
        std::ofstream(path_) << text;
        ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    }
    fs::path folder_;
    fs::path path_;
};

TEST(Config, NeedsNoMoreThanAnAgency) {
    const auto config = parse_with("");
    ASSERT_TRUE(config) << config.error().context;
    EXPECT_EQ(config->agency.text(), "opta.example");
    EXPECT_TRUE(config->node.listen.empty());
    EXPECT_EQ(config->keys.unlock, Unlock::kPassphrase);
    EXPECT_EQ(config->control.socket, "/home/node/control.sock");
    EXPECT_FALSE(config->policy.self_approval);
    EXPECT_EQ(config->log.level, LogLevel::kInfo);
}

TEST(Config, RefusesWhatItDoesNotKnowWithLineAndColumn) {
    expect_invalid("colour = 1\n", "line 2, column 1", "unknown key \"colour\"");
    expect_invalid("[node]\n  liste = 1\n", "line 3, column 3", "unknown key \"liste\"");
    expect_invalid(std::string(kOperator) + "mail = \"x\"\n", "line 9, column 1", "unknown key");
    expect_invalid("[log]\nlevel = \"loud\"\n", "line 3, column 9", "debug, info");
    expect_invalid("[keys]\nunlock = \"hope\"\n", "line 3", "passphrase, keyfile");
    expect_invalid("[policy]\nself_approval = 1\n", "line 3, column 17", "true or false");
    expect_invalid("[node]\nlisten = 5617\n", "line 3", "a text");
    expect_invalid("[control]\nsocket = [\"a\"]\n", "line 3", "a text");
    expect_invalid("policy = true\n", "line 2", "[policy]");
    expect_invalid("operator = 1\n", "line 2", "[[operator]]");
    expect_invalid("operator = [1]\n", "line 2", "[[operator]]");
    expect_invalid("agency = \"a.b\"\n", "line 2", "");
    expect_invalid("[node\n", "line 2", "");
}

TEST(Config, RefusesAnAgencyThatIsNone) {
    EXPECT_FALSE(parse("agency = \"OPTA\"\n", "/h"));
    EXPECT_FALSE(parse("agency = 1\n", "/h"));
    EXPECT_FALSE(parse("", "/h"));
    EXPECT_FALSE(parse("agency = \"\xff.example\"\n", "/h"));
}

TEST(Config, KnowsAnOperatorByUserIdAndDesk) {
    const auto config = parse_with(std::string(kOperator));
    ASSERT_TRUE(config) << config.error().context;
    const Operator* person = config->find(7);
    ASSERT_NE(person, nullptr);
    EXPECT_EQ(config->find(8), nullptr);
    EXPECT_TRUE(person->has(Role::kClerk));
    EXPECT_FALSE(person->has(Role::kAdmin));
    EXPECT_TRUE(person->serves("spam"));
    EXPECT_FALSE(person->serves("fraud"));
    EXPECT_FALSE(person->serves("*"));
}

TEST(Config, LooksUpAUnixUser) {
    const auto config = parse_with(
        "[[operator]]\nid = \"r\"\nname = \"A\"\nposition = \"B\"\nunix_user = \"root\"\n"
        "roles = [\"approver\"]\ndesks = [\"*\"]\n");
    ASSERT_TRUE(config) << config.error().context;
    ASSERT_NE(config->find(0), nullptr);
    EXPECT_TRUE(config->find(0)->serves("anything"));
}

TEST(Config, RefusesDoubtfulOperators) {
    const std::string two = std::string(kOperator) + std::string(kOperator);
    expect_invalid(two, "line 9", "two operators have the id");
    std::string other_id = two;
    other_id.replace(other_id.rfind("op-1"), 4, "op-2");
    expect_invalid(other_id, "line 9", "two operators have the uid 7");

    const auto changed = [](const std::string& from, const std::string& to) {
        std::string text(kOperator);
        return text.replace(text.find(from), from.size(), to);
    };
    expect_invalid(changed("clerk", "king"), "line 7", "unknown role \"king\"");
    expect_invalid(changed("[\"clerk\"]", "[]"), "line 2", "roles is missing");
    expect_invalid(changed("\"clerk\"", "\"clerk\", \"clerk\""), "line 7", "twice");
    expect_invalid(changed("desks = [\"spam\"]\n", ""), "line 2", "desks is missing");
    expect_invalid(changed("\"spam\"", "\"spam\", \"*\""), "line 8", "bad desk id");
    expect_invalid(changed("op-1", "Op 1"), "line 3", "a-z");
    expect_invalid(changed("\"A\"", "\"A; B\""), "line 4", ";");
    expect_invalid(changed("\"A\"", "\"A\\nB\""), "line 4", "one line");
    expect_invalid(changed("uid = 7\n", ""), "line 2", "either uid or unix_user");
    expect_invalid(changed("uid = 7", "uid = 7\nunix_user = \"root\""), "line 2", "either");
    expect_invalid(changed("uid = 7", "uid = -1"), "line 6", "out of range");
    expect_invalid(changed("uid = 7", "uid = 4294967295"), "line 6", "out of range");
    expect_invalid(changed("uid = 7", "uid = 7.0"), "line 6", "a number");
    expect_invalid(changed("uid = 7", "unix_user = \"no such user\""), "line 6", "no such Unix");
}

TEST(Config, IsARelayForThoseItNamesAndNobodyElse) {
    EXPECT_EQ(parse_with("")->relay, Relay{});
    EXPECT_TRUE(parse_with("")->relay.owners.empty());
    const auto config =
        parse_with("[relay]\nfor = [\"acma.example\"]\nowner_files = 3\ndays = 2\n");
    ASSERT_TRUE(config) << config.error().context;
    ASSERT_EQ(config->relay.owners.size(), 1U);
    EXPECT_EQ(config->relay.owners.front().text(), "acma.example");
    EXPECT_EQ(config->relay.owner_files, 3U);
    EXPECT_EQ(config->relay.days, 2U);
    EXPECT_EQ(config->relay.after, Relay{}.after);
    expect_invalid("[relay]\nfor = [\"acma\"]\n", "line 3, column 7", "no agency");
    expect_invalid("[relay]\ndays = 0\n", "line 3, column 8", "from 1 to 62");
    expect_invalid("[relay]\ndays = 63\n", "line 3, column 8", "from 1 to 62");
    expect_invalid("[relay]\nagain = -1\n", "line 3, column 9", "from 1 to 86400");
    expect_invalid("[relay]\nquota = 1\n", "line 3", "quota");
}

TEST(Config, KeyfileGoesWithUnlockKeyfile) {
    const auto config = parse_with("[keys]\nunlock = \"keyfile\"\nkeyfile = \"k\"\n");
    ASSERT_TRUE(config) << config.error().context;
    EXPECT_EQ(config->keys.keyfile, "/home/node/k");
    expect_invalid("[keys]\nunlock = \"keyfile\"\n", "line 2", "keyfile");
    expect_invalid("[keys]\nkeyfile = \"k\"\n", "line 2", "keyfile");
}

TEST(Config, ListensOnNumericAddressesOnly) {
    for (const char* good : {"tcp://*:5617", "tcp://127.0.0.1:0", "tcp://[::1]:1"}) {
        EXPECT_TRUE(is_listen_address(good)) << good;
    }
    for (const char* bad : {"tcp://node.example:1", "ipc://x", "tcp://127.0.0.1", "tcp://1.2.3:5",
                            "tcp://::1:5", "tcp://*:65536", "tcp://*:05", "tcp://", "tcp://[]:5"}) {
        EXPECT_FALSE(is_listen_address(bad)) << bad;
    }
    for (const char* good : {"tcp://node.example:1", "tcp://192.0.2.1:5617", "tcp://localhost:5"}) {
        EXPECT_TRUE(is_advertised_address(good)) << good;
    }
    for (const char* bad :
         {"tcp://*:1", "tcp://node.example:0", "tcp://1.2.3.256:5", "tcp://a:5"}) {
        EXPECT_FALSE(is_advertised_address(bad)) << bad;
    }
    const auto one = parse_with("[node]\nlisten = \"tcp://*:5617\"\n");
    ASSERT_TRUE(one) << one.error().context;
    EXPECT_EQ(one->node.listen, "tcp://*:5617");
    expect_invalid("[node]\nlisten = \"tcp://node.example:1\"\n", "line 3", "bad address");
    expect_invalid("[node]\nlisten = [\"tcp://*:1\"]\n", "line 3", "text");
    const std::string listens = "[node]\nlisten = \"tcp://*:1\"\nadvertise = ";
    expect_invalid(listens + "[\"x\"]\n", "line 4", "bad address");
    expect_invalid(listens + "[\"tcp://a.b:1\", \"tcp://a.b:1\"]\n", "line 4", "twice");
    expect_invalid(
        listens +
            "[\"tcp://a.b:1\",\"tcp://a.b:2\",\"tcp://a.b:3\",\"tcp://a.b:4\",\"tcp://a.b:5\"]\n",
        "line 4", "more than 4");
    expect_invalid("[node]\nadvertise = \"tcp://a.b:1\"\n", "line 3", "without listen");
    expect_invalid("[node]\nrelays = \"x\"\n", "line 3", "no agency");
    expect_invalid("[node]\nrelays = [\"a.b\", \"b.c\", \"c.d\"]\n", "line 3", "more than 2");
    expect_invalid("[node]\nrelays = [\"opta.example\"]\n", "line 3", "itself");
}

TEST(Config, AProxyIsAHostAndAPort) {
    for (const char* good : {"192.0.2.1:1080", "[2001:db8::1]:1080", "proxy.example:1080", ""}) {
        const auto config = parse_with("[transport]\nsocks = \"" + std::string(good) + "\"\n");
        ASSERT_TRUE(config) << config.error().context;
        EXPECT_EQ(config->transport.socks, good);
    }
    for (const char* bad : {"proxy", "192.0.2.1", "192.0.2.1:0", "socks5://192.0.2.1:1080",
                            "*:1080", "user:word@192.0.2.1:1080"}) {
        expect_invalid("[transport]\nsocks = \"" + std::string(bad) + "\"\n", "line 3",
                       "HOST:PORT");
    }
    expect_invalid("[transport]\nproxy = \"192.0.2.1:1080\"\n", "line 3", "proxy");
}

TEST(Config, RefusesWhatWouldOverflowTheParser) {
    std::string dotted = "a";
    for (int i = 0; i < 30000; ++i) {
        dotted += ".a";
    }
    expect_invalid(dotted + " = 1\n", "line 2", "too long");
    expect_invalid("a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = 1\n", "line 2", "too many dots");
    // The deepest text the caps let through: every nested value with its own long dotted key.
    std::string deep = "x = ";
    for (int i = 0; i < 1200; ++i) {
        deep += "[{ a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a = \n";
    }
    EXPECT_FALSE(parse_with(deep));
    for (const char* opening : {"[", "{a=", "[["}) {
        std::string nested = "x = ";
        for (int i = 0; i < 20000; ++i) {
            nested += opening + std::string(i % 100 == 0 ? "\n" : "");
        }
        EXPECT_FALSE(parse_with(nested)) << opening;
    }
}

TEST(Config, PrintsAnInitialFileThatParsesToTheSame) {
    auto agency = Agency::parse("opta.example");
    ASSERT_TRUE(agency);
    Config config{.agency = *agency};
    config.node = {"tcp://[::1]:0", {"tcp://192.0.2.7:5617"}, {*Agency::parse("relay.example")}};
    config.transport = {"192.0.2.1:1080"};
    config.keys = {Unlock::kKeyfile, "/home/node/unlock.key"};
    config.control = {"/run/lapx/control.sock", "lapx"};
    config.policy.self_approval = true;
    config.log.level = LogLevel::kDebug;
    config.operators = {
        {"op-1", "A \"B\" \\ C\u00e9", "Chef", 0, {Role::kClerk, Role::kAdmin}, {"*"}},
        {"op-2", "D", "E", 1000, {Role::kAuditor}, {}}};
    const auto again = parse(print_initial(config), "/home/node");
    ASSERT_TRUE(again) << again.error().context;
    EXPECT_EQ(*again, config);

    Config plain{.agency = *agency};
    plain.control.socket = "/home/node/control.sock";
    const auto plain_again = parse(print_initial(plain), "/home/node");
    ASSERT_TRUE(plain_again) << plain_again.error().context;
    EXPECT_EQ(*plain_again, plain);
}

TEST_F(ConfigFile, LoadsTheExampleThatIsShipped) {
    std::ifstream example(LAPX_EXAMPLE_CONFIG);
    write({std::istreambuf_iterator<char>(example), {}});
    const auto config = load(path_);
    ASSERT_TRUE(config) << config.error().context;
    EXPECT_EQ(config->keys.keyfile, folder_ / "unlock.key");
    EXPECT_EQ(config->control.socket, "/run/lapx/control.sock");
    ASSERT_EQ(config->operators.size(), 3);
    EXPECT_TRUE(config->operators.at(1).has(Role::kApprover));
}

TEST_F(ConfigFile, MustBeClosedToOthers) {
    for (const mode_t mode : {0640, 0604, 0620, 0602, 0610}) {
        write("agency = \"opta.example\"\n", mode);
        const auto config = load(path_);
        ASSERT_FALSE(config);
        EXPECT_EQ(config.error().code, Code::kUnsafePermissions);
    }
    write("agency = \"opta.example\"\n", 0600);
    EXPECT_TRUE(load(path_));
}

TEST_F(ConfigFile, MustBeARegularFileOfBoundedSize) {
    EXPECT_EQ(load(path_).error().code, Code::kNotFound);
    EXPECT_EQ(load(folder_).error().code, Code::kUnsafePermissions);
    write("agency = \"opta.example\"\n" + std::string(65536, '\n'));
    EXPECT_EQ(load(path_).error().code, Code::kConfigInvalid);
    fs::remove(path_);
    ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
    EXPECT_EQ(load(path_).error().code, Code::kUnsafePermissions);
}

TEST_F(ConfigFile, NamesTheFileInItsErrors) {
    write("agency = \"opta.example\"\nx = 1\n");
    const auto config = load(path_);
    ASSERT_FALSE(config);
    EXPECT_THAT(config.error().context, HasSubstr("config.toml: line 2, column 1"));
}

}  // namespace
}  // namespace lapx::config
