#pragma once
// Cards and notices that are about to expire: what is said of them, and when (protocol.md 3.8).

#include <map>
#include <string>
#include <vector>

#include "daemon/contacts/contacts.hpp"
#include "daemon/self.hpp"

namespace lapx::daemon {

struct Expiring {
    std::string what;  // "our card", "the notice of acma.example"
    Time expires;
};

// Ours, and those of agencies that we trust, soon or not.
std::vector<Expiring> papers_of(const Self& self, const contacts::Contacts& contacts);
// To be shown whenever somebody asks: from 30 days before on.
bool is_soon(const Expiring& paper, Time now);
// "our card expires 2026-12-01T00:00:00Z"
std::string in_words(const Expiring& paper, Time now);

// For those who read the log only: a line at 21 days, at 7 and at 1.
class ExpiryReminders {
  public:
    // What is to be logged now, and has not been for this number of days.
    std::vector<std::string> due(const std::vector<Expiring>& papers, Time now);

  private:
    std::map<std::string, std::size_t> said_;  // by what: how many of the three
};

}  // namespace lapx::daemon
