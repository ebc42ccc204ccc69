#pragma once
// Moves frames between nodes over ZeroMQ with CURVE (protocol.md 8.1 to 8.3): one ROUTER that
// admitted peers dial, one DEALER for each peer dialled. It knows agencies, keys and octets, and
// nothing of what the octets mean. Frames sent may be lost with their connection; only receipts
// count.
//
//   LAPX_TRY_ASSIGN(auto transport, Transport::open(loop, clock, events, secret, options));
//   transport->admit(Admitted(keys));
//   transport->dial(agency, {key}, {"tcp://192.0.2.7:5617"});
//   transport->send(agency, frame);
//
// Everything happens on the loop's thread. Helpers that fork must have been started before open():
// a ZeroMQ context does not survive a fork.

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "daemon/loop/loop.hpp"
#include "daemon/transport/admitted.hpp"
#include "schema/base/address.hpp"
#include "schema/base/bytes.hpp"
#include "schema/limits.hpp"
#include "schema/vocabulary.hpp"

namespace lapx::transport {

// One connection, dialled or accepted; never used for another one.
struct Route {
    std::uint64_t id = 0;
    auto operator<=>(const Route&) const = default;
};

struct Inbound {
    Agency from;  // whose CURVE key the connection was made with, not who the frame says it is from
    Key key;      // that key
    Route route;
    Bytes payload;  // at most schema::kMaxFrame octets, aligned as from new
};

// Called from the loop. All of Transport may be used from within.
class Events {
  public:
    virtual ~Events() = default;
    // For an accepted connection, when its first message comes: before on_message.
    virtual void on_connected(const Agency& agency, Route route) = 0;
    virtual void on_disconnected(const Agency& agency, Route route) = 0;
    // Peers take turns (turns.hpp). Between its route's on_connected and on_disconnected: what
    // waits is lost with its connection.
    virtual void on_message(Inbound inbound) = 0;
};

enum class SendResult : std::uint8_t {
    kSent,         // taken over; whether it arrives only a receipt can tell
    kUnreachable,  // no such connection
    kFull,         // the peer does not take in what waits for it already; try again later
};

struct Options {
    // "tcp://192.0.2.7:5617", "tcp://*:5617", "tcp://127.0.0.1:*"; none: dial only.
    std::optional<std::string> bind;
    // "192.0.2.1:1080" or "proxy.example:1080": a SOCKS5 proxy through which everything is dialled,
    // and which then looks up the names.
    std::optional<std::string> socks;
    // Messages that wait to be sent on a connection; of what it brought, what so many of the
    // largest have in octets.
    int high_water = 64;
    std::chrono::milliseconds heartbeat{10'000};  // a connection silent for two of them is cut
    std::chrono::milliseconds handshake{10'000};
    // An accepted connection that has not delivered a message by then is cut: each side begins with
    // a Hello (protocol.md 8.4).
    std::chrono::milliseconds silence{30'000};
    std::size_t max_connections = 4'096;  // accepted; beyond, the oldest silent one is cut
    // Octets of messages that wait or are not complete, of all accepted connections together;
    // beyond, those that hold most are cut. Each may hold a full queue, some 17 MiB, and 1 MiB
    // before its first message.
    std::uint64_t max_held = std::uint64_t{128} * 1024 * 1024;
    // Messages of one key that wait to be dealt with; beyond, it is shut out. Far more than what is
    // under way to us by right (protocol.md 8.4), and few enough for the smallest to cost little.
    std::size_t max_waiting = 16'384;
    std::chrono::milliseconds mute = schema::kShutOut;
    std::chrono::milliseconds supervision{250};  // how often the connections are looked after
    // A peer that is not reached by then is dialled anew, at its next endpoint; doubles up to 12
    // times as long.
    std::chrono::milliseconds patience{10'000};
    // A peer that refuses our key is asked again after this; doubles up to 60 times as long.
    std::chrono::milliseconds refused_retry{1'000};
};

// Since open().
struct Stats {
    std::uint64_t accepted = 0;      // handshakes that succeeded
    std::uint64_t refused = 0;       // keys not admitted
    std::uint64_t over_quota = 0;    // handshakes of an admitted key that makes too many
    std::uint64_t unheard = 0;       // accepted connections that ended before their first message
    std::uint64_t no_user_id = 0;    // messages dropped
    std::uint64_t not_admitted = 0;  // messages dropped: the key was admitted once, or is muted
    std::uint64_t multi_frame = 0;   // messages dropped, sender muted
    std::uint64_t routing_id = 0;    // messages dropped, sender muted: it chose its routing id
    std::uint64_t floods = 0;        // connections cut: octets without end that are no message
    std::uint64_t lost = 0;          // messages dropped: their connection ended while they waited
    std::uint64_t swamping = 0;      // keys muted: too many of their messages waited
    std::uint64_t heavy = 0;         // connections cut: all together held too much
    std::uint64_t silent = 0;        // connections cut
    std::uint64_t crowded = 0;       // connections cut: too many, in all or of one key
    std::uint64_t muted = 0;         // keys
};

// Why a peer is or is not reached, for a person.
struct Link {
    enum class State : std::uint8_t {
        kNotDialled,
        kNotAdmitted,  // by us: its key is not in the snapshot, or muted
        kResolving,
        kUnresolved,  // no address for its host name
        kConnecting,  // no answer so far, or the other side has another key
        kRefused,     // the peer does not admit our key
        kConnected,
        kNoProxy,  // the SOCKS proxy is not reached, or does not reach the peer
    };
    State dialled = State::kNotDialled;
    std::string endpoint;      // the one last tried
    std::size_t accepted = 0;  // connections of its own to us
    bool muted = false;        // it broke the protocol, and is shut out for a while
};

using Probed = std::function<void(std::vector<schema::Reached>)>;

class Transport {
  public:
    virtual ~Transport() = default;

    // `curve_secret` is the octets of our CURVE secret key; ZeroMQ keeps the only copy. `loop`,
    // `clock` and `events` must outlive the transport; the clock is asked from another thread too.
    // Before it returns, a throw-away key has been refused by the new socket. Errors: kIo,
    // kConfigInvalid (bind), kInvalidArgument (socks), kSelfTestFailed.
    static Result<std::unique_ptr<Transport>> open(loop::Loop& loop, const loop::Monotonic& clock,
                                                   Events& events,
                                                   std::span<const std::uint8_t, 32> curve_secret,
                                                   const Options& options);

    // Replaces the snapshot. Connections of keys that are no longer in it are cut and reported as
    // disconnected before this returns.
    virtual void admit(Admitted admitted) = 0;
    // Keeps a connection to a peer as long as its key is admitted. The same again changes nothing;
    // other endpoints, or keys without the one of the connection that stands, replace the
    // connection. Each endpoint is tried with each of the peer's keys, in turn. Errors:
    // kInvalidArgument (an endpoint, or none; no key).
    virtual Result<void> dial(const Agency& agency, const std::vector<Key>& server_keys,
                              std::vector<std::string> endpoints) = 0;
    // From now on our key is this one, for those who dial us and those whom we dial. Every
    // connection is cut and reported as disconnected before this returns, and nobody is dialled:
    // dial() anew. Errors: those of open().
    virtual Result<void> rekey(std::span<const std::uint8_t, 32> curve_secret) = 0;
    // Dials each endpoint once and hangs up; `done` gets what was found, in their order, later and
    // from the loop. A few seconds for each key; `keys` as with dial(). Errors: kInvalidArgument.
    virtual Result<void> probe(const std::vector<Key>& keys,
                               const std::vector<std::string>& endpoints, Probed done) = 0;
    // Ends what dial() began; reported as disconnected before this returns.
    virtual void hang_up(const Agency& agency) = 0;
    // Our own connection to the agency if it is up, else the newest that it made to us. `frame` is
    // at most schema::kMaxFrame octets.
    virtual SendResult send(const Agency& agency, BytesView frame) = 0;
    virtual SendResult send(Route route, BytesView frame) = 0;

    // The holder of this key broke the protocol: its connections are cut, and it is neither
    // admitted nor dialled for a while.
    virtual void mute(const Key& key) = 0;

    // With the port that was chosen; empty without `bind`.
    virtual std::string bound_endpoint() const = 0;
    virtual Key public_key() const = 0;
    virtual Stats stats() const = 0;
    virtual Link link(const Agency& agency) const = 0;
};

}  // namespace lapx::transport
