#pragma once
// Dials endpoints once, to see who answers there, and hangs up. At most one socket for each
// endpoint at a time.

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "daemon/transport/dialled.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::transport {

// One endpoint, with each of the keys in turn.
class Probe {
  public:
    // From the loop, once; it may destroy the probe.
    using Done = std::function<void(schema::Reached)>;

    // `keys` is not empty. `tools` must outlive it.
    Probe(const DialTools& tools, Endpoint endpoint, std::vector<Key> keys, Done done);
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;
    ~Probe() { hang_up(); }

  private:
    void start();
    Result<void> dial(const Endpoint& numeric);
    void read_monitor();
    // Something answers, but not with this key.
    void try_next_key();
    void finish(schema::Reached reached);
    void hang_up();

    const DialTools& tools_;
    const Endpoint endpoint_;
    std::vector<Key> keys_;
    Done done_;
    bool answered_ = false;  // something accepted the connection
    std::optional<Way> way_;
    loop::Socket dealer_;
    Monitor monitor_;
    loop::Watch monitor_watch_;
    loop::Watch deadline_;
};

}  // namespace lapx::transport
