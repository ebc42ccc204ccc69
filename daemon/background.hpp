#pragma once
// Walks over the whole database in the background, a slice at a time on the loop, on a reading
// connection of their own. The node goes on working meanwhile.
//
// A Walk has `Result<bool> step(std::uint64_t entries)`, true once nothing is left to do, and
// `found()`, what it found so far.

#include <deque>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "daemon/loop/loop.hpp"
#include "daemon/store/database.hpp"

namespace lapx::daemon {

template <typename Walk>
class Background {
  public:
    using Found = std::decay_t<decltype(std::declval<const Walk&>().found())>;
    using Done = std::function<void(const Result<Found>&)>;
    // The database outlives the walk.
    using Make = std::function<std::unique_ptr<Walk>(store::Database&)>;

    // `slice` is how many entries a step goes on for: about a millisecond's work.
    Background(loop::Loop& loop, std::string database, std::uint64_t slice, Make make)
        : loop_(loop), path_(std::move(database)), slice_(slice), make_(std::move(make)) {}

    // `done` is called from the loop, with a walk that begins after this call.
    void start(Done done) {
        waiting_.push_back(std::move(done));
        if (!run_ && served_.empty()) {
            next_ = loop_.after(loop::Duration::zero(), [this] { begin(); });
        }
    }

  private:
    struct Run {
        store::Database reader;
        std::unique_ptr<Walk> walk;
    };
    static constexpr std::chrono::milliseconds kPause{1};

    void begin() {
        served_.assign(std::make_move_iterator(waiting_.begin()),
                       std::make_move_iterator(waiting_.end()));
        waiting_.clear();
        if (served_.empty()) {
            return;
        }
        auto reader = store::Database::open(path_, store::Mode::kRead);
        if (!reader) {
            finish(tl::unexpected<Error>(reader.error()));
            return;
        }
        run_.reset(new Run{std::move(*reader), nullptr});
        run_->walk = make_(run_->reader);
        go_on();
    }

    void go_on() {
        const Result<bool> done = run_->walk->step(slice_);
        if (!done) {
            finish(tl::unexpected<Error>(done.error()));
        } else if (*done) {
            finish(run_->walk->found());
        } else {
            next_ = loop_.after(kPause, [this] { go_on(); });
        }
    }

    void finish(const Result<Found>& found) {
        for (const Done& done : std::exchange(served_, {})) {
            done(found);
        }
        run_.reset();
        if (!waiting_.empty()) {
            next_ = loop_.after(loop::Duration::zero(), [this] { begin(); });
        }
    }

    loop::Loop& loop_;
    const std::string path_;
    const std::uint64_t slice_;
    const Make make_;
    std::deque<Done> waiting_;
    std::vector<Done> served_;  // by the run
    std::unique_ptr<Run> run_;
    loop::Watch next_;
};

}  // namespace lapx::daemon
