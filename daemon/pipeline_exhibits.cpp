// Exhibits that do not travel inside parcels: asked for by a person; and files that nobody names.

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"

namespace lapx::daemon {
namespace {

constexpr std::size_t kFilesAtATime = 16;

}  // namespace

Result<void> Pipeline::fetch(const cases::Row& row, std::uint16_t element) {
    LAPX_TRY_ASSIGN(auto exhibit, parts_.cases.exhibit(row.seq, element));
    if (!exhibit) {
        return fail(Code::kNotFound, "only the description of exhibit " + std::to_string(element) +
                                         " was disclosed: ask " + row.agency.text() +
                                         " for the rest");
    }
    return pulls_.want(row.seq, std::move(*exhibit));
}

// False for a frame about anything else.
std::optional<bool> Pipeline::take_of_exhibit(const Agency& from,
                                              const schema::FrameMessage& message) {
    if (const auto* chunk = std::get_if<schema::ExhibitChunkFrame>(&message)) {
        return pulls_.take(from, *chunk);
    }
    if (const auto* request = std::get_if<schema::ExhibitRequestFrame>(&message)) {
        return service_.take(from, *request);
    }
    const auto* refusal = std::get_if<schema::RefusalFrame>(&message);
    if (refusal != nullptr && refusal->exhibit != 0) {
        return pulls_.take_refusal(from, *refusal);
    }
    return std::nullopt;
}

// Now and then.
void Pipeline::tend_exhibits() {
    service_.tick();
    if (may_sign()) {
        pulls_.tick();
        // Only now is it known that the database is the right one.
        if (const auto removed = parts_.folder.remove_some(); !removed) {
            log::error(
                {"exhibits: ", to_string(removed.error().code), ": ", removed.error().context});
        }
    }
    if (const auto discarded = discard_files(); !discarded) {
        parts_.round.fail_with(discarded.error());
    }
}

// Once it is durable that no row names them. What a crash leaves of them goes after the next start.
Result<void> Pipeline::discard_files() {
    LAPX_TRY_ASSIGN(const auto names, parts_.exhibits.unused(kFilesAtATime));
    if (names.empty()) {
        return {};
    }
    LAPX_TRY(parts_.round.begin());
    for (const std::string& name : names) {
        LAPX_TRY(parts_.exhibits.forget_unused(name));
        LAPX_TRY_ASSIGN(const bool named, parts_.exhibits.is_named(name));
        if (named) {
            continue;
        }
        parts_.round.then([&folder = parts_.folder, name] { folder.discard(name); },
                          [](const Error&) {});
    }
    return {};
}

}  // namespace lapx::daemon
