#include <sys/stat.h>

#include <fstream>

#include <gmock/gmock.h>

#include "config/config.hpp"
#include "keys/directory.hpp"
#include "keys/keyring.hpp"
#include "tests/cli/support.hpp"
#include "tools/lapx/bundle.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class Init : public testing::Test {
  protected:
    Outcome init(const std::vector<std::string>& more) { return init_at(home(), more); }
    Outcome init_at(const std::string& home, const std::vector<std::string>& more) {
        std::vector<std::string> words{
            "init",        "--home", home,        "--agency", "opta.nl",
            "--name",      "OPTA",   "--country", "NL",       "--sector",
            "enforcement", "--desk", "spam",      "--desk",   "fraud=Fraud and scams"};
        words.insert(words.end(), more.begin(), more.end());
        return shell_(words);
    }
    std::string home() const { return folder_.path("home"); }
    std::string root() const { return folder_.path("root"); }
    std::string secret_file(const char* name, const char* text) const {
        std::ofstream(folder_.path(name)) << text << "\n";
        fs::permissions(folder_.path(name), fs::perms::owner_read | fs::perms::owner_write);
        return folder_.path(name);
    }
    std::string text(const std::string& path) const {
        const auto octets = read_file(path, 1 << 20);
        EXPECT_TRUE(octets) << path;
        return octets ? std::string(as_text(*octets)) : "";
    }
    static unsigned mode(const std::string& path) {
        struct stat info {};
        EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
        return info.st_mode & 07777U;
    }
    static std::vector<std::string> names(const std::string& ring, const keys::Unlock& unlock) {
        const auto loaded = keys::Keyring::load(ring, unlock);
        EXPECT_TRUE(loaded) << loaded.error().context;
        return loaded ? loaded->names() : std::vector<std::string>{};
    }
    static keys::Unlock passphrase(std::string_view text) {
        return keys::Unlock::with_passphrase(keys::SecretBytes(as_bytes(text)));
    }

    test::TempDir folder_;
    Shell shell_;
};

TEST_F(Init, MakesANodeThatItselfAndOthersAccept) {
    const Outcome outcome = init({"--sandbox", "--root", root(), "--json", "--officer", "Ada",
                                  "--zone", "Europe/Amsterdam"});
    ASSERT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_EQ(outcome.json()["agency"], "opta.nl");
    EXPECT_EQ(outcome.json()["card"], home() + "/card");

    const auto party = open_card_file(text(home() + "/card"));
    ASSERT_TRUE(party) << party.error().context;
    EXPECT_EQ(party->safety_number, outcome.json()["safety_number"]);
    EXPECT_EQ(party->card.card.name, "OPTA");
    EXPECT_TRUE(keys::is_in_force(party->card.card, SystemClock().seconds()));
    EXPECT_TRUE(keys::is_in_force(party->notice.notice, SystemClock().seconds()));
    EXPECT_EQ(party->notice.notice.zone, "Europe/Amsterdam");
    ASSERT_EQ(party->notice.notice.desks.size(), 2U);
    EXPECT_EQ(party->notice.notice.desks[0].role, "spam desk");
    EXPECT_EQ(party->notice.notice.desks[1].role, "Fraud and scams");
    EXPECT_THAT(party->notice.notice.endpoints, ElementsAre("tcp://127.0.0.1:5617"));

    const auto config = config::load(home() + "/config.toml");
    ASSERT_TRUE(config) << config.error().context;
    EXPECT_EQ(config->agency.text(), "opta.nl");
    EXPECT_EQ(config->control.socket, home() + "/control.sock");
    EXPECT_TRUE(config->policy.self_approval);
    ASSERT_EQ(config->operators.size(), 1U);
    EXPECT_EQ(config->operators[0].uid, ::getuid());
    EXPECT_EQ(config->operators[0].name, "Ada");
    EXPECT_TRUE(config->operators[0].has(config::Role::kApprover));
    EXPECT_TRUE(config->operators[0].serves("fraud"));

    const auto unlock = keys::Unlock::with_key_file(config->keys.keyfile);
    ASSERT_TRUE(unlock) << unlock.error().context;
    EXPECT_THAT(names(home() + "/keys/node.keyring", *unlock),
                UnorderedElementsAre("sign-1", "ledger-1", "witness-1", "node", "curve", "at-rest",
                                     "desk-spam", "desk-fraud"));
}

TEST_F(Init, KeepsEverythingSecretToItsOwner) {
    ASSERT_EQ(init({"--sandbox", "--root", root()}).exit, Exit::kDone);
    for (const std::string& path : {home(), root(), home() + "/keys"}) {
        EXPECT_EQ(mode(path), 0700U) << path;
    }
    for (const std::string& path :
         {home() + "/config.toml", home() + "/unlock.key", home() + "/keys/node.keyring",
          root() + "/root.keyring", root() + "/revoke-root-1"}) {
        EXPECT_EQ(mode(path), 0600U) << path;
    }
}

