#include "daemon/exhibit_lines.hpp"

#include "keys/note.hpp"
#include "schema/notes/referral.hpp"

namespace lapx::daemon {

Result<std::vector<ExhibitLine>> exhibit_lines(delivery::Delivery& delivery, cases::Cases& cases,
                                               std::int64_t message, std::int64_t referral) {
    LAPX_TRY_ASSIGN(const auto texts, delivery.texts(message));
    LAPX_TRY_ASSIGN(const keys::SplitNote split, keys::split_note(texts.cover));
    LAPX_TRY_ASSIGN(const schema::Cover cover, schema::parse_cover(split.text));
    std::vector<ExhibitLine> out;
    if (cover.view() == nullptr || cover.view()->view.exhibits.empty()) {
        return out;
    }
    LAPX_TRY_ASSIGN(const std::string text, cases.manifest(referral));
    LAPX_TRY_ASSIGN(const schema::Manifest manifest, schema::parse_manifest(text));
    const std::vector<schema::ViewExhibit>& lines = cover.view()->view.exhibits;
    const std::vector<bool> inside = schema::travel_inside(lines);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        out.push_back({cases::element_of(manifest, lines[i].number), lines[i], inside[i]});
    }
    return out;
}

Result<exhibits::Source> source_of(const exhibits::Folder& folder,
                                   const model::SealedExhibit& exhibit) {
    if (exhibit.sealed.empty()) {
        return folder.read(exhibit.file);
    }
    return exhibits::Source(exhibit.sealed);
}

}  // namespace lapx::daemon
