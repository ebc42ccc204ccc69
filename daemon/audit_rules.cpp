#include "daemon/audit_rules.hpp"

#include <algorithm>
#include <utility>

#include "keys/domains.hpp"
#include "keys/note.hpp"
#include "schema/notes/erasure.hpp"
#include "schema/notes/referral.hpp"

namespace lapx::daemon {
namespace {

using schema::EntryKind;

// What the recipient must have been told. Worked out here once more and not asked of disclosure/:
// nothing is checked by itself.
schema::Disposition told(const schema::DecidedItem& item) {
    if (std::holds_alternative<schema::Disclosed>(item.inward)) {
        return schema::Disclosed{};
    }
    const auto* withheld = std::get_if<schema::Withholding>(&item.inward);
    if (withheld == nullptr || withheld->shown == schema::Shown::kSilent) {
        return schema::Silent{};
    }
    return withheld->shown == schema::Shown::kReason
               ? schema::Disposition(withheld->reason)
               : schema::Disposition(schema::category_of(withheld->reason));
}

std::string decided_text(const schema::DecidedRecord& record) {
    return std::to_string(record.items.size()) + " items were decided, ";
}
std::string item_number(std::size_t i) { return "item " + std::to_string(i + 1); }

void compare_manifest(const schema::DecidedRecord& record, const schema::Manifest& manifest,
                      std::vector<std::string>& problems) {
    if (manifest.items.size() != record.items.size()) {
        problems.push_back(decided_text(record) + "the manifest has " +
                           std::to_string(manifest.items.size()));
    }
    const std::size_t both = std::min(manifest.items.size(), record.items.size());
    for (std::size_t i = 0; i < both; ++i) {
        if (manifest.items[i].label != record.items[i].label) {
            problems.push_back(item_number(i) +
                               " is another one in the manifest than was decided on");
        }
    }
}

void compare_view(const schema::DecidedRecord& record, const schema::View& view,
                  std::vector<std::string>& problems) {
    if (view.items.size() != record.items.size()) {
        problems.push_back(decided_text(record) + "the view has " +
                           std::to_string(view.items.size()));
    }
    for (std::size_t i = 0; i < record.items.size(); ++i) {
        if (i < view.items.size() && view.items[i] != told(record.items[i])) {
            problems.push_back(item_number(i) + " is not on the view as it was decided");
        }
    }
}

}  // namespace

bool is_data_of(EntryKind kind, std::string_view data) {
    switch (kind) {
        case EntryKind::kOpen:
            return schema::parse_open_record(data).has_value();
        case EntryKind::kCard:
            return schema::parse_admitted_record(data).has_value();
        case EntryKind::kApproved:
            return schema::parse_approved_record(data).has_value() ||
                   schema::parse_standing_record(data).has_value() ||
                   schema::parse_standing_ended_record(data).has_value();
        case EntryKind::kDecided:
            return schema::parse_decided_record(data).has_value();
        case EntryKind::kSent:
            return schema::parse_sent_record(data).has_value();
        case EntryKind::kReceived:
            return schema::parse_received_record(data).has_value();
        case EntryKind::kConflict:
            return schema::parse_conflict_record(data).has_value();
        case EntryKind::kRefused:
            return schema::parse_refused_record(data).has_value();
        case EntryKind::kExported:
            return schema::parse_exported_record(data).has_value();
        case EntryKind::kRead:
            return schema::parse_read_record(data).has_value();
        case EntryKind::kMoved:
            return schema::parse_moved_record(data).has_value();
        case EntryKind::kConsent:
            return schema::parse_consent_record(data).has_value();
        case EntryKind::kRestricted:
            return schema::parse_restricted_record(data).has_value();
        case EntryKind::kErased:
            return schema::parse_erased_record(data).has_value() ||
                   schema::parse_hold_record(data).has_value();
        case EntryKind::kRecovered:
            return false;  // this version writes none
    }
    return false;
}

std::optional<AuditProblem> Pairing::next(std::uint64_t index, EntryKind kind,
                                          const std::optional<CoverDigest>& cover, bool kept_back) {
    const auto decided = std::exchange(decided_, std::nullopt);
    if ((kind == EntryKind::kDecided && !kept_back) || kind == EntryKind::kMoved ||
        kind == EntryKind::kConsent) {
        decided_ = Decided{index, cover};
    }
    if (kind == EntryKind::kSent && !decided) {
        return AuditProblem{
            index, "`sent` without its `decided`, `moved` or `consent` entry directly before it"};
    }
    if (kind == EntryKind::kSent) {
        return cover && decided->cover && *cover != *decided->cover
                   ? std::optional(AuditProblem{index,
                                                "`sent` names another cover than the entry "
                                                "before it"})
                   : std::nullopt;
    }
    return decided ? std::optional(AuditProblem{decided->index,
                                                "an entry of what is to be sent without its "
                                                "`sent` entry directly after it"})
                   : std::nullopt;
}

std::optional<AuditProblem> Pairing::end() { return next(0, EntryKind::kOpen, std::nullopt); }

std::vector<std::string> contradictions(const schema::DecidedRecord& record,
                                        const Release& release) {
    std::vector<std::string> problems;
    const auto expect = [&problems](bool holds, const char* otherwise) {
        if (!holds) {
            problems.emplace_back(otherwise);
        }
    };
    expect(release.message == record.message, "the message has another id than was decided on");
    expect(release.to == record.to.text(), "the message is to another desk than was decided on");
    expect(keys::digest_of<CoverDigest>(release.cover) == record.cover,
           "the cover is not the one decided on");
    const auto split = keys::split_note(release.cover);
    const auto cover = split ? schema::parse_cover(split->text)
                             : Result<schema::Cover>(fail(Code::kNoteMalformed));
    const auto manifest = schema::parse_manifest(release.manifest);
    expect(cover.has_value(), "the cover does not parse");
    expect(manifest.has_value(), "the manifest does not parse");
    if (!cover || !manifest) {
        return problems;
    }
    expect(cover->message == record.message &&
               (cover->referral == record.referral || cover->act != schema::Act::kRefer) &&
               cover->to == record.to && manifest->id == record.referral,
           "the cover, the manifest and the decision are not of one release");
    const schema::ViewText* view = cover->view();
    expect(view != nullptr, "the cover carries no view");
    if (view == nullptr) {
        return problems;
    }
    expect(keys::digest_of<ViewDigest>(view->text) == record.view,
           "the view is not the one decided on");
    expect(keys::digest_of<ManifestDigest>(release.manifest) == view->view.manifest,
           "the manifest is not the one the view names");
    compare_manifest(record, *manifest, problems);
    compare_view(record, view->view, problems);
    return problems;
}

std::vector<std::string> contradictions(const schema::DecidedRecord& record, const Desk& from,
                                        const std::string& manifest_text) {
    const auto manifest = schema::parse_manifest(manifest_text);
    if (!manifest) {
        return {"the manifest does not parse"};
    }
    std::vector<std::string> problems;
    if (record.cover || record.to != from || record.referral != manifest->id) {
        problems.emplace_back("the decision is on another release than was wholly withheld");
    }
    compare_manifest(record, *manifest, problems);
    return problems;
}

}  // namespace lapx::daemon
