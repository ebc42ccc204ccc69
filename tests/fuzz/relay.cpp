// What a relay takes: frames of several agencies, one after the other, on a real store. It keeps
// and gives exactly what a model of a few lines does, within its quotas.

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "daemon/relay/relay.hpp"
#include "schema/limits.hpp"
#include "schema/vocabulary.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/support/temp_dir.hpp"

namespace {

using namespace lapx;
using namespace lapx::schema;

constexpr Time kBegin{std::chrono::seconds{1'795'000'000}};

const std::array<Agency, 4>& agencies() {
    static const std::array<Agency, 4> all{
        *Agency::parse("opta.nl"), *Agency::parse("acma.example"), *Agency::parse("c.example"),
        *Agency::parse("d.example")};
    return all;
}

const config::Relay& limits() {
    static const config::Relay limits{.owners = {agencies()[0], agencies()[1]},
                                      .owner_octets = 600,
                                      .owner_files = 4,
                                      .depositor_octets = 500,
                                      .depositor_files = 3,
                                      .days = 2};
    return limits;
}

store::Database& database() {
    static const test::TempDir folder;
    static store::Database database =
        *store::Database::open(folder.path("lapx.db"), store::Mode::kWrite);
    return database;
}

struct Kept {
    Agency depositor;
    Time expires;
    RelayPutFrame frame;
};

class Session {
  public:
    // What was there before, by time, is dropped first.
    void expire(Time now) {
        const auto over = [&](const Kept& one) { return one.expires <= now; };
        const auto count = static_cast<std::size_t>(std::erase_if(kept_, over));
        std::size_t dropped = 0;
        for (std::size_t some = 1; some > 0; dropped += some) {
            const auto now_dropped = relay_.expire(now, 100);
            LAPX_REQUIRE(now_dropped);
            some = *now_dropped;
        }
        LAPX_REQUIRE(dropped == count);
    }

    void take(const Agency& from, const FrameMessage& message, Time now) {
        if (const auto* put = std::get_if<RelayPutFrame>(&message)) {
            take_put(from, *put, now);
        } else if (const auto* fetch = std::get_if<RelayFetchFrame>(&message)) {
            take_fetch(from, *fetch);
        } else if (const auto* remove = std::get_if<RelayDeleteFrame>(&message)) {
            const auto count = std::erase_if(kept_, [&](const Kept& one) {
                return one.frame.owner == from && one.frame.deposit == remove->deposit;
            });
            const auto removed = relay_.remove(from, remove->deposit);
            LAPX_REQUIRE(removed && *removed == (count > 0));
        }
        check();
    }

  private:
    void take_put(const Agency& from, const RelayPutFrame& put, Time now) {
        LAPX_REQUIRE(put.sealed.size() <= kMaxCarried);
        const bool again = std::any_of(kept_.begin(), kept_.end(), [&](const Kept& one) {
            return one.depositor == from && one.frame.deposit == put.deposit;
        });
        const auto done = relay_.put(from, put, now);
        LAPX_REQUIRE(done);
        LAPX_REQUIRE(!done->refused || (is_relay_code(*done->refused) && !done->fresh));
        LAPX_REQUIRE(done->refused || done->fresh != again);
        if (done->fresh) {
            LAPX_REQUIRE(relay_.serves(put.owner) && put.expires > now);
            kept_.push_back({from, std::min(put.expires, now + std::chrono::days(2)), put});
        }
    }

    void take_fetch(const Agency& from, const RelayFetchFrame& fetch) {
        auto place = relay_.place_of(from, fetch.after);
        LAPX_REQUIRE(place);
        // The last of that id, if there are several.
        auto next = kept_.begin();
        for (auto one = kept_.begin(); fetch.after && one != kept_.end(); ++one) {
            next = is_of(*one, from) && one->frame.deposit == *fetch.after ? one + 1 : next;
        }
        while (true) {
            next =
                std::find_if(next, kept_.end(), [&](const Kept& one) { return is_of(one, from); });
            const auto file = relay_.next(from, *place);
            LAPX_REQUIRE(file && file->has_value() == (next != kept_.end()));
            if (next == kept_.end()) {
                return;
            }
            LAPX_REQUIRE((*file)->held.depositor == next->depositor &&
                         (*file)->held.deposit == next->frame.deposit &&
                         (*file)->sealed == next->frame.sealed);
            place = (*file)->held.seq;
            ++next;
        }
    }

    static bool is_of(const Kept& one, const Agency& owner) { return one.frame.owner == owner; }

    void check() {
        std::uint64_t octets = 0;
        for (const Kept& one : kept_) {
            octets += one.frame.sealed.size();
        }
        const auto total = relay_.total();
        LAPX_REQUIRE(total && total->files == kept_.size() && total->octets == octets);
        LAPX_REQUIRE(relay_.list(0, 100)->size() == kept_.size());
        for (const Agency& agency : agencies()) {
            std::array<std::uint64_t, 4> sums{};
            for (const Kept& one : kept_) {
                sums[0] += is_of(one, agency) ? 1 : 0;
                sums[1] += is_of(one, agency) ? one.frame.sealed.size() : 0;
                sums[2] += one.depositor == agency ? 1 : 0;
                sums[3] += one.depositor == agency ? one.frame.sealed.size() : 0;
            }
            LAPX_REQUIRE(sums[0] <= limits().owner_files && sums[1] <= limits().owner_octets &&
                         sums[2] <= limits().depositor_files &&
                         sums[3] <= limits().depositor_octets);
        }
    }

    relay::Relay relay_{database(), limits()};
    std::vector<Kept> kept_;
};

}  // namespace

// Each frame after four octets: from whom, how many hours later, and its size, little end first.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto transaction = store::Transaction::begin(database());  // rolled back
    LAPX_REQUIRE(transaction);
    Session session;
    Time now = kBegin;
    BytesView left(data, size);
    for (int frames = 0; left.size() > 4 && frames < 64; ++frames) {
        const Agency& from = agencies().at(left[0] % agencies().size());
        now += std::chrono::hours(left[1]);
        const std::size_t length =
            std::min<std::size_t>(left[2] + std::size_t{256} * left[3], left.size() - 4);
        Bytes frame(left.begin() + 4, left.begin() + 4 + static_cast<std::ptrdiff_t>(length));
        left = left.subspan(4 + length);
        // The length made right, which the fuzzer would hardly find.
        for (std::size_t i = 0; i < 4 && length >= 4; ++i) {
            frame[i] = static_cast<std::uint8_t>((length - 4) >> (8 * i));
        }
        session.expire(now);
        if (const auto message = decode_frame(frame)) {
            session.take(from, *message, now);
        }
    }
    return 0;
}