TEST_F(Init, PutsASignedRevocationOfEachKeyIntoTheRootFolder) {
    ASSERT_EQ(init({"--sandbox", "--root", root()}).exit, Exit::kDone);
    const auto card = keys::open_card(text(root() + "/card"));
    ASSERT_TRUE(card) << card.error().context;
    const std::vector<std::pair<std::string, keys::VerifierKey>> notes{
        {"root-1", card->root},
        {"sign-1", card->sign[0]},
        {"ledger-1", card->ledger[0]},
        {"witness-1", card->witness[0]}};
    for (const auto& [name, key] : notes) {
        const auto revocation =
            keys::open_revocation(text(root() + "/revoke-" + name), {&card->root, 1});
        ASSERT_TRUE(revocation) << name << ": " << revocation.error().context;
        EXPECT_EQ(revocation->key, key);
    }
}

TEST_F(Init, LocksNodeAndRootWithTheirPassphrases) {
    const Outcome outcome =
        init({"--root", root(), "--advertise", "node.opta.nl", "--passphrase-file",
              secret_file("p", "correct horse battery"), "--root-passphrase-file",
              secret_file("r", "staple staple staple")});
    ASSERT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_THAT(names(home() + "/keys/node.keyring", passphrase("correct horse battery")),
                testing::Contains("desk-spam"));
    EXPECT_THAT(names(root() + "/root.keyring", passphrase("staple staple staple")),
                ElementsAre("root-1"));
    EXPECT_FALSE(
        keys::Keyring::load(root() + "/root.keyring", passphrase("correct horse battery")));
    const auto config = config::load(home() + "/config.toml");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->keys.unlock, config::Unlock::kPassphrase);
    EXPECT_TRUE(config->policy.self_approval) << "one officer";
    EXPECT_THAT(config->node.advertise, ElementsAre("tcp://node.opta.nl:5617"));
    EXPECT_EQ(config->node.listen, "tcp://*:5617");
    EXPECT_THAT(outcome.out + outcome.err, testing::Not(HasSubstr("horse")));
}

TEST_F(Init, MakesAKeyFileForUnattendedStarts) {
    const Outcome outcome = init({"--root", root(), "--no-inbound", "--relay", "relay.example",
                                  "--keyfile", folder_.path("unlock.key"), "--root-passphrase-file",
                                  secret_file("r", "staple staple\r")});
    ASSERT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    const auto config = config::load(home() + "/config.toml");
    ASSERT_TRUE(config) << config.error().context;
    EXPECT_EQ(config->keys.keyfile, folder_.path("unlock.key"));
    EXPECT_THAT(config->node.listen, testing::IsEmpty());
    EXPECT_THAT(names(root() + "/root.keyring", passphrase("staple staple")),
                ElementsAre("root-1"));
    const auto party = open_card_file(text(home() + "/card"));
    ASSERT_TRUE(party);
    EXPECT_THAT(party->notice.notice.endpoints, testing::IsEmpty());
    EXPECT_EQ(party->notice.notice.relays.at(0).text(), "relay.example");
}

TEST_F(Init, RelaysAreOthersEachOnceAndAtMostTwo) {
    for (const std::vector<std::string>& relays :
         {std::vector<std::string>{"a.example", "a.example"}, {"opta.nl"}, {"a.b", "b.c", "c.d"}}) {
        std::vector<std::string> arguments{"--sandbox", "--root", root()};
        for (const std::string& relay : relays) {
            arguments.insert(arguments.end(), {"--relay", relay});
        }
        const Outcome outcome = init(arguments);
        EXPECT_THAT(outcome.err, HasSubstr("--relay names"));
    }
    const Outcome both = init({"--sandbox", "--root", root(), "--no-inbound", "--listen", "*"});
    EXPECT_THAT(both.err, HasSubstr("--no-inbound"));
}

TEST_F(Init, NeverOverwrites) {
    ASSERT_EQ(init({"--sandbox", "--root", root()}).exit, Exit::kDone);
    const std::string before = text(home() + "/card");
    EXPECT_EQ(init({"--sandbox", "--root", folder_.path("root2")}).exit, Exit::kRefused);
    EXPECT_EQ(text(home() + "/card"), before);
    EXPECT_FALSE(fs::exists(folder_.path("root2")));
    fs::remove_all(home());
    EXPECT_EQ(init({"--sandbox", "--root", root()}).exit, Exit::kRefused);
    EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Init, TakesFoldersNamedWithASlashAtTheEnd) {
    ASSERT_EQ(init_at(home() + "/", {"--sandbox", "--root", root() + "/"}).exit, Exit::kDone);
    EXPECT_EQ(mode(home()), 0700U);
    EXPECT_TRUE(fs::exists(root() + "/root.keyring"));
}

