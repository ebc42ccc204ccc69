#include "tools/bench/peers.hpp"

#include <zmq.h>

#include <fstream>
#include <iterator>
#include <memory>

#include <nlohmann/json.hpp>

#include "keys/age_key.hpp"
#include "keys/curve.hpp"
#include "keys/directory.hpp"
#include "keys/init.hpp"
#include "schema/codec/frame.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/http_client.hpp"

namespace lapx::bench {
namespace {

constexpr int kGreetingPatience = 60'000;  // milliseconds
constexpr int kMaxSockets = 8'192;

struct Stranger {
    std::string card;
    std::string notice;
    std::string safety_number;
    keys::Secret<32> curve;
    keys::CurvePublicKey curve_public;
};

std::string vkey_of(const std::string& name, keys::KeyType type, const keys::SigningKey& key) {
    return keys::VerifierKey{name, type, key.public_key()}.text();
}

Result<Stranger> make_stranger(std::size_t number, Time now, Random& random) {
    LAPX_TRY_ASSIGN(const Agency agency,
                    Agency::parse("peer-" + std::to_string(number) + ".example"));
    const std::string prefix = agency.text() + "/lapx/";
    const auto root = keys::SigningKey::generate(random);
    const auto sign = keys::SigningKey::generate(random);
    const auto other = keys::SigningKey::generate(random);
    const auto node = keys::Identity::generate(random).recipient().text();
    const std::string root_key = vkey_of(prefix + "root-1", keys::KeyType::kEd25519, root);
    const schema::Card card{
        .agency = agency,
        .name = agency.text(),
        .country = "NL",
        .sector = schema::Sector::kEnforcement,
        .serial = 1,
        .previous = {},
        .not_before = now,
        .expires = now + schema::kMaxCardLife,
        .root = root_key,
        .sign = {vkey_of(prefix + "sign-1", keys::KeyType::kEd25519, sign)},
        .ledger = {vkey_of(prefix + "ledger-1", keys::KeyType::kEd25519, other)},
        .witness = {vkey_of(prefix + "witness-1", keys::KeyType::kCosignature, other)},
        .node = node};
    auto curve = keys::Secret<32>::generate(random);
    const keys::CurvePublicKey curve_public = keys::curve_public_key(curve);
    const schema::Notice notice{.agency = agency,
                                .serial = 1,
                                .not_before = now,
                                .expires = now + schema::kMaxNoticeLife,
                                .curve = {curve_public.bytes},
                                .endpoints = {},
                                .relays = {},
                                .zone = "UTC",
                                .desks = {{.id = "spam",
                                           .role = "Spam desk",
                                           .topics = {},
                                           .languages = {"en"},
                                           .phone = {},
                                           .mail = {},
                                           .hours = {},
                                           .closed = {},
                                           .deputy = {},
                                           .recipient = node}}};
    LAPX_TRY_ASSIGN(const auto key, keys::VerifierKey::parse(root_key));
    return Stranger{keys::sign_note(schema::print_card(card), prefix + "root-1", root),
                    keys::sign_note(schema::print_notice(notice), prefix + "sign-1", sign),
                    keys::safety_number(key), std::move(curve), curve_public};
}

Result<void> introduce(HttpClient& client, const Stranger& who, std::size_t number) {
    const nlohmann::json add = {{"card_file", who.card + "=====\n" + who.notice}};
    LAPX_TRY(client.call(request_text("POST", "/v1/contacts", add.dump())));
    const nlohmann::json verify = {{"safety_number", who.safety_number}};
    const std::string path = "/v1/contacts/peer-" + std::to_string(number) + ".example/verify";
    LAPX_TRY(client.call(request_text("POST", path, verify.dump())));
    return {};
}

struct Close {
    void operator()(void* socket) const { zmq_close(socket); }
};
struct Terminate {
    void operator()(void* context) const { zmq_ctx_term(context); }
};
using Socket = std::unique_ptr<void, Close>;

tl::unexpected<Error> zmq_failure(const char* what) {
    return fail(Code::kIo, std::string(what) + ": " + zmq_strerror(zmq_errno()));
}

Result<Socket> dial(void* context, const Stranger& who, const schema::Notice& node) {
    Socket socket(zmq_socket(context, ZMQ_DEALER));
    const int linger = 0;
    const auto set = [&](int option, const void* value, std::size_t size) {
        return zmq_setsockopt(socket.get(), option, value, size) == 0;
    };
    const auto& server = node.curve.front();
    if (!socket || !set(ZMQ_LINGER, &linger, sizeof(linger)) ||
        !set(ZMQ_RCVTIMEO, &kGreetingPatience, sizeof(kGreetingPatience)) ||
        !set(ZMQ_CURVE_SERVERKEY, server.data(), server.size()) ||
        !set(ZMQ_CURVE_PUBLICKEY, who.curve_public.bytes.data(), who.curve_public.bytes.size()) ||
        !set(ZMQ_CURVE_SECRETKEY, who.curve.view().data(), who.curve.view().size()) ||
        zmq_connect(socket.get(), node.endpoints.front().c_str()) != 0) {
        return zmq_failure("a connection");
    }
    return socket;
}

Result<std::vector<Socket>> connect_all(void* context, const std::vector<Stranger>& strangers,
                                        const schema::Notice& node, Time now) {
    std::vector<Socket> sockets;
    for (const Stranger& who : strangers) {
        LAPX_TRY_ASSIGN(sockets.emplace_back(), dial(context, who, node));
        const Bytes hello = schema::encode_frame(schema::HelloFrame{who.card, who.notice, {}, now});
        if (zmq_send(sockets.back().get(), hello.data(), hello.size(), 0) < 0) {
            return zmq_failure("a greeting");
        }
    }
    Bytes answer(schema::kMaxFrame);
    for (const Socket& socket : sockets) {
        if (zmq_recv(socket.get(), answer.data(), answer.size(), 0) < 0) {
            return fail(Code::kTimeout, "the node does not greet everybody");
        }
    }
    return sockets;
}

Result<schema::Notice> notice_in(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    LAPX_TRY_ASSIGN(const schema::CardFile parts, schema::split_card_file(text));
    LAPX_TRY_ASSIGN(const auto split, keys::split_note(parts.notice));
    LAPX_TRY_ASSIGN(schema::Notice notice, schema::parse_notice(split.text));
    if (notice.endpoints.empty()) {
        return fail(Code::kInvalidArgument, "the node cannot be dialled");
    }
    return notice;
}

}  // namespace

Result<Crowd> connect_crowd(const std::filesystem::path& socket, const std::filesystem::path& card,
                            pid_t node, std::size_t count) {
    LAPX_TRY_ASSIGN(const schema::Notice notice, notice_in(card));
    const SystemClock clock;
    keys::SystemRandom random;
    std::vector<Stranger> strangers;
    for (std::size_t i = 0; i < count; ++i) {
        LAPX_TRY_ASSIGN(strangers.emplace_back(), make_stranger(i, clock.seconds(), random));
    }
    LAPX_TRY_ASSIGN(HttpClient client, HttpClient::connect(socket, 1));
    const auto each = static_cast<double>(count);
    Crowd crowd;
    LAPX_TRY_ASSIGN(const double alone, memory_of(node));
    double begun = wall();
    for (std::size_t i = 0; i < count; ++i) {
        LAPX_TRY(introduce(client, strangers[i], i));
    }
    crowd.add_seconds = wall() - begun;
    LAPX_TRY_ASSIGN(const double known, memory_of(node));
    crowd.contact_kib = (known - alone) / each;
    const std::unique_ptr<void, Terminate> context(zmq_ctx_new());
    zmq_ctx_set(context.get(), ZMQ_MAX_SOCKETS, kMaxSockets);
    begun = wall();
    LAPX_TRY_ASSIGN(const auto sockets,
                    connect_all(context.get(), strangers, notice, clock.seconds()));
    crowd.connect_seconds = wall() - begun;
    LAPX_TRY_ASSIGN(const double connected, memory_of(node));
    crowd.connected_kib = (connected - known) / each;
    return crowd;
}

}  // namespace lapx::bench
