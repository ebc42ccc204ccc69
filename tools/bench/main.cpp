// lapx-bench: what tools/bench/report measures with. Prints `name value` lines.

#include <cstdio>
#include <iostream>

#include <CLI/CLI.hpp>

#include "keys/init.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/grow.hpp"
#include "tools/bench/load.hpp"
#include "tools/bench/peers.hpp"
#include "tools/bench/primitives.hpp"

namespace {

using namespace lapx;

int report(const Result<void>& done) {
    if (done) {
        return EXIT_SUCCESS;
    }
    std::cerr << "lapx-bench: error: " << to_string(done.error().code) << ": "
              << done.error().context << '\n';
    return EXIT_FAILURE;
}

void print(const char* name, double value) { std::printf("%s %.1f\n", name, value); }

void print_answers(const std::vector<double>& answers) {
    print("answer_p50_us", bench::quantile(answers, 0.5) * bench::kMicro);
    print("answer_p99_us", bench::quantile(answers, 0.99) * bench::kMicro);
}

struct Options {
    bench::Target target;
    std::size_t count = 1000;
    std::size_t in_flight = 32;
    bool filed = false;
    std::vector<pid_t> processes;
    std::string folder;
    double exchange = 0;
    std::string home;
    std::uint64_t entries = 0;
    std::string card;
};

Result<void> bulk(const Options& o) {
    const auto end = o.filed ? bench::Until::kFiled : bench::Until::kDelivered;
    LAPX_TRY_ASSIGN(const bench::Bulk done,
                    bench::file_in_bulk(o.target, o.count, o.in_flight, end, o.processes));
    print("per_second", done.per_second());
    print("cpu_us", done.cpu_each() * bench::kMicro);
    print_answers(done.answers);
    return {};
}

Result<void> lone(const Options& o) {
    LAPX_TRY_ASSIGN(const bench::Lone took, bench::file_alone(o.target, o.count));
    print("p50_us", bench::quantile(took.delivered, 0.5) * bench::kMicro);
    print("p99_us", bench::quantile(took.delivered, 0.99) * bench::kMicro);
    print_answers(took.answers);
    return {};
}

Result<void> drain(const Options& o) {
    LAPX_TRY_ASSIGN(const bench::Drained done, bench::drain(o.target.socket));
    print("count", static_cast<double>(done.count));
    print("seconds", done.seconds);
    return {};
}

Result<void> grow(const Options& o) { return bench::grow_ledger(o.home, o.entries); }

Result<void> peers(const Options& o) {
    LAPX_TRY_ASSIGN(const bench::Crowd crowd,
                    bench::connect_crowd(o.target.socket, o.card, o.processes.front(), o.count));
    print("add_ms", crowd.add_seconds * bench::kMilli);
    print("connect_ms", crowd.connect_seconds * bench::kMilli);
    print("contact_kib", crowd.contact_kib);
    print("connected_kib", crowd.connected_kib);
    return {};
}

// `exchange`: microseconds of CPU, both ends, for a parcel over ZeroMQ with CURVE and a small
// answer; 0 where nobody measured it.
Result<void> primitives(const Options& o) {
    LAPX_TRY_ASSIGN(auto costs, bench::measure_primitives(o.in_flight, o.folder));
    costs.push_back({"CURVE exchange over loopback", 1, o.exchange});
    double total = 0;
    for (const bench::Cost& cost : costs) {
        total += cost.each_referral();
        std::printf("# %-44s %6.3f x %8.2f = %8.2f\n", cost.what.c_str(), cost.count, cost.micros,
                    cost.each_referral());
    }
    print("total_us", total);
    return {};
}

struct Command {
    CLI::App* app;
    Result<void> (*run)(const Options&);
};

std::vector<Command> add_load(CLI::App& app, Options& o) {
    CLI::App* many = app.add_subcommand("bulk", "as many as it takes; rate, and CPU of --pid each");
    CLI::App* one = app.add_subcommand("lone", "one at a time, until its receipt is durable");
    for (CLI::App* command : {many, one}) {
        command->add_option("--socket", o.target.socket, "control socket of the sender")
            ->required();
        command->add_option("--to", o.target.to, "desk of the recipient")->required();
        command->add_option("--count", o.count, "referrals")->capture_default_str();
    }
    many->add_option("--in-flight", o.in_flight, "requests at a time")->capture_default_str();
    many->add_option("--pid", o.processes, "a process whose CPU is counted");
    many->add_option("--exhibit", o.target.exhibit, "octets of an exhibit of each");
    many->add_flag("--filed", o.filed, "until all are filed, not until they are delivered");
    CLI::App* rest = app.add_subcommand("drain", "until what is queued is delivered");
    rest->add_option("--socket", o.target.socket, "control socket of the sender")->required();
    return {{many, bulk}, {one, lone}, {rest, drain}};
}

std::vector<Command> add_others(CLI::App& app, Options& o) {
    CLI::App* parts = app.add_subcommand(
        "primitives", "what one referral cannot do without, microseconds of CPU");
    parts->add_option("--folder", o.folder, "for a scratch database")->required();
    parts->add_option("--batch", o.in_flight, "referrals in one commit")->capture_default_str();
    parts->add_option("--exchange", o.exchange, "of a CURVE exchange, measured elsewhere");
    CLI::App* longer = app.add_subcommand("grow", "a stopped node's ledger, for measurements");
    longer->add_option("--home", o.home, "of the node, its keys under a key file")->required();
    longer->add_option("--entries", o.entries, "that it shall have")->required();
    CLI::App* crowd = app.add_subcommand("peers", "many agencies that connect to one node");
    crowd->add_option("--socket", o.target.socket, "control socket of the node")->required();
    crowd->add_option("--card", o.card, "card file of the node")->required();
    crowd->add_option("--pid", o.processes, "the node")->required()->expected(1);
    crowd->add_option("--count", o.count, "agencies")->capture_default_str();
    return {{parts, primitives}, {longer, grow}, {crowd, peers}};
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): exhaustion ends the program
int main(int argc, char** argv) {
    CLI::App app{"lapx-bench: load for nodes, and what its parts cost"};
    app.require_subcommand(1);
    Options options;
    std::vector<Command> commands = add_load(app, options);
    for (const Command& command : add_others(app, options)) {
        commands.push_back(command);
    }
    CLI11_PARSE(app, argc, argv);
    if (const auto ready = keys::initialize(); !ready) {
        return report(ready);
    }
    for (const Command& command : commands) {
        if (command.app->parsed()) {
            return report(command.run(options));
        }
    }
    return EXIT_FAILURE;
}
