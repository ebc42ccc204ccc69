#include "keys/keyring.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys/init.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

using testing::ElementsAre;

constexpr PassphraseCost kCheap{.passes = 1, .memory = 8192};

Unlock passphrase(std::string_view text) {
    return Unlock::with_passphrase(SecretBytes(as_bytes(text)), kCheap);
}

class Keyrings : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_TRUE(keyring_.add("sign-1", Secret<32>(secret_.view())));
        ASSERT_TRUE(keyring_.add("desk-spam", Secret<32>::generate(random_)));
    }
    mode_t mode(const std::filesystem::path& path) {
        struct stat about {};
        ::stat(path.c_str(), &about);
        return about.st_mode & 07777;
    }
    Code load_error(const Unlock& unlock) {
        const auto loaded = Keyring::load(path_, unlock);
        return loaded ? Code::kInternal : loaded.error().code;
    }

    SystemRandom random_;
    test::TempDir folder_;
    const std::filesystem::path path_ = folder_.path("keyring");
    const Secret<32> secret_ = Secret<32>::generate(random_);
    Keyring keyring_;
};

TEST_F(Keyrings, HoldSecretsByName) {
    EXPECT_THAT(keyring_.names(), ElementsAre("desk-spam", "sign-1"));
    EXPECT_TRUE(*keyring_.get("sign-1") == secret_);
    EXPECT_EQ(keyring_.get("sign-2"), nullptr);
    EXPECT_EQ(keyring_.add("sign-1", Secret<32>()).error().code, Code::kInvalidArgument);
    EXPECT_TRUE(*keyring_.get("sign-1") == secret_);
    EXPECT_TRUE(keyring_.remove("sign-1"));
    EXPECT_FALSE(keyring_.remove("sign-1"));
    EXPECT_EQ(keyring_.get("sign-1"), nullptr);
    for (const std::string& name : {std::string(), std::string("A"), std::string("a b"),
                                    std::string("a/b"), std::string(65, 'a')}) {
        EXPECT_EQ(keyring_.add(name, Secret<32>()).error().code, Code::kInvalidArgument) << name;
    }
    EXPECT_TRUE(keyring_.add(std::string(64, 'a'), Secret<32>()));
}

TEST_F(Keyrings, LoadWhatWasSavedByPassphrase) {
    ASSERT_TRUE(keyring_.save(path_, passphrase("open sesame"), random_));
    EXPECT_EQ(mode(path_), 0600U);
    const auto loaded = Keyring::load(path_, passphrase("open sesame")).value();
    EXPECT_EQ(loaded.names(), keyring_.names());
    EXPECT_TRUE(*loaded.get("sign-1") == secret_);
    EXPECT_EQ(load_error(passphrase("open sesame ")), Code::kPassphraseWrong);
    EXPECT_EQ(load_error(passphrase("")), Code::kPassphraseWrong);
}

