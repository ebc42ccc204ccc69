#include "daemon/intake/worker.hpp"

#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include "schema/intake/limits.hpp"

namespace lapx::intake {
namespace {

using testing::HasSubstr;

class WorkerTest : public testing::Test {
  protected:
    void SetUp() override {
        auto worker =
            Worker::start(LAPX_INTAKE_PROGRAM, [this](std::uint64_t id, Result<Mail> mail) {
                order_.push_back(id);
                answers_.emplace(id, std::move(mail));
                if (after_answer_) {
                    after_answer_(id);
                }
            });
        ASSERT_TRUE(worker) << worker.error().context;
        worker_ = std::move(*worker);
    }

    // Turns the crank until `done` says so.
    void run_until(const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!done()) {
            ASSERT_LT(std::chrono::steady_clock::now(), deadline);
            pollfd waiting{worker_->fd(), worker_->events(), 0};
            ::poll(&waiting, 1, 10);
            worker_->advance();
        }
    }
    void run_until_answered() {
        run_until([this] { return worker_->pending() == 0; });
    }

    const Result<Mail>& answer(std::uint64_t id) const { return answers_.at(id); }

    std::unique_ptr<Worker> worker_;
    std::map<std::uint64_t, Result<Mail>> answers_;
    std::vector<std::uint64_t> order_;
    std::function<void(std::uint64_t)> after_answer_;
};

Bytes simple_mail(const std::string& subject) { return to_bytes("Subject: " + subject + "\n\n"); }

// Takes the parser long enough to be caught at it.
Bytes long_mail() {
    Bytes mail = to_bytes("Content-Transfer-Encoding: base64\nContent-Type: a/b\n\n");
    mail.resize(24'000'000, 'A');
    return mail;
}

// The processes started by `pid`.
std::vector<pid_t> children_of(pid_t pid) {
    const std::string id = std::to_string(pid);
    std::ifstream file("/proc/" + id + "/task/" + id + "/children");
    return {std::istream_iterator<pid_t>(file), {}};
}

TEST_F(WorkerTest, AnswersInTheOrderOfSubmission) {
    for (std::uint64_t id = 1; id <= 20; ++id) {
        ASSERT_TRUE(worker_->submit(id, simple_mail(std::to_string(id))));
    }
    ASSERT_TRUE(worker_->submit(21, to_bytes("no mail")));
    run_until_answered();
    ASSERT_EQ(order_.size(), 21);
    EXPECT_TRUE(std::is_sorted(order_.begin(), order_.end()));
    EXPECT_EQ(answer(7).value().subject, "7");
    EXPECT_EQ(answer(21).error().code, Code::kIntakeRefused);
}

TEST_F(WorkerTest, ReadsTheSamples) {
    std::uint64_t id = 0;
    for (const char* name : {"phish-bank.eml", "spam-latin1.eml", "arf-fraud.eml", "hostile.eml"}) {
        std::ifstream file(std::string(LAPX_SAMPLES) + "/" + name, std::ios::binary);
        ASSERT_TRUE(worker_->submit(++id, Bytes{std::istreambuf_iterator<char>(file), {}}));
    }
    run_until_answered();
    for (const auto& [each, mail] : answers_) {
        EXPECT_TRUE(mail) << each;
    }
    EXPECT_THAT(answer(1).value().subject, HasSubstr("geblokkeerd"));
}

TEST_F(WorkerTest, LetsAnAnswerSubmitTheNext) {
    after_answer_ = [this](std::uint64_t id) {
        if (id < 5) {
            EXPECT_TRUE(worker_->submit(id + 1, simple_mail("next")));
        }
    };
    ASSERT_TRUE(worker_->submit(1, simple_mail("first")));
    run_until_answered();
    EXPECT_EQ(order_.size(), 5);
}

TEST_F(WorkerTest, BoundsWhatWaits) {
    EXPECT_EQ(worker_->submit(1, Bytes(schema::intake::kMaxMail + 1)).error().code,
              Code::kTooLarge);
    for (std::uint64_t id = 0; id < Worker::kMaxRequests; ++id) {
        ASSERT_TRUE(worker_->submit(id, simple_mail("x")));
    }
    EXPECT_EQ(worker_->submit(999, simple_mail("x")).error().code, Code::kQuota);
    run_until_answered();
    EXPECT_TRUE(worker_->submit(999, simple_mail("x")));
    EXPECT_TRUE(worker_->submit(1'000, Bytes(20'000'000)));
    EXPECT_TRUE(worker_->submit(1'001, Bytes(20'000'000)));
    EXPECT_TRUE(worker_->submit(1'002, Bytes(20'000'000)));
    EXPECT_EQ(worker_->submit(1'003, Bytes(20'000'000)).error().code, Code::kQuota);
}

TEST_F(WorkerTest, GoesOnWhenTheChildThatReadsIsKilled) {
    ASSERT_TRUE(worker_->submit(1, long_mail()));
    std::vector<pid_t> readers;
    run_until([&] {
        readers = children_of(worker_->pid());
        return !readers.empty() || worker_->pending() == 0;
    });
    ASSERT_EQ(readers.size(), 1) << "the mail was read too fast to be caught";
    ASSERT_EQ(::kill(readers.front(), SIGKILL), 0);
    ASSERT_TRUE(worker_->submit(2, simple_mail("two")));
    const pid_t server = worker_->pid();
    run_until_answered();
    EXPECT_EQ(answer(1).error().code, Code::kIntakeRefused);
    EXPECT_THAT(answer(1).error().context, HasSubstr("broke the parser"));
    EXPECT_EQ(answer(2).value().subject, "two");
    EXPECT_EQ(worker_->pid(), server);
}

TEST_F(WorkerTest, StartsTheProgramAgainWhenItWasKilled) {
    ASSERT_EQ(::kill(worker_->pid(), SIGKILL), 0);
    ASSERT_TRUE(worker_->submit(1, simple_mail("one")));
    ASSERT_TRUE(worker_->submit(2, simple_mail("two")));
    run_until_answered();
    EXPECT_THAT(answer(1).error().context, HasSubstr("stopped"));
    EXPECT_THAT(answer(2).error().context, HasSubstr("stopped"));
    EXPECT_EQ(worker_->fd(), -1);
    ASSERT_TRUE(worker_->submit(3, simple_mail("three")));
    run_until_answered();
    EXPECT_EQ(answer(3).value().subject, "three");
}

TEST_F(WorkerTest, GivesTheProgramNoDescriptorButItsSocket) {
    ASSERT_TRUE(worker_->submit(1, simple_mail("one")));
    run_until_answered();
    std::size_t descriptors = 0;
    for ([[maybe_unused]] const auto& entry :
         std::filesystem::directory_iterator("/proc/" + std::to_string(worker_->pid()) + "/fd")) {
        ++descriptors;
    }
    EXPECT_EQ(descriptors, 3);
}

TEST(Worker, SaysSoWhenThereIsNoProgram) {
    const auto worker = Worker::start("/nonexistent/lapx-intake", [](auto, auto) {});
    ASSERT_FALSE(worker);
    EXPECT_EQ(worker.error().code, Code::kIo);
}

}  // namespace
}  // namespace lapx::intake
