#pragma once
// Files kept for agencies that cannot be reached (protocol.md 8.8). Owns the tables `relayed` and
// `relayed_total`. What is in the files is nobody's business here: they are sealed to their owner.

#include <cstdint>
#include <optional>
#include <vector>

#include "config/config.hpp"
#include "daemon/store/database.hpp"
#include "schema/codec/frame.hpp"

namespace lapx::relay {

// One file, without its octets.
struct Held {
    std::int64_t seq;
    Agency owner;
    Agency depositor;
    schema::DepositId deposit;
    Time came;
    Time expires;
    std::uint64_t size;
};
struct HeldFile {
    Held held;
    Bytes sealed;
};
struct Total {
    std::uint64_t files = 0;
    std::uint64_t octets = 0;
};
// What became of a deposit.
struct Put {
    std::optional<Code> refused = {};  // one of schema::is_relay_code
    bool fresh = false;                // else it is refused, or was here before
    bool operator==(const Put&) const = default;
};

// All within the caller's transaction.
class Relay {
  public:
    Relay(store::Database& database, const config::Relay& config)
        : database_(database), config_(config) {}

    // Whether anything is kept for it.
    bool serves(const Agency& owner) const;
    // The same deposit again, whatever else it says, changes nothing. Refused: kUnknownAgency where
    // nothing is kept for the owner, kExpired, kQuota.
    Result<Put> put(const Agency& depositor, const schema::RelayPutFrame& frame, Time now);
    // The seq of that deposit for the owner; 0 for none.
    Result<std::int64_t> place_of(const Agency& owner,
                                  const std::optional<schema::DepositId>& deposit);
    // The owner's oldest after that seq; nothing if there is none.
    Result<std::optional<HeldFile>> next(const Agency& owner, std::int64_t after);
    // By its owner. False: there was none.
    Result<bool> remove(const Agency& owner, const schema::DepositId& deposit);
    // Drops some whose time is over, of about so many octets; how many.
    Result<std::size_t> expire(Time now, std::uint64_t octets);

    // Without octets, oldest first, after that seq; at most `limit`.
    Result<std::vector<Held>> list(std::int64_t after, std::size_t limit);
    Result<Total> total();

  private:
    enum class Part : std::uint8_t { kOwner = 1, kDepositor = 2 };
    Result<Total> total_of(const Agency& agency, Part part);
    Result<void> add_to(const Agency& agency, Part part, std::int64_t files, std::int64_t octets);
    Result<void> drop(const Held& held);

    store::Database& database_;
    const config::Relay& config_;
};

}  // namespace lapx::relay
