#pragma once
// What the listener and the dialled peers need of the transport that owns them.

#include "daemon/transport/transport.hpp"

namespace lapx::transport {

class Dialled;

class Host {
  public:
    virtual ~Host() = default;
    // The snapshot in force, without the muted keys.
    virtual const Admitted& admitted() const = 0;
    // A new route; `dialled` is whose it is, null for the listener's own.
    virtual Route open_route(Dialled* dialled) = 0;
    // This agency connected to us.
    virtual void came(const Agency& agency) = 0;
    // Its connection ended: what came over it and waits for its turn is lost.
    virtual void close_route(const Key& key, Route route) = 0;
    // A message came. Its peer's turn comes, and then it is reported.
    virtual void take(Inbound inbound) = 0;
    virtual Events& events() = 0;
    virtual Stats& counters() = 0;
    // The holder of this key broke the protocol: its connections are cut, and it is shut out for a
    // while.
    virtual void mute(const Key& key) = 0;
};

}  // namespace lapx::transport
