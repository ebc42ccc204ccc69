// lapx-bench: what tools/bench/report measures with. Prints `name value` lines.

#include <cstdio>
#include <iostream>

#include <CLI/CLI.hpp>

#include "keys/init.hpp"
#include "tools/bench/clocks.hpp"
#include "tools/bench/load.hpp"
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

Result<void> bulk(const bench::Target& target, std::size_t count, std::size_t in_flight,
                  const std::vector<pid_t>& processes) {
    LAPX_TRY_ASSIGN(const bench::Bulk done,
                    bench::file_in_bulk(target, count, in_flight, processes));
    print("per_second", done.per_second());
    print("cpu_us", done.cpu_each() * bench::kMicro);
    print("answer_p50_us", bench::quantile(done.answers, 0.5) * bench::kMicro);
    print("answer_p99_us", bench::quantile(done.answers, 0.99) * bench::kMicro);
    return {};
}

Result<void> lone(const bench::Target& target, std::size_t count) {
    LAPX_TRY_ASSIGN(const std::vector<double> took, bench::file_alone(target, count));
    print("p50_us", bench::quantile(took, 0.5) * bench::kMicro);
    print("p99_us", bench::quantile(took, 0.99) * bench::kMicro);
    return {};
}

// `exchange`: microseconds of CPU, both ends, for a parcel over ZeroMQ with CURVE and a small
// answer; 0 where nobody measured it.
Result<void> primitives(std::size_t batch, const std::string& folder, double exchange) {
    LAPX_TRY_ASSIGN(auto costs, bench::measure_primitives(batch, folder));
    costs.push_back({"CURVE exchange over loopback", 1, exchange});
    double total = 0;
    for (const bench::Cost& cost : costs) {
        total += cost.each_referral();
        std::printf("# %-44s %6.3f x %8.2f = %8.2f\n", cost.what.c_str(), cost.count, cost.micros,
                    cost.each_referral());
    }
    print("total_us", total);
    return {};
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): exhaustion ends the program
int main(int argc, char** argv) {
    CLI::App app{"lapx-bench: load for a pair of nodes, and what its parts cost"};
    app.require_subcommand(1);
    bench::Target target;
    std::size_t count = 1000;
    std::size_t in_flight = 32;
    std::vector<pid_t> processes;
    const auto add = [&](const char* name, const char* about) {
        CLI::App* command = app.add_subcommand(name, about);
        command->add_option("--socket", target.socket, "control socket of the sender")->required();
        command->add_option("--to", target.to, "desk of the recipient")->required();
        command->add_option("--count", count, "referrals")->capture_default_str();
        return command;
    };
    CLI::App* bulk_command = add("bulk", "as many as it takes; rate, and CPU of --pid each");
    bulk_command->add_option("--in-flight", in_flight, "requests at a time")->capture_default_str();
    bulk_command->add_option("--pid", processes, "a process whose CPU is counted");
    CLI::App* lone_command = add("lone", "one at a time, until its receipt is durable");
    CLI::App* primitives_command = app.add_subcommand(
        "primitives", "what one referral cannot do without, microseconds of CPU");
    std::string folder;
    double exchange = 0;
    std::size_t batch = in_flight;
    primitives_command->add_option("--folder", folder, "for a scratch database")->required();
    primitives_command->add_option("--batch", batch, "referrals in one commit")
        ->capture_default_str();
    primitives_command->add_option("--exchange", exchange,
                                   "of a CURVE exchange, measured elsewhere");
    CLI11_PARSE(app, argc, argv);
    if (const auto ready = keys::initialize(); !ready) {
        return report(ready);
    }
    if (lone_command->parsed()) {
        return report(lone(target, count));
    }
    if (primitives_command->parsed()) {
        return report(primitives(batch, folder, exchange));
    }
    return report(bulk(target, count, in_flight, processes));
}
