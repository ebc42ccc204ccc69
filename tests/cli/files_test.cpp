#include "tools/lapx/files.hpp"

#include <sys/stat.h>

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace lapx::cli {
namespace {

TEST(Files, ATreeIsReadAsItWasWritten) {
    const test::TempDir folder;
    const Files files{{"cover", to_bytes("c")}, {"items/3", Bytes(100'000, 7)}, {"items/4", {}}};
    ASSERT_TRUE(write_tree(folder.path("bundle"), files));
    const auto read = read_tree(folder.path("bundle"), 10, 200'000);
    ASSERT_TRUE(read) << read.error().context;
    EXPECT_EQ(*read, files);
}

TEST(Files, PathsThatLeaveTheFolderAreRefusedBeforeAnythingIsWritten) {
    const test::TempDir folder;
    for (const char* path :
         {"../x", "/etc/x", "a/../../x", "a//b", "", ".", "a/.", "a b", "a\nb", "a\\b", "a/"}) {
        const auto written =
            write_tree(folder.path("out"), {{"good", to_bytes("g")}, {path, to_bytes("x")}});
        ASSERT_FALSE(written) << path;
        EXPECT_EQ(written.error().code, Code::kInvalidArgument);
        EXPECT_FALSE(std::filesystem::exists(folder.path("out"))) << path;
    }
}

TEST(Files, ATreeThatIsTooLargeIsRefused) {
    const test::TempDir folder;
    ASSERT_TRUE(write_tree(folder.path("t"), {{"a", Bytes(100, 0)}, {"b", Bytes(100, 0)}}));
    EXPECT_EQ(read_tree(folder.path("t"), 1, 1000).error().code, Code::kTooLarge);
    EXPECT_EQ(read_tree(folder.path("t"), 2, 199).error().code, Code::kTooLarge);
    EXPECT_TRUE(read_tree(folder.path("t"), 2, 200));
    EXPECT_EQ(read_tree(folder.path("none"), 2, 200).error().code, Code::kNotFound);
}

TEST(Files, LinksAreNotFollowed) {
    const test::TempDir folder;
    ASSERT_TRUE(write_tree(folder.path("t"), {{"a", to_bytes("a")}}));
    std::filesystem::create_symlink("/etc/hostname", folder.path("t/link"));
    const auto read = read_tree(folder.path("t"), 10, 1000);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->size(), 1U);
}

TEST(Files, ANewFileIsNeverAnOldOne) {
    const test::TempDir folder;
    ASSERT_TRUE(write_new_file(folder.path("f"), to_bytes("first"), 0600));
    EXPECT_FALSE(write_new_file(folder.path("f"), to_bytes("second"), 0600));
    EXPECT_EQ(*read_file(folder.path("f"), 10), to_bytes("first"));
    EXPECT_EQ(read_file(folder.path("f"), 4).error().code, Code::kTooLarge);
    struct stat info {};
    ASSERT_EQ(::stat(folder.path("f").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
}

}  // namespace
}  // namespace lapx::cli
