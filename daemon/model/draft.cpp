#include "daemon/model/draft.hpp"

#include <algorithm>
#include <iterator>

#include "keys/domains.hpp"

namespace lapx::model {

Handling handling_of(const schema::View& view) {
    return {view.tlp,   view.pap,         view.uses,     view.onward,
            view.until, view.attribution, view.no_resale};
}

bool Draft::needs(schema::Label label) const {
    return is_whole() ? schema::is_mandatory(label, kind) : label == schema::Label::kFacts;
}

const WhollyWithheld* Draft::wholly_from(const Desk& desk) const {
    const auto found = std::find_if(wholly.begin(), wholly.end(),
                                    [&](const WhollyWithheld& one) { return one.from == desk; });
    return found == wholly.end() ? nullptr : &*found;
}

std::vector<Desk> Draft::reached() const {
    std::vector<Desk> out;
    std::copy_if(to.begin(), to.end(), std::back_inserter(out),
                 [this](const Desk& desk) { return wholly_from(desk) == nullptr; });
    return out;
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
        manifest.items.push_back(
            {item.label, item.erased ? *item.erased : keys::item_digest(item.octets)});
    }
    return schema::print_manifest(manifest);
}

}  // namespace lapx::model
