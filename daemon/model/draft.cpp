#include "daemon/model/draft.hpp"

#include "keys/domains.hpp"

namespace lapx::model {

Handling handling_of(const schema::View& view) {
    return {view.tlp,   view.pap,         view.uses,     view.onward,
            view.until, view.attribution, view.no_resale};
}

bool Draft::needs(schema::Label label) const {
    return is_whole() ? schema::is_mandatory(label, kind) : label == schema::Label::kFacts;
}

std::string manifest_text(const Draft& draft) {
    schema::Manifest manifest{.from = draft.from,
                              .id = draft.id,
                              .kind = draft.kind,
                              .version = draft.version,
                              .supersedes = draft.supersedes,
                              .created = draft.created,
                              .items = {}};
    manifest.items.reserve(draft.items.size());
    for (const DraftItem& item : draft.items) {
        manifest.items.push_back({item.label, keys::item_digest(item.octets)});
    }
    return schema::print_manifest(manifest);
}

}  // namespace lapx::model
