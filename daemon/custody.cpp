#include "daemon/custody.hpp"

namespace lapx::daemon {
namespace {

// Who did what nobody asked the node for.
constexpr std::string_view kItself = "lapxd";

}  // namespace

Result<void> record_hand_over(const LogEntry& log, exhibits::Store& store, const Clock& clock,
                              const HandOver& hand_over) {
    const std::string name = "exhibit " + std::to_string(hand_over.element) + " of " +
                             to_string(hand_over.referral) + ", sha256 " +
                             to_string(hand_over.plain);
    schema::EntryKind kind = schema::EntryKind::kRead;
    std::string record;
    switch (hand_over.event) {
        case exhibits::Event::kCame:
            record = schema::print_read_record(
                {std::string(kItself), name + ", came whole from " + hand_over.who});
            break;
        case exhibits::Event::kServed:
            kind = schema::EntryKind::kExported;
            record = schema::print_exported_record(
                {std::string(kItself), name + ", goes to " + hand_over.who});
            break;
        case exhibits::Event::kTakenOut:
            record = schema::print_read_record({hand_over.who, name});
            break;
    }
    LAPX_TRY_ASSIGN(const std::uint64_t leaf, log(kind, record));
    return store.add_custody(
        hand_over.row, {leaf, hand_over.element, hand_over.event, hand_over.who, clock.seconds()});
}

}  // namespace lapx::daemon
