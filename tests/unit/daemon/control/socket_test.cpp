#include "daemon/control/socket.hpp"

#include <grp.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace lapx::control {
namespace {

class Socket : public testing::Test {
  protected:
    void SetUp() override {
        std::string name = testing::TempDir() + "lapx-socket-XXXXXX";
        ASSERT_NE(::mkdtemp(name.data()), nullptr);
        folder_ = name;
        path_ = folder_ + "/control.sock";
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    unsigned mode() const {
        struct stat info {};
        EXPECT_EQ(::lstat(path_.c_str(), &info), 0);
        return info.st_mode & 07777U;
    }

    std::string folder_;
    std::string path_;
};

TEST_F(Socket, IsForItsOwnerAlone) {
    const mode_t before = ::umask(0);
    const auto fd = listen_unix(path_, "");
    EXPECT_EQ(::umask(before), 0U) << "the umask is put back";
    ASSERT_TRUE(fd) << fd.error().context;
    EXPECT_EQ(mode(), 0600U);
    ::close(*fd);
}

TEST_F(Socket, IsForItsGroupWhereOneIsNamed) {
    const auto fd = listen_unix(path_, ::getgrgid(::getgid())->gr_name);
    ASSERT_TRUE(fd) << fd.error().context;
    EXPECT_EQ(mode(), 0660U);
    ::close(*fd);
}

TEST_F(Socket, RefusesAGroupThatIsNotThere) {
    const auto fd = listen_unix(path_, "no such group");
    ASSERT_FALSE(fd);
    EXPECT_EQ(fd.error().code, Code::kConfigInvalid);
    EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(Socket, ReplacesWhatADeadNodeLeftBehind) {
    const auto dead = listen_unix(path_, "");
    ASSERT_TRUE(dead);
    ::close(*dead);
    const auto fd = listen_unix(path_, "");
    ASSERT_TRUE(fd) << fd.error().context;
    ::close(*fd);
}

TEST_F(Socket, LeavesALivingNodeAlone) {
    const auto living = listen_unix(path_, "");
    ASSERT_TRUE(living);
    const auto second = listen_unix(path_, "");
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Code::kHomeInUse);
    EXPECT_TRUE(std::filesystem::is_socket(path_));
    ::close(*living);
}

TEST_F(Socket, LeavesAFileThatIsNoSocketAlone) {
    std::ofstream(path_) << "precious";
    const auto fd = listen_unix(path_, "");
    ASSERT_FALSE(fd);
    EXPECT_EQ(fd.error().code, Code::kIo);
    EXPECT_EQ(std::filesystem::file_size(path_), 8U);
}

TEST_F(Socket, RefusesAPathThatDoesNotFit) {
    const auto fd = listen_unix(folder_ + "/" + std::string(120, 'x'), "");
    ASSERT_FALSE(fd);
    EXPECT_EQ(fd.error().code, Code::kConfigInvalid);
}

}  // namespace
}  // namespace lapx::control
