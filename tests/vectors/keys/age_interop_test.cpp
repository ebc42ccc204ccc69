// Files exchanged with the stock `age` program (package age).

#include <gtest/gtest.h>

#include <cstdlib>

#include "keys/age.hpp"
#include "keys/init.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/unit/keys/support.hpp"

namespace lapx::keys {
namespace {

bool run(const std::string& command) { return std::system(command.c_str()) == 0; }

class StockAge : public testing::Test {
  protected:
    void SetUp() override {
        if (!run("age --version >/dev/null 2>&1")) {
            GTEST_SKIP() << "age is not installed";
        }
        write_file(folder_.path("identity"), std::string(as_text(identity_.text().view())) + "\n");
    }

    test::TempDir folder_;
    SystemRandom random_;
    Identity identity_ = Identity::generate(random_);
    const std::vector<std::size_t> sizes_{
        0, 1, kAgeChunk - 1, kAgeChunk, kAgeChunk + 1, 3 * kAgeChunk + 7};
};

TEST_F(StockAge, OpensWhatIsSealedHere) {
    for (const std::size_t size : sizes_) {
        const Bytes plain = sample(size);
        write_file(folder_.path("sealed"), as_text(seal(identity_.recipient(), plain, random_)));
        ASSERT_TRUE(run("age -d -i " + folder_.path("identity") + " -o " + folder_.path("plain") +
                        " " + folder_.path("sealed")));
        EXPECT_TRUE(read_file(folder_.path("plain")) == as_text(plain)) << size;
    }
}

TEST_F(StockAge, SealsWhatIsOpenedHere) {
    for (const std::size_t size : sizes_) {
        const Bytes plain = sample(size);
        write_file(folder_.path("plain"), as_text(plain));
        const std::string to = "age -r " + identity_.recipient().text() + " -o ";
        ASSERT_TRUE(run(to + folder_.path("sealed") + " " + folder_.path("plain")));
        const std::string sealed = read_file(folder_.path("sealed"));
        EXPECT_TRUE(open(identity_, as_bytes(sealed)).value() == plain) << size;
        ASSERT_TRUE(run(to + folder_.path("armored") + " -a " + folder_.path("plain")));
        const std::string armored = read_file(folder_.path("armored"));
        ASSERT_TRUE(is_age_armored(as_bytes(armored)));
        EXPECT_TRUE(open(identity_, age_dearmor(as_bytes(armored)).value()).value() == plain);
    }
}

TEST_F(StockAge, SealsToSeveralRecipientsOfWhichOneIsHere) {
    const Identity other = Identity::generate(random_);
    write_file(folder_.path("plain"), "text");
    ASSERT_TRUE(run("age -r " + other.recipient().text() + " -r " + identity_.recipient().text() +
                    " -o " + folder_.path("sealed") + " " + folder_.path("plain")));
    const std::string sealed = read_file(folder_.path("sealed"));
    EXPECT_EQ(open(identity_, as_bytes(sealed)).value(), to_bytes("text"));
    EXPECT_EQ(open(other, as_bytes(sealed)).value(), to_bytes("text"));
}

}  // namespace
}  // namespace lapx::keys
