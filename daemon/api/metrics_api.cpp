// Figures for operators and their monitoring: counts, and nothing of what is counted.

#include "daemon/api/api.hpp"

namespace lapx::daemon {
namespace {

using control::Request;
using control::Role;

// Prometheus text format 0.0.4.
constexpr const char* kContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace

std::vector<Api::Figure> Api::traffic_figures() const {
    const Counters& counted = parts_.pipeline.counters();
    return {
        {"parcels_accepted", "Parcels that came in and were stored.", counted.accepted},
        {"parcels_repeated", "Parcels that came in once more.", counted.repeated},
        {"parcels_turned_away", "Parcels finally refused, with an entry.", counted.turned_away},
        {"parcels_refused", "Parcels refused without an entry.", counted.refused},
        {"parcels_over_quota", "Parcels refused unopened: their sender spent its quota.",
         counted.over_quota},
        {"parcels_dropped", "Parcels dropped: their sender takes in no answers.", counted.deaf},
        {"frames_malformed", "Frames dropped: they are none of the protocol.", counted.malformed},
        {"peers_shut_out", "Times that a peer was shut out for what it cost.", counted.shut_out},
        {"parcels_delivered", "Parcels of ours of which a receipt came.", counted.delivered},
    };
}

std::vector<Api::Figure> Api::connection_figures() const {
    const transport::Stats stats = parts_.pipeline_parts.transport.stats();
    return {
        {"handshakes_accepted", "Handshakes of admitted keys.", stats.accepted},
        {"handshakes_refused", "Handshakes of keys that are not admitted.", stats.refused},
        {"handshakes_over_quota", "Handshakes of keys that make too many.", stats.over_quota},
        {"connections_unheard", "Connections that ended before their first message.",
         stats.unheard},
        {"messages_unnamed", "Messages dropped: no agency is known of them.", stats.no_user_id},
        {"messages_not_admitted", "Messages dropped: their key is not admitted any more.",
         stats.not_admitted},
        {"messages_of_many_frames", "Messages dropped: not one frame.", stats.multi_frame},
        {"messages_with_routing_id", "Messages dropped: their sender chose its routing id.",
         stats.routing_id},
        {"connections_flooding", "Connections cut: octets without end.", stats.floods},
        {"messages_lost", "Messages dropped: their connection ended while they waited.",
         stats.lost},
        {"keys_swamping", "Keys shut out: too many of their messages waited.", stats.swamping},
        {"connections_heavy", "Connections cut: all together held too much.", stats.heavy},
        {"connections_silent", "Connections cut: they said nothing.", stats.silent},
        {"connections_crowded", "Connections cut: there were too many.", stats.crowded},
        {"keys_muted", "Keys shut out for a while.", stats.muted},
    };
}

Result<std::vector<Api::Figure>> Api::figures() {
    const PipelineParts& node = parts_.pipeline_parts;
    LAPX_TRY_ASSIGN(const std::uint64_t queued, node.delivery.queued());
    std::uint64_t connected = 0;
    for (const auto& [peer, conversation] : parts_.pipeline.conversations()) {
        connected += conversation.greeted ? 1 : 0;
    }
    std::vector<Figure> out{
        {"ledger_entries", "Entries of our ledger.", node.log.size(), false},
        {"parcels_queued", "Parcels of ours that wait for a receipt.", queued, false},
        {"peers_known", "Agencies in the directory.", node.contacts.all().size(), false},
        {"peers_connected", "Peers that are connected.", connected, false},
        {"may_sign", "1 where entries may be signed.", parts_.pipeline.may_sign() ? 1U : 0U, false},
    };
    for (const auto& more : {traffic_figures(), connection_figures()}) {
        out.insert(out.end(), more.begin(), more.end());
    }
    return out;
}

Result<Json> Api::figures_json() {
    LAPX_TRY_ASSIGN(const auto all, figures());
    Json out = Json::object();
    for (const Figure& figure : all) {
        out[figure.name] = figure.value;
    }
    return out;
}

void Api::add_metric_routes(control::Server& server) {
    server.route("GET", "/v1/metrics", {Role::kAdmin, Role::kAuditor}, {},
                 [this](const Request&, control::Pending pending) {
                     const auto all = figures();
                     if (!all) {
                         pending.answer(all.error());
                         return;
                     }
                     control::Reply reply{.content_type = kContentType};
                     for (const Figure& figure : *all) {
                         const std::string name =
                             std::string("lapx_") + figure.name + (figure.counts ? "_total" : "");
                         reply.octets.append("# HELP ").append(name).append(" ");
                         reply.octets.append(figure.help).append("\n# TYPE ").append(name);
                         reply.octets.append(figure.counts ? " counter\n" : " gauge\n");
                         reply.octets.append(name).append(" ");
                         reply.octets.append(std::to_string(figure.value)).append("\n");
                     }
                     pending.answer(std::move(reply));
                 });
}

}  // namespace lapx::daemon
