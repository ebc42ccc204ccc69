// Erasure and holds: what may be erased, and what of it stands in the ledger.

#include <algorithm>

#include "daemon/log/log.hpp"
#include "daemon/pipeline.hpp"
#include "schema/notes/erasure.hpp"

namespace lapx::daemon {
namespace {

// Nothing where it was erased.
using Octets = std::optional<Bytes>;

tl::unexpected<Error> nothing_there(std::uint16_t number) {
    return fail(Code::kUnknownItem,
                "item " + std::to_string(number) + " holds nothing here that could be erased");
}

Result<Octets> item_of_ours(const cases::Case& value, std::uint16_t number) {
    const model::DraftItem& item = value.draft.items.at(number - 1U);
    if (item.erased) {
        return Octets{};
    }
    return item.present ? Result<Octets>(item.octets) : nothing_there(number);
}

Result<Octets> item_of_theirs(const cases::Incoming& incoming, const schema::View& view,
                              std::uint16_t number) {
    const auto is_disclosed = [](const schema::Disposition& disposition) {
        return std::holds_alternative<schema::Disclosed>(disposition);
    };
    const auto at = view.items.begin() + (number - 1);
    if (!is_disclosed(*at)) {
        return nothing_there(number);
    }
    const auto place =
        static_cast<std::size_t>(std::count_if(view.items.begin(), at, is_disclosed));
    const Bytes& octets = incoming.items.at(place);
    return octets.empty() ? Octets{} : Octets(octets);
}

}  // namespace

Result<void> Pipeline::check_not_held(const cases::Row& row) {
    LAPX_TRY_ASSIGN(const auto hold, parts_.erasing.hold(row));
    return hold ? fail(Code::kHeld, "held by " + hold->by + " since " + to_string(hold->since))
                : Result<void>{};
}

// All that left of the dossier has arrived or was given up: a parcel in the outbox is a copy.
Result<void> Pipeline::check_erasable(const std::vector<cases::Row>& rows) {
    LAPX_TRY(check_not_held(rows.front()));
    for (const cases::Row& row : rows) {
        LAPX_TRY_ASSIGN(const auto messages, parts_.delivery.of_referral(row.seq));
        bool leaving = row.state == cases::State::kReleasing ||
                       (row.state == cases::State::kSent && messages.empty());
        for (const delivery::Message& message : messages) {
            LAPX_TRY_ASSIGN(const auto waiting, parts_.delivery.waiting(message.seq));
            leaving = leaving || waiting.has_value();
        }
        if (leaving) {
            return fail(Code::kWrongState, "version " + std::to_string(row.version) +
                                               " is still on its way: lapx why says to whom");
        }
    }
    return {};
}

Result<cases::ErasurePlan> Pipeline::plan_item(const cases::Row& row,
                                               const std::vector<cases::Row>& rows,
                                               std::uint16_t number) {
    LAPX_TRY_ASSIGN(const std::string text, parts_.cases.manifest(row.seq));
    LAPX_TRY_ASSIGN(const schema::Manifest manifest, schema::parse_manifest(text));
    if (number == 0 || number > manifest.items.size()) {
        return fail(Code::kUnknownItem, "no item has this number");
    }
    Octets octets;
    if (row.direction == cases::Direction::kOut) {
        LAPX_TRY_ASSIGN(const cases::Case value, parts_.cases.load(row.seq));
        LAPX_TRY_ASSIGN(octets, item_of_ours(value, number));
    } else {
        LAPX_TRY_ASSIGN(const cases::Incoming incoming, parts_.cases.incoming(row.seq));
        LAPX_TRY_ASSIGN(const auto messages, parts_.delivery.of_referral(row.seq));
        if (messages.empty()) {
            return fail(Code::kDatabaseBroken, "a referral without its message");
        }
        LAPX_TRY_ASSIGN(const auto texts, parts_.delivery.texts(messages.front().seq));
        LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(texts.cover));
        LAPX_TRY_ASSIGN(const schema::Cover cover, schema::parse_cover(split.text));
        LAPX_TRY_ASSIGN(octets, item_of_theirs(incoming, cover.view()->view, number));
    }
    if (!octets) {
        return cases::ErasurePlan{};
    }
    LAPX_TRY_ASSIGN(const schema::DecodedItem decoded, schema::decode_item(*octets));
    return parts_.erasing.plan_item(rows, manifest.items[number - 1U].label, decoded.value);
}

Result<cases::ErasurePlan> Pipeline::plan_exhibit(const cases::Row& row,
                                                  const std::vector<cases::Row>& rows,
                                                  std::uint16_t number) {
    const auto exhibit = parts_.cases.exhibit(row.seq, number);
    if (!exhibit) {
        return exhibit.error().code == Code::kErased ? Result<cases::ErasurePlan>()
                                                     : tl::unexpected<Error>(exhibit.error());
    }
    if (!*exhibit) {
        return fail(Code::kNotFound,
                    "the octets of exhibit " + std::to_string(number) + " are not here");
    }
    return parts_.erasing.plan_exhibit(rows, (*exhibit)->plain);
}