TEST_F(Keyrings, LoadWhatWasSavedByKeyFile) {
    const std::filesystem::path key_path = folder_.path("key");
    ASSERT_TRUE(make_key_file(key_path, random_));
    EXPECT_EQ(mode(key_path), 0600U);
    const auto unlock = Unlock::with_key_file(key_path).value();
    ASSERT_TRUE(keyring_.save(path_, unlock, random_));
    EXPECT_TRUE(*Keyring::load(path_, unlock).value().get("sign-1") == secret_);
    EXPECT_EQ(load_error(passphrase("x")), Code::kPassphraseWrong);
    ASSERT_TRUE(make_key_file(key_path, random_));
    EXPECT_EQ(load_error(Unlock::with_key_file(key_path).value()), Code::kPassphraseWrong);
    // Replaced in one step, nothing left behind.
    const std::filesystem::directory_iterator files(path_.parent_path());
    EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST_F(Keyrings, AreSavedAgainUnderTheLockThatTheyWereOpenedWith) {
    const std::filesystem::path key_path = folder_.path("key");
    ASSERT_TRUE(make_key_file(key_path, random_));
    for (const Unlock& unlock :
         {passphrase("open sesame"), Unlock::with_key_file(key_path).value()}) {
        ASSERT_TRUE(keyring_.save(path_, unlock, random_));
        Keyring changed = Keyring::load(path_, unlock).value().copy();
        ASSERT_TRUE(changed.remove("desk-spam"));
        ASSERT_TRUE(changed.add("sign-2", Secret<32>::generate(random_)));
        ASSERT_TRUE(changed.save_again(path_, random_));
        const auto loaded = Keyring::load(path_, unlock).value();
        EXPECT_THAT(loaded.names(), ElementsAre("sign-1", "sign-2"));
        EXPECT_TRUE(*loaded.get("sign-1") == secret_);
        EXPECT_TRUE(*loaded.get("sign-2") == *changed.get("sign-2"));
        EXPECT_EQ(load_error(passphrase("x")), Code::kPassphraseWrong);
    }
    EXPECT_EQ(keyring_.save_again(path_, random_).error().code, Code::kInternal);
}

TEST_F(Keyrings, EmptyOnesAreKeyringsToo) {
    ASSERT_TRUE(Keyring().save(path_, passphrase("x"), random_));
    EXPECT_TRUE(Keyring::load(path_, passphrase("x")).value().names().empty());
}

TEST_F(Keyrings, AreRefusedWhenOthersMayReadThem) {
    ASSERT_TRUE(keyring_.save(path_, passphrase("x"), random_));
    for (const mode_t bad : {0640U, 0604U, 0660U, 0602U, 0610U}) {
        ASSERT_EQ(::chmod(path_.c_str(), bad), 0);
        EXPECT_EQ(load_error(passphrase("x")), Code::kUnsafePermissions) << bad;
    }
    for (const mode_t good : {0600U, 0400U}) {
        ASSERT_EQ(::chmod(path_.c_str(), good), 0);
        EXPECT_TRUE(Keyring::load(path_, passphrase("x")));
    }
    const std::filesystem::path key_path = folder_.path("key");
    ASSERT_TRUE(make_key_file(key_path, random_));
    ASSERT_EQ(::chmod(key_path.c_str(), 0644), 0);
    EXPECT_EQ(Unlock::with_key_file(key_path).error().code, Code::kUnsafePermissions);
}

TEST_F(Keyrings, AreRefusedWhenNotThereOrNoFile) {
    EXPECT_EQ(load_error(passphrase("x")), Code::kNotFound);
    std::filesystem::create_directory(path_);
    EXPECT_EQ(load_error(passphrase("x")), Code::kUnsafePermissions);
    EXPECT_EQ(keyring_.save(path_, passphrase("x"), random_).error().code, Code::kIo);
}

TEST_F(Keyrings, AreRefusedWhenAnyOctetIsChangedOrMissing) {
    ASSERT_TRUE(keyring_.save(path_, passphrase("x"), random_));
    const std::string good = read_file(path_);
    const auto refused = [&](const std::string& text) {
        write_file(path_, text);
        return !Keyring::load(path_, passphrase("x"));
    };
    ASSERT_FALSE(refused(good));
    for (std::size_t i = 0; i < good.size(); ++i) {
        std::string bad = good;
        // Another digit or letter where there is one, so that the cost stays cheap.
        bad.at(i) = static_cast<char>(bad.at(i) ^ 1);
        EXPECT_TRUE(refused(bad)) << bad;
        EXPECT_TRUE(refused(good.substr(0, i))) << i;
    }
    EXPECT_TRUE(refused(good + "\n"));
}

TEST_F(Keyrings, CannotAskForMoreThanTheBoundsOfArgon2id) {
    ASSERT_TRUE(keyring_.save(path_, passphrase("x"), random_));
    const std::string good = read_file(path_);
    for (const std::string_view cost :
         {"17 8192", "1 1073741825", "0 8192", "1 8191", "9223372036854775807 8192"}) {
        std::string bad = good;
        bad.replace(bad.find("1 8192"), 6, cost);
        write_file(path_, bad);
        EXPECT_EQ(load_error(passphrase("x")), Code::kKeyInvalid) << cost;
    }
    const auto unlock = Unlock::with_passphrase(SecretBytes(), {.passes = 17, .memory = 8192});
    EXPECT_EQ(keyring_.save(path_, unlock, random_).error().code, Code::kKeyInvalid);
}

TEST_F(Keyrings, TakeAboutASecondToDeriveByDefault) {
    // libsodium's own "moderate".
    EXPECT_EQ(PassphraseCost{}.passes, 3U);
    EXPECT_EQ(PassphraseCost{}.memory, 268435456U);
}

TEST_F(Keyrings, KeyFilesAreOneLineOfHexadecimal) {
    const std::filesystem::path key_path = folder_.path("key");
    ASSERT_TRUE(make_key_file(key_path, random_));
    const std::string good = read_file(key_path);
    EXPECT_EQ(good.size(), 65U);
    for (const std::string& bad : {std::string(), good.substr(0, 64), good.substr(1),
                                   "x" + good.substr(1), good.substr(0, 63) + "\n\n"}) {
        write_file(key_path, bad);
        EXPECT_EQ(Unlock::with_key_file(key_path).error().code, Code::kKeyInvalid) << bad;
    }
    write_file(key_path, good + "\n");
    EXPECT_EQ(Unlock::with_key_file(key_path).error().code, Code::kTooLarge);
}

TEST_F(Keyrings, PassphrasesAreOneLine) {
    const std::filesystem::path file = folder_.path("passphrase");
    const auto read = [&](std::string_view text) {
        write_file(file, text);
        std::filesystem::permissions(
            file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
        return read_passphrase_file(file);
    };
    EXPECT_TRUE(read("a b\n").value() == SecretBytes(as_bytes("a b")));
    EXPECT_TRUE(read("a b").value() == SecretBytes(as_bytes("a b")));
    EXPECT_TRUE(read("a\nb\n").value() == SecretBytes(as_bytes("a")));
    EXPECT_EQ(read(std::string(1024, 'x') + "\n").value().size(), 1024U);
    for (const std::string& bad : {std::string(), std::string("\n"), std::string(1025, 'x')}) {
        EXPECT_EQ(read(bad).error().code, Code::kInvalidArgument);
    }
    std::filesystem::permissions(file, std::filesystem::perms::group_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(read_passphrase_file(file).error().code, Code::kUnsafePermissions);
    EXPECT_EQ(read_passphrase_file(folder_.path("none")).error().code, Code::kNotFound);
    EXPECT_EQ(read_passphrase(-1).error().code, Code::kIo);
}

TEST_F(Keyrings, PassphrasesComeFromADescriptorLineByLine) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    ASSERT_EQ(::write(ends[1], "first\nsecond\n", 13), 13);
    EXPECT_TRUE(read_passphrase(ends[0]).value() == SecretBytes(as_bytes("first")));
    EXPECT_TRUE(read_passphrase(ends[0]).value() == SecretBytes(as_bytes("second")));
    ::close(ends[0]);
    ::close(ends[1]);
}

}  // namespace
}  // namespace lapx::keys
