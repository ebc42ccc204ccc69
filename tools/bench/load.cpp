#include "tools/bench/load.hpp"

#include <unistd.h>

#include <functional>

#include "tools/bench/clocks.hpp"
#include "tools/bench/http_client.hpp"
#include "tools/bench/sample.hpp"

namespace lapx::bench {
namespace {

constexpr double kDeliveryPatience = 120;  // seconds in which something is delivered
// Microseconds between looks at the outbox, which cost the node CPU too.
constexpr useconds_t kLookInBulk = 5'000;
constexpr useconds_t kLookAlone = 100;

// Parcels that wait for their receipt. What the node answers with is what its last commit made
// durable.
Result<std::size_t> queued(HttpClient& client, const std::string& status) {
    LAPX_TRY_ASSIGN(const std::string body, client.call(status));
    const auto json = nlohmann::json::parse(body, nullptr, false);
    if (!json.is_object() || !json.contains("queued") || !json["queued"].is_number_unsigned()) {
        return fail(Code::kIo, "the node's status has another form");
    }
    return json["queued"].get<std::size_t>();
}

// Fails once nothing was delivered for kDeliveryPatience. `looked` hears how many are left.
Result<void> wait_until_delivered(HttpClient& client, useconds_t look,
                                  const std::function<void(std::size_t)>& looked = {}) {
    const std::string status = request_text("GET", "/v1/status");
    double since = wall();
    std::size_t before = 0;
    while (true) {
        LAPX_TRY_ASSIGN(const std::size_t left, queued(client, status));
        if (looked) {
            looked(left);
        }
        if (left == 0) {
            return {};
        }
        if (left != before) {
            before = left;
            since = wall();
        }
        if (wall() - since > kDeliveryPatience) {
            return fail(Code::kTimeout, std::to_string(left) + " not delivered");
        }
        usleep(look);
    }
}

Result<Exchange> filing(const Target& target) {
    LAPX_TRY_ASSIGN(const nlohmann::json draft, sample_request(target.to));
    if (target.exhibit == 0) {
        return Exchange{request_text("POST", "/v1/drafts", draft.dump())};
    }
    const auto with_exhibit = [draft](const std::string& answer) -> Result<std::string> {
        const auto uploaded = nlohmann::json::parse(answer, nullptr, false);
        if (!uploaded.is_object() || !uploaded.contains("upload")) {
            return fail(Code::kIo, "the answer to an upload has another form");
        }
        nlohmann::json body = draft;
        body["exhibits"] = {{{"upload", uploaded["upload"]}, {"name", "evidence.bin"}}};
        body["disclose"] = {"exhibit:1"};
        return request_text("POST", "/v1/drafts", body.dump());
    };
    return Exchange{request_text("POST", "/v1/uploads", std::string(target.exhibit, 'x'),
                                 "application/octet-stream"),
                    with_exhibit};
}

}  // namespace

Result<Bulk> file_in_bulk(const Target& target, std::size_t count, std::size_t in_flight, Until end,
                          const std::vector<pid_t>& processes) {
    LAPX_TRY_ASSIGN(const Exchange exchange, filing(target));
    LAPX_TRY_ASSIGN(HttpClient client, HttpClient::connect(target.socket, in_flight));
    Bulk out;
    out.count = count;
    out.answers.reserve(count);
    LAPX_TRY_ASSIGN(const double cpu_before, cpu_of(processes));
    const double begun = wall();
    LAPX_TRY(client.repeat(exchange, count, [&](double took) { out.answers.push_back(took); }));
    if (end == Until::kDelivered) {
        LAPX_TRY(wait_until_delivered(client, kLookInBulk));
    }
    out.seconds = wall() - begun;
    LAPX_TRY_ASSIGN(const double cpu_after, cpu_of(processes));
    out.cpu = cpu_after - cpu_before;
    return out;
}

Result<Drained> drain(const std::filesystem::path& socket) {
    LAPX_TRY_ASSIGN(HttpClient client, HttpClient::connect(socket, 1));
    std::size_t most = 0;
    double begun = wall();
    LAPX_TRY(wait_until_delivered(client, kLookInBulk, [&](std::size_t left) {
        if (left >= most) {
            most = left;
            begun = wall();
        }
    }));
    return Drained{most, wall() - begun};
}

Result<Lone> file_alone(const Target& target, std::size_t count) {
    LAPX_TRY_ASSIGN(const Exchange exchange, filing(target));
    LAPX_TRY_ASSIGN(HttpClient client, HttpClient::connect(target.socket, 1));
    Lone out;
    for (std::size_t i = 0; i < count; ++i) {
        const double begun = wall();
        LAPX_TRY(client.call(exchange.first));
        out.answers.push_back(wall() - begun);
        LAPX_TRY(wait_until_delivered(client, kLookAlone));
        out.delivered.push_back(wall() - begun);
    }
    return out;
}

}  // namespace lapx::bench
