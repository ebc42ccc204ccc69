#include "daemon/conversations.hpp"

#include <algorithm>

#include "daemon/log/log.hpp"
#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kLogLines = 20;  // about one peer
constexpr std::chrono::minutes kLogLinesEvery{1};

}  // namespace

bool is_greeted(const Conversations& conversations, const Agency& peer) {
    const auto found = conversations.find(peer);
    return found != conversations.end() && found->second.greeted;
}

std::optional<schema::Link> link_for(Conversation& conversation, ledger::Log& log,
                                     std::uint64_t size) {
    const std::uint64_t held = conversation.holds;
    conversation.holds = std::max(held, size);
    if (held == 0 || held == size) {
        return std::nullopt;
    }
    const std::uint64_t low = std::min(held, size);
    const std::uint64_t high = std::max(held, size);
    auto hashes = log.consistency(low, high);
    if (!hashes) {
        log::error({"no consistency proof from ", std::to_string(low), " to ", std::to_string(high),
                    ": ", to_string(hashes.error().code)});
        return std::nullopt;
    }
    return schema::Link{low, high, std::move(*hashes)};
}

bool may_log(const Agency& peer, Conversation& conversation, loop::Instant now) {
    const std::size_t before = conversation.log_lines.taken;
    if (!conversation.log_lines.take(now, kLogLines, kLogLinesEvery)) {
        return false;
    }
    if (conversation.log_lines.taken == 1 && before > kLogLines) {
        log::warn({peer.text(), ": ", std::to_string(before - kLogLines),
                   " more lines were not written"});
    }
    return true;
}

}  // namespace lapx::daemon