TEST_F(Init, TakesNoRootFolderThatHoldsAnything) {
    fs::create_directory(root());
    fs::permissions(root(), fs::perms(0755));
    std::ofstream(root() + "/holiday.jpg") << "x";
    const Outcome outcome = init({"--sandbox", "--root", root()});
    EXPECT_EQ(outcome.exit, Exit::kRefused);
    EXPECT_THAT(outcome.err, HasSubstr("--root " + root() + "/opta.nl"));
    EXPECT_EQ(text(root() + "/holiday.jpg"), "x");
    EXPECT_EQ(mode(root()), 0755U);
    EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Init, LeavesTheModeOfAFolderThatIsThere) {
    fs::create_directory(root());
    fs::permissions(root(), fs::perms(0755));
    const Outcome outcome = init({"--root", root(), "--no-inbound", "--passphrase-file",
                                  secret_file("p", "correct horse battery")});
    ASSERT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_EQ(mode(root()), 0755U);
    EXPECT_THAT(outcome.err, HasSubstr("lapx: warning: others on this machine can enter"));
    EXPECT_THAT(outcome.err, HasSubstr("--root-passphrase-file"));
}

TEST_F(Init, TakesNoHomeThatOthersMayEnter) {
    fs::create_directory(home());
    fs::permissions(home(), fs::perms(0755));
    EXPECT_EQ(init({"--sandbox", "--json"}).code(), "unsafe-permissions");
    fs::permissions(home(), fs::perms(0700));
    EXPECT_EQ(init({"--sandbox"}).exit, Exit::kDone);
}

TEST_F(Init, LeavesNothingBehindWhenItFails) {
    // A key file that is none is found out when the folders are there.
    const std::vector<std::string> words{"--sandbox", "--root", root(), "--keyfile",
                                         folder_.path("key")};
    secret_file("key", "no key");
    EXPECT_EQ(init(words).exit, Exit::kRefused);
    EXPECT_FALSE(fs::exists(home()));
    EXPECT_FALSE(fs::exists(root()));
    fs::remove(folder_.path("key"));
    EXPECT_EQ(init(words).exit, Exit::kDone);
}

TEST_F(Init, ClearsWhatARunThatWasKilledHasLeft) {
    for (const std::string& path : {home(), root()}) {
        fs::create_directories(path + "/keys");
        fs::permissions(path, fs::perms::owner_all);
        std::ofstream(path + "/.unfinished") << "";
        std::ofstream(path + "/root.keyring") << "half";
        std::ofstream(path + "/keys/node.keyring") << "half";
    }
    const Outcome outcome = init({"--sandbox", "--root", root()});
    ASSERT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_FALSE(fs::exists(home() + "/.unfinished"));
    EXPECT_FALSE(fs::exists(root() + "/.unfinished"));
    EXPECT_FALSE(fs::exists(root() + "/keys"));
    EXPECT_NE(text(root() + "/root.keyring"), "half");
    // Leftovers in one folder are no licence to clear the other.
    fs::remove_all(home());
    fs::create_directory(home());
    fs::permissions(home(), fs::perms::owner_all);
    std::ofstream(home() + "/.unfinished") << "";
    const std::string root_key = text(root() + "/root.keyring");
    EXPECT_EQ(init({"--sandbox", "--root", root()}).exit, Exit::kRefused);
    EXPECT_EQ(text(root() + "/root.keyring"), root_key);
}

TEST_F(Init, ListsAllThatIsMissing) {
    const Outcome outcome = shell_({"init", "--home", home(), "--json"});
    EXPECT_EQ(outcome.exit, Exit::kUsage);
    for (const char* flag : {"--agency", "--name", "--country", "--sector", "--desk", "--root",
                             "--advertise", "--passphrase-file"}) {
        EXPECT_THAT(outcome.err, HasSubstr(flag));
    }
    EXPECT_EQ(outcome.code(), "invalid-argument");
    EXPECT_FALSE(fs::exists(home()));
}

