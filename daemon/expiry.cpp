#include "daemon/expiry.hpp"

#include <algorithm>
#include <array>

namespace lapx::daemon {
namespace {

constexpr std::chrono::days kShownBefore{30};
constexpr std::array<std::chrono::days, 3> kLoggedBefore{
    std::chrono::days{21}, std::chrono::days{7}, std::chrono::days{1}};

std::size_t reached(Time expires, Time now) {
    return static_cast<std::size_t>(
        std::count_if(kLoggedBefore.begin(), kLoggedBefore.end(),
                      [&](std::chrono::days before) { return expires - now <= before; }));
}

}  // namespace

std::vector<Expiring> papers_of(const Self& self, const contacts::Contacts& contacts) {
    std::vector<Expiring> out{{"our card", self.card.expires}, {"our notice", self.notice.expires}};
    for (const auto& [name, contact] : contacts.all()) {
        if (!contact.is_trusted()) {
            continue;
        }
        out.push_back({"the card of " + name, contact.card.card.expires});
        if (contact.notice) {
            out.push_back({"the notice of " + name, contact.notice->notice.expires});
        }
    }
    return out;
}

bool is_soon(const Expiring& paper, Time now) { return paper.expires - now < kShownBefore; }

std::string in_words(const Expiring& paper, Time now) {
    return paper.what + (paper.expires <= now ? " expired " : " expires ") +
           to_string(paper.expires);
}

std::vector<std::string> ExpiryReminders::due(const std::vector<Expiring>& papers, Time now) {
    std::vector<std::string> out;
    std::map<std::string, std::size_t> said;
    for (const Expiring& paper : papers) {
        const std::size_t count = reached(paper.expires, now);
        if (count == 0) {
            continue;
        }
        const auto before = said_.find(paper.what);
        if (before == said_.end() || before->second < count) {
            out.push_back(in_words(paper, now));
        }
        said.emplace(paper.what, count);
    }
    said_ = std::move(said);
    return out;
}

}  // namespace lapx::daemon
