#include "daemon/relay/relay.hpp"

#include <algorithm>

namespace lapx::relay {
namespace {

constexpr std::string_view kHeldColumns = "seq, owner, depositor, deposit, came, expires, size";

std::int64_t seconds_of(Time time) { return time.time_since_epoch().count(); }

Result<Held> read_held(const store::Statement& row) {
    LAPX_TRY_ASSIGN(Agency owner, Agency::parse(row.text(1)));
    LAPX_TRY_ASSIGN(Agency depositor, Agency::parse(row.text(2)));
    LAPX_TRY_ASSIGN(const auto deposit, schema::DepositId::from(row.blob(3)));
    return Held{row.integer(0),
                std::move(owner),
                std::move(depositor),
                deposit,
                Time{std::chrono::seconds{row.integer(4)}},
                Time{std::chrono::seconds{row.integer(5)}},
                static_cast<std::uint64_t>(row.integer(6))};
}

}  // namespace

bool Relay::serves(const Agency& owner) const {
    return std::find(config_.owners.begin(), config_.owners.end(), owner) != config_.owners.end();
}

Result<Total> Relay::total_of(const Agency& agency, Part part) {
    LAPX_TRY_ASSIGN(
        auto row,
        database_.query("SELECT files, octets FROM relayed_total WHERE agency = ? AND part = ?",
                        std::string_view(agency.text()), static_cast<int>(part)));
    LAPX_TRY_ASSIGN(const bool found, row.step());
    return found ? Total{static_cast<std::uint64_t>(row.integer(0)),
                         static_cast<std::uint64_t>(row.integer(1))}
                 : Total{};
}

Result<void> Relay::add_to(const Agency& agency, Part part, std::int64_t files,
                           std::int64_t octets) {
    const std::string_view name = agency.text();
    LAPX_TRY(database_.run(
        "INSERT INTO relayed_total(agency, part, files, octets) VALUES(?, ?, ?, ?) ON "
        "CONFLICT(agency, part) DO UPDATE SET files = files + excluded.files, octets = octets + "
        "excluded.octets",
        name, static_cast<int>(part), files, octets));
    return database_.run("DELETE FROM relayed_total WHERE agency = ? AND part = ? AND files = 0",
                         name, static_cast<int>(part));
}

Result<Put> Relay::put(const Agency& depositor, const schema::RelayPutFrame& frame, Time now) {
    if (!serves(frame.owner)) {
        return Put{.refused = Code::kUnknownAgency};
    }
    if (frame.expires <= now) {
        return Put{.refused = Code::kExpired};
    }
    LAPX_TRY_ASSIGN(auto known,
                    database_.query("SELECT 1 FROM relayed WHERE depositor = ? AND deposit = ?",
                                    std::string_view(depositor.text()), frame.deposit.view()));
    LAPX_TRY_ASSIGN(const bool again, known.step());
    if (again) {
        return Put{};
    }
    const std::uint64_t size = frame.sealed.size();
    LAPX_TRY_ASSIGN(const Total owners, total_of(frame.owner, Part::kOwner));
    LAPX_TRY_ASSIGN(const Total depositors, total_of(depositor, Part::kDepositor));
    if (owners.files >= config_.owner_files || owners.octets + size > config_.owner_octets ||
        depositors.files >= config_.depositor_files ||
        depositors.octets + size > config_.depositor_octets) {
        return Put{.refused = Code::kQuota};
    }
    const Time last = now + std::chrono::days(static_cast<std::int64_t>(config_.days));
    LAPX_TRY(database_.run(
        "INSERT INTO relayed(owner, depositor, deposit, came, expires, size, sealed) VALUES(?, ?, "
        "?, ?, ?, ?, ?)",
        std::string_view(frame.owner.text()), std::string_view(depositor.text()),
        frame.deposit.view(), seconds_of(now), seconds_of(std::min(frame.expires, last)), size,
        BytesView(frame.sealed)));
    const auto octets = static_cast<std::int64_t>(size);
    LAPX_TRY(add_to(frame.owner, Part::kOwner, 1, octets));
    LAPX_TRY(add_to(depositor, Part::kDepositor, 1, octets));
    return Put{.fresh = true};
}

Result<std::int64_t> Relay::place_of(const Agency& owner,
                                     const std::optional<schema::DepositId>& deposit) {
    if (!deposit) {
        return 0;
    }
    LAPX_TRY_ASSIGN(auto row, database_.query("SELECT coalesce(max(seq), 0) FROM relayed WHERE "
                                              "owner = ? AND deposit = ?",
                                              std::string_view(owner.text()), deposit->view()));
    LAPX_TRY(row.step());
    return row.integer(0);
}

Result<std::optional<HeldFile>> Relay::next(const Agency& owner, std::int64_t after) {
    LAPX_TRY_ASSIGN(auto rows,
                    database_.query("SELECT " + std::string(kHeldColumns) +
                                        ", sealed FROM relayed WHERE owner = ? AND seq > ? ORDER "
                                        "BY seq LIMIT 1",
                                    std::string_view(owner.text()), after));
    return store::first(std::move(rows), [](const store::Statement& row) -> Result<HeldFile> {
        LAPX_TRY_ASSIGN(Held held, read_held(row));
        const BytesView sealed = row.blob(7);
        return HeldFile{std::move(held), Bytes(sealed.begin(), sealed.end())};
    });
}

Result<void> Relay::drop(const Held& held) {
    LAPX_TRY(database_.run("DELETE FROM relayed WHERE seq = ?", held.seq));
    const auto octets = static_cast<std::int64_t>(held.size);
    LAPX_TRY(add_to(held.owner, Part::kOwner, -1, -octets));
    return add_to(held.depositor, Part::kDepositor, -1, -octets);
}

Result<bool> Relay::remove(const Agency& owner, const schema::DepositId& deposit) {
    LAPX_TRY_ASSIGN(auto row, database_.query("SELECT " + std::string(kHeldColumns) +
                                                  " FROM relayed WHERE owner = ? AND deposit = ?",
                                              std::string_view(owner.text()), deposit.view()));
    LAPX_TRY_ASSIGN(const auto found, store::all(std::move(row), read_held));
    for (const Held& held : found) {
        LAPX_TRY(drop(held));
    }
    return !found.empty();
}

Result<std::size_t> Relay::expire(Time now, std::uint64_t octets) {
    constexpr std::size_t kAtOnce = 64;
    LAPX_TRY_ASSIGN(auto row, database_.query("SELECT " + std::string(kHeldColumns) +
                                                  " FROM relayed WHERE expires <= ? LIMIT ?",
                                              seconds_of(now), kAtOnce));
    LAPX_TRY_ASSIGN(const auto over, store::all(std::move(row), read_held));
    std::uint64_t dropped = 0;
    std::size_t count = 0;
    for (; count < over.size() && dropped < octets; ++count) {
        LAPX_TRY(drop(over[count]));
        dropped += over[count].size;
    }
    return count;
}

Result<std::vector<Held>> Relay::list(std::int64_t after, std::size_t limit) {
    LAPX_TRY_ASSIGN(auto row,
                    database_.query("SELECT " + std::string(kHeldColumns) +
                                        " FROM relayed WHERE seq > ? ORDER BY seq LIMIT ?",
                                    after, limit));
    return store::all(std::move(row), read_held);
}

Result<Total> Relay::total() {
    LAPX_TRY_ASSIGN(auto row,
                    database_.query("SELECT coalesce(sum(files), 0), coalesce(sum(octets), 0) FROM "
                                    "relayed_total WHERE part = ?",
                                    static_cast<int>(Part::kOwner)));
    LAPX_TRY(row.step());
    return Total{static_cast<std::uint64_t>(row.integer(0)),
                 static_cast<std::uint64_t>(row.integer(1))};
}

}  // namespace lapx::relay