TEST_F(Init, AsksAtATerminalForWhatIsMissing) {
    shell_.terminal = true;
    // A wrong country is asked for again.
    shell_.input = "opta.nl\nOPTA\nnl\nNL\nenforcement\nspam\n" + root() +
                   "\n192.0.2.7\nAda\n\n2\nMiddle/Earth\nUTC\n";
    // Twice each; too short, the same for the root key, and two that differ are asked for again.
    shell_.secrets = {"short",
                      "correct horse battery",
                      "correct horse battery",
                      "correct horse battery",
                      "staple staple staple",
                      "staple staple stable",
                      "staple staple staple",
                      "staple staple staple"};
    const Outcome outcome = shell_({"init", "--home", home()});
    ASSERT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("two capital letters"));
    const auto config = config::load(home() + "/config.toml");
    ASSERT_TRUE(config);
    EXPECT_EQ(config->operators[0].name, "Ada");
    EXPECT_EQ(config->operators[0].position, "operator");
    EXPECT_FALSE(config->policy.self_approval) << "two officers";
    EXPECT_THAT(outcome.err, HasSubstr("time zone that this machine knows"));
    EXPECT_THAT(outcome.err, HasSubstr("The two differ."));
    EXPECT_THAT(outcome.out, HasSubstr("nobody can approve what you draft"));
    EXPECT_THAT(names(home() + "/keys/node.keyring", passphrase("correct horse battery")),
                testing::Contains("sign-1"));
    EXPECT_THAT(names(root() + "/root.keyring", passphrase("staple staple staple")),
                ElementsAre("root-1"));
}

TEST_F(Init, AsksNothingForPlay) {
    shell_.terminal = true;
    const Outcome outcome = init({"--sandbox"});
    ASSERT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    EXPECT_TRUE(fs::exists(home() + "/unlock.key"));
    EXPECT_TRUE(fs::exists(home() + "/root/root.key"));
}

TEST_F(Init, ShowsNextStepsThatWorkAsTheyStand) {
    const std::string odd = folder_.path("Ada's node");
    const Outcome outcome = init_at(odd, {"--sandbox"});
    ASSERT_EQ(outcome.exit, Exit::kDone) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("lapxd --home '" + folder_.path("Ada'\\''s node") + "'\n"));
    EXPECT_THAT(outcome.out,
                HasSubstr("export LAPX_HOME='" + folder_.path("Ada'\\''s node") + "'\n"));
}

TEST_F(Init, RefusesShortPassphrasesAlsoFromAFile) {
    shell_.terminal = true;
    shell_.input = "Ada\nx\n1\nUTC\n";
    shell_.secrets = {"short", "short"};
    EXPECT_EQ(init({"--root", root(), "--no-inbound"}).exit, Exit::kRefused);
    shell_.terminal = false;
    const Outcome outcome = init(
        {"--root", root(), "--no-inbound", "--passphrase-file", secret_file("p", "eleven char\r")});
    EXPECT_EQ(outcome.exit, Exit::kRefused);
    EXPECT_THAT(outcome.err, HasSubstr("at least 12 characters"));
    EXPECT_FALSE(fs::exists(home()));
    EXPECT_FALSE(fs::exists(root()));
}

TEST_F(Init, RefusesATimeZoneThatThisMachineDoesNotKnow) {
    for (const char* zone : {"Middle/Earth", "Europe", "../UTC"}) {
        EXPECT_EQ(init({"--sandbox", "--zone", zone}).exit, Exit::kUsage) << zone;
    }
}

TEST_F(Init, RefusesAHomeWhoseSocketNobodyCouldOpen) {
    const std::string deep = folder_.path(std::string(90, 'x'));
    EXPECT_THAT(init_at(deep, {"--sandbox"}).err, HasSubstr("too long"));
    EXPECT_FALSE(fs::exists(deep));
}

TEST_F(Init, KeepsTheRootKeyOutOfTheHome) {
    const std::string file = secret_file("p", "correct horse battery");
    const Outcome outcome =
        init({"--root", home() + "/root", "--no-inbound", "--passphrase-file", file});
    EXPECT_EQ(outcome.exit, Exit::kRefused);
    EXPECT_THAT(outcome.err, HasSubstr("--sandbox"));
    EXPECT_FALSE(fs::exists(home()));
    fs::create_directory(home());
    fs::permissions(home(), fs::perms::owner_all);
    fs::create_directory_symlink(folder_.path("home"), folder_.path("link"));
    EXPECT_EQ(
        init({"--root", folder_.path("link/root"), "--no-inbound", "--passphrase-file", file}).exit,
        Exit::kRefused);
    EXPECT_EQ(init({"--sandbox", "--root", folder_.path("")}).exit, Exit::kRefused)
        << "the home lies in the root key's folder";
    EXPECT_EQ(init({"--sandbox"}).exit, Exit::kDone);
    EXPECT_TRUE(fs::exists(home() + "/root/root.keyring"));
}

}  // namespace
}  // namespace lapx::cli