// The free words of the decisions on these versions.
Result<void> Pipeline::erase_words(const std::vector<cases::Row>& rows,
                                   const std::vector<std::int64_t>& whole) {
    for (const cases::Row& row : rows) {
        if (row.direction != cases::Direction::kOut ||
            std::find(whole.begin(), whole.end(), row.seq) == whole.end()) {
            continue;
        }
        LAPX_TRY_ASSIGN(const auto messages, parts_.delivery.of_referral(row.seq));
        for (const delivery::Message& message : messages) {
            // Directly before its `sent` entry (protocol.md 6.5).
            LAPX_TRY(parts_.log.erase(message.leaf - 1, ledger::OpeningPart::kTexts));
        }
        LAPX_TRY_ASSIGN(const auto kept_back, parts_.cases.kept_back(row.seq));
        for (const cases::KeptBack& kept : kept_back) {
            LAPX_TRY(parts_.log.erase(kept.leaf, ledger::OpeningPart::kTexts));
        }
    }
    return {};
}

// The versions that still hold other words, or octets, under the name of what was erased.
Result<std::vector<std::uint64_t>> Pipeline::elsewhere(const cases::Row& row,
                                                       const std::vector<cases::Row>& rows,
                                                       const schema::ErasedName& what) {
    switch (what.part) {
        case schema::ErasedPart::kReferral:
            break;
        case schema::ErasedPart::kItem: {
            LAPX_TRY_ASSIGN(const std::string text, parts_.cases.manifest(row.seq));
            LAPX_TRY_ASSIGN(const schema::Manifest manifest, schema::parse_manifest(text));
            return parts_.erasing.other_items(row, rows, manifest.items.at(what.number - 1U).label);
        }
        case schema::ErasedPart::kExhibit:
            return parts_.erasing.other_exhibits(row, rows, what.number);
    }
    return std::vector<std::uint64_t>{};
}

Result<Erased> Pipeline::erase(const cases::Row& row, const Erasure& order) {
    LAPX_TRY_ASSIGN(const auto rows, parts_.cases.copies(row, order.viewer));
    LAPX_TRY(check_erasable(rows));
    cases::ErasurePlan plan;
    switch (order.what.part) {
        case schema::ErasedPart::kReferral: {
            LAPX_TRY_ASSIGN(plan, parts_.erasing.plan_all(rows));
            break;
        }
        case schema::ErasedPart::kItem: {
            LAPX_TRY_ASSIGN(plan, plan_item(row, rows, order.what.number));
            break;
        }
        case schema::ErasedPart::kExhibit: {
            LAPX_TRY_ASSIGN(plan, plan_exhibit(row, rows, order.what.number));
            break;
        }
    }
    if (!plan.is_empty()) {
        LAPX_TRY(log(schema::EntryKind::kErased,
                     schema::print_erased_record({row.id, row.agency, row.version, order.what,
                                                  order.operator_id, order.basis})));
        LAPX_TRY(parts_.erasing.carry_out(plan, parts_.clock.seconds()));
        LAPX_TRY(erase_words(rows, plan.whole));
        service_.look_again();
        pulls_.look_again();
        wal_.erased();
    }
    LAPX_TRY_ASSIGN(auto others, elsewhere(row, rows, order.what));
    return Erased{!plan.is_empty(), std::move(others)};
}

bool Pipeline::empty_wal() {
    if (!parts_.round.is_open()) {
        if (const auto error = wal_.attempt(parts_.monotonic.now())) {
            log::error({"the WAL cannot be emptied after an erasure: ", to_string(error->code),
                        ": ", error->context});
        }
    }
    return wal_.is_empty();
}

Result<bool> Pipeline::hold(const cases::Row& row, bool placed, const std::string& basis,
                            const std::string& operator_id) {
    LAPX_TRY_ASSIGN(const auto before, parts_.erasing.hold(row));
    if (before.has_value() == placed) {
        return false;
    }
    LAPX_TRY(log(schema::EntryKind::kErased,
                 schema::print_hold_record({row.id, row.agency, placed, operator_id, basis})));
    if (placed) {
        LAPX_TRY(parts_.erasing.place(row, {operator_id, parts_.clock.seconds()}));
    } else {
        LAPX_TRY(parts_.erasing.lift(row));
    }
    return true;
}

// What is replaced is gone, as what is erased is.
Result<void> Pipeline::check_editable(const cases::Row& row, const cases::Case& value) {
    LAPX_TRY(cases::check_changeable(value));
    LAPX_TRY(check_not_held(row));
    return parts_.erasing.check_whole(value);
}

Result<void> Pipeline::discard(const cases::Row& draft) {
    LAPX_TRY_ASSIGN(const cases::Case value, parts_.cases.load(draft.seq));
    LAPX_TRY(cases::check_changeable(value));
    LAPX_TRY(check_not_held(draft));
    return parts_.cases.remove(draft.seq);
}

}  // namespace lapx::daemon
