#include "daemon/cases/erasing.hpp"

#include <algorithm>
#include <set>

#include "keys/domains.hpp"

namespace lapx::cases {
namespace {

Bytes copy_of(BytesView octets) { return {octets.begin(), octets.end()}; }

void erase_from(Bytes& slots, std::size_t first) {
    for (std::size_t part = first; part < keys::part_count(slots); ++part) {
        keys::erase_part(slots, part);
    }
}

// A decision and its place stay; why it was made was said in free words.
void forget_words(Case& value) {
    for (model::DraftItem& item : value.draft.items) {
        if (!item.erased) {
            item.erased = keys::item_digest(item.octets);
        }
        item.octets.clear();
    }
    for (model::Withhold& withhold : value.draft.withheld) {
        withhold.basis.clear();
    }
    for (model::Permit& permit : value.draft.permitted) {
        permit.basis.clear();
    }
    for (model::WhollyWithheld& wholly : value.draft.wholly) {
        wholly.basis.clear();
    }
    if (value.returned) {
        value.returned->text.clear();
    }
}

// What these octets hold, if they are a present item of that label by the manifest that commits to
// them.
Result<std::optional<schema::ItemValue>> value_under(BytesView octets,
                                                     const schema::Manifest& manifest,
                                                     schema::Label label) {
    const ItemDigest digest = keys::item_digest(octets);
    const auto line =
        std::find_if(manifest.items.begin(), manifest.items.end(),
                     [&](const schema::ManifestItem& item) { return item.digest == digest; });
    if (line == manifest.items.end() || line->label != label) {
        return std::optional<schema::ItemValue>{};
    }
    LAPX_TRY_ASSIGN(schema::DecodedItem decoded, schema::decode_item(octets));
    return std::holds_alternative<schema::Absent>(decoded.value)
               ? std::optional<schema::ItemValue>{}
               : std::optional(std::move(decoded.value));
}

}  // namespace

Result<void> Erasing::check_whole(const Case& value) {
    const std::vector<model::DraftItem>& items = value.draft.items;
    if (value.draft.act == schema::Act::kDisclose) {
        return {};
    }
    if (std::any_of(items.begin(), items.end(),
                    [](const auto& item) { return item.erased.has_value(); })) {
        return fail(Code::kErased, "something of this draft was erased: it can only be discarded");
    }
    return check_exhibits(value.seq);
}

// Their descriptions say which of them travel, and are signed.
Result<void> Erasing::check_exhibits(std::int64_t seq) {
    LAPX_TRY_ASSIGN(auto stored,
                    database_.query("SELECT keys FROM exhibit WHERE referral = ?", seq));
    return store::for_each(stored, [](const store::Statement& row) -> Result<void> {
        if (keys::is_part_erased(row.blob(0), 0)) {
            return fail(Code::kErased, "an exhibit of it was erased");
        }
        return {};
    });
}

Result<std::optional<Hold>> Erasing::hold(const Row& of) {
    LAPX_TRY_ASSIGN(auto rows, database_.query("SELECT operator, since FROM hold WHERE direction = "
                                               "? AND agency = ? AND id = ?",
                                               static_cast<int>(of.direction),
                                               std::string_view(of.agency.text()), of.id.view()));
    return store::first(std::move(rows), [](const store::Statement& row) {
        return Hold{std::string(row.text(0)), Time{std::chrono::seconds{row.integer(1)}}};
    });
}

Result<void> Erasing::place(const Row& of, const Hold& hold) {
    return database_.run(
        "INSERT INTO hold(direction, agency, id, operator, since) VALUES(?, ?, ?, ?, ?)",
        static_cast<int>(of.direction), std::string_view(of.agency.text()), of.id.view(),
        std::string_view(hold.by), hold.since.time_since_epoch().count());
}

Result<void> Erasing::lift(const Row& of) {
    return database_.run("DELETE FROM hold WHERE direction = ? AND agency = ? AND id = ?",
                         static_cast<int>(of.direction), std::string_view(of.agency.text()),
                         of.id.view());
}

Result<ErasurePlan> Erasing::plan_item(const std::vector<Row>& rows, schema::Label label,
                                       const schema::ItemValue& value) {
    ErasurePlan plan;
    for (const Row& row : rows) {
        LAPX_TRY_ASSIGN(const auto held, held_under(row, label));
        std::vector<std::size_t> parts;
        for (const HeldPart& one : held) {
            if (one.value == value) {
                parts.push_back(one.part);
            }
        }
        if (parts.empty()) {
            continue;
        }
        LAPX_TRY_ASSIGN(auto stored,
                        database_.query("SELECT keys FROM referral WHERE seq = ?", row.seq));
        LAPX_TRY(stored.step());
        Bytes slots = copy_of(stored.blob(0));
        for (const std::size_t part : parts) {
            keys::erase_part(slots, part);
        }
        plan.slots.push_back({row.seq, 0, std::move(slots)});
    }
    return plan;
}

// The items of that label of which something is left.
Result<std::vector<Erasing::HeldPart>> Erasing::held_under(const Row& row, schema::Label label) {
    LAPX_TRY_ASSIGN(const std::string text, cases_.manifest(row.seq));
    LAPX_TRY_ASSIGN(const schema::Manifest manifest, schema::parse_manifest(text));
    LAPX_TRY_ASSIGN(auto stored,
                    database_.query("SELECT keys, data FROM referral WHERE seq = ?", row.seq));
    LAPX_TRY(stored.step());
    std::vector<HeldPart> out;
    for (std::size_t part = kFirstItemPart; part < keys::part_count(stored.blob(0)); ++part) {
        if (keys::is_part_erased(stored.blob(0), part)) {
            continue;
        }
        LAPX_TRY_ASSIGN(const Bytes octets,
                        keys::open_part(master_, stored.blob(0), stored.blob(1), part));
        LAPX_TRY_ASSIGN(auto value, value_under(octets, manifest, label));
        if (value) {
            out.push_back({part, std::move(*value)});
        }
    }
    return out;
}

Result<std::vector<std::uint64_t>> Erasing::other_items(const Row& named,
                                                        const std::vector<Row>& rows,
                                                        schema::Label label) {
    LAPX_TRY_ASSIGN(const auto here, held_under(named, label));
    std::set<std::uint64_t> versions;
    for (const Row& row : rows) {
        if (row.version == named.version) {
            continue;
        }
        LAPX_TRY_ASSIGN(const auto there, held_under(row, label));
        if (std::any_of(there.begin(), there.end(), [&](const HeldPart& one) {
                return std::none_of(here.begin(), here.end(), [&](const HeldPart& other) {
                    return one.value == other.value;
                });
            })) {
            versions.insert(row.version);
        }
    }
    return std::vector<std::uint64_t>(versions.begin(), versions.end());
}

Result<std::vector<std::uint64_t>> Erasing::other_exhibits(const Row& named,
                                                           const std::vector<Row>& rows,
                                                           std::uint16_t number) {
    std::set<std::uint64_t> versions;
    for (const Row& row : rows) {
        LAPX_TRY_ASSIGN(const auto kept, cases_.exhibits_kept(row.seq));
        if (row.version != named.version &&
            std::find(kept.begin(), kept.end(), number) != kept.end()) {
            versions.insert(row.version);
        }
    }
    return std::vector<std::uint64_t>(versions.begin(), versions.end());
}

// Those with these octets, or all.
Result<void> Erasing::add_exhibits(const Row& row, const std::optional<ContentDigest>& plain,
                                   ErasurePlan& plan) {
    LAPX_TRY_ASSIGN(const auto kept, cases_.exhibits_kept(row.seq));
    for (const std::uint16_t number : kept) {
        LAPX_TRY_ASSIGN(const auto exhibit, cases_.exhibit(row.seq, number));
        if (!exhibit || (plain && exhibit->plain != *plain)) {
            continue;
        }
        LAPX_TRY_ASSIGN(
            auto stored,
            database_.query("SELECT keys FROM exhibit WHERE referral = ? AND number = ?", row.seq,
                            number));
        LAPX_TRY(stored.step());
        Bytes slots = copy_of(stored.blob(0));
        erase_from(slots, 0);
        plan.slots.push_back({row.seq, number, std::move(slots)});
    }
    return {};
}

Result<ErasurePlan> Erasing::plan_exhibit(const std::vector<Row>& rows,
                                          const ContentDigest& plain) {
    ErasurePlan plan;
    for (const Row& row : rows) {
        LAPX_TRY(add_exhibits(row, plain, plan));
    }
    return plan;
}

Result<ErasurePlan> Erasing::plan_all(const std::vector<Row>& rows) {
    ErasurePlan plan;
    for (const Row& row : rows) {
        if (row.erased) {
            continue;
        }
        plan.whole.push_back(row.seq);
        LAPX_TRY(add_exhibits(row, std::nullopt, plan));
        if (row.direction == Direction::kOut) {
            LAPX_TRY_ASSIGN(Case value, cases_.load(row.seq));
            forget_words(value);
            plan.cases.push_back(std::move(value));
            continue;
        }
        LAPX_TRY_ASSIGN(auto stored,
                        database_.query("SELECT keys FROM referral WHERE seq = ?", row.seq));
        LAPX_TRY(stored.step());
        Bytes slots = copy_of(stored.blob(0));
        erase_from(slots, kFirstItemPart);
        plan.slots.push_back({row.seq, 0, std::move(slots)});
    }
    return plan;
}

Result<void> Erasing::carry_out(const ErasurePlan& plan, Time now) {
    for (const ErasurePlan::Slots& slots : plan.slots) {
        if (slots.exhibit == 0) {
            LAPX_TRY(database_.run("UPDATE referral SET keys = ? WHERE seq = ?",
                                   BytesView(slots.keys), slots.referral));
        } else {
            LAPX_TRY(
                database_.run("UPDATE exhibit SET keys = ?, file = NULL WHERE referral = ? AND "
                              "number = ?",
                              BytesView(slots.keys), slots.referral, slots.exhibit));
        }
    }
    for (const Case& value : plan.cases) {
        LAPX_TRY(cases_.save(value));
    }
    for (const std::int64_t seq : plan.whole) {
        LAPX_TRY(database_.run("UPDATE referral SET erased = ?, destroy_by = NULL WHERE seq = ?",
                               now.time_since_epoch().count(), seq));
    }
    return {};
}

}  // namespace lapx::cases
