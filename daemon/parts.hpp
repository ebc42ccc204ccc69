#pragma once
// What a node consists of, as its pipeline and the stages of it see it.

#include <functional>
#include <string_view>

#include "config/config.hpp"
#include "daemon/cases/cases.hpp"
#include "daemon/cases/erasing.hpp"
#include "daemon/cases/moves.hpp"
#include "daemon/cases/standings.hpp"
#include "daemon/contacts/contacts.hpp"
#include "daemon/delivery/delivery.hpp"
#include "daemon/disclosure/disclosure.hpp"
#include "daemon/exhibits/files.hpp"
#include "daemon/exhibits/store.hpp"
#include "daemon/ledger/log.hpp"
#include "daemon/loop/loop.hpp"
#include "daemon/papers.hpp"
#include "daemon/relay/relay.hpp"
#include "daemon/round.hpp"
#include "daemon/self.hpp"
#include "daemon/transport/transport.hpp"
#include "schema/notes/records.hpp"

namespace lapx::daemon {

// All of it outlives whoever has this.
struct PipelineParts {
    const Self& self;
    Papers& papers;
    const config::Config& config;
    const disclosure::Policy& policy;
    Round& round;
    ledger::Log& log;
    store::Database& database;
    contacts::Contacts& contacts;
    cases::Cases& cases;
    cases::Moves& moves;
    cases::Erasing& erasing;
    cases::Standings& standings;
    delivery::Delivery& delivery;
    exhibits::Folder& folder;
    exhibits::Store& exhibits;
    relay::Relay& relay;
    transport::Transport& transport;
    loop::Loop& loop;
    const Clock& clock;
    const loop::Monotonic& monotonic;
    Random& random;
    bool clock_is_right;  // by the word of who started the node
};

// Appends an entry in the open round, if anything may be signed; gives its index.
using LogEntry = std::function<Result<std::uint64_t>(schema::EntryKind, std::string_view)>;

}  // namespace lapx::daemon
