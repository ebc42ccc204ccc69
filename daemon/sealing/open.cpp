#include <algorithm>

#include "daemon/sealing/maker.hpp"
#include "daemon/sealing/sealing.hpp"
#include "keys/domains.hpp"
#include "schema/codec/parcel.hpp"

namespace lapx::sealing {
namespace {

constexpr std::size_t kIdentitySize = 32;

bool is_disclosed(const schema::Disposition& disposition) {
    return std::holds_alternative<schema::Disclosed>(disposition);
}

// Exactly the items that the view discloses, each with the digest that the manifest commits to.
Result<void> check_items(const schema::View& view, const schema::Manifest& manifest,
                         const schema::ParcelContent& content) {
    if (view.items.size() != manifest.items.size()) {
        return fail(Code::kManifestMismatch, "view and manifest differ in length");
    }
    std::size_t next = 0;
    for (std::size_t i = 0; i < view.items.size(); ++i) {
        if (!is_disclosed(view.items[i])) {
            continue;
        }
        if (next == content.items.size() || content.items[next].number != i + 1) {
            return fail(Code::kItemMismatch,
                        "item " + std::to_string(i + 1) + " is not in the parcel");
        }
        if (keys::item_digest(content.items[next].octets) != manifest.items[i].digest) {
            return fail(Code::kItemMismatch,
                        "item " + std::to_string(i + 1) + " is not the one committed to");
        }
        ++next;
    }
    if (next != content.items.size()) {
        return fail(Code::kItemMismatch,
                    "the parcel holds an item that the view does not disclose");
    }
    return {};
}

// Whether the item that an exhibit line names is disclosed and describes the same octets.
bool is_described(const schema::ViewExhibit& line, const schema::Manifest& manifest,
                  const schema::ParcelContent& content) {
    const auto item = std::find_if(content.items.begin(), content.items.end(),
                                   [&](const auto& i) { return i.number == line.number; });
    if (item == content.items.end() ||
        manifest.items[line.number - 1U].label != schema::Label::kExhibit) {
        return false;
    }
    const auto decoded = schema::decode_item(item->octets);
    const auto* description = decoded ? std::get_if<schema::Exhibit>(&decoded->value) : nullptr;
    return description != nullptr && description->size == line.plain_size &&
           description->sha256 == line.plain;
}

// What came inside, against its line.
Result<void> check_inside(const schema::ViewExhibit& line, const schema::ParcelExhibit& exhibit,
                          const std::string& name) {
    if (exhibit.sealed.size() != line.sealed_size ||
        keys::digest_of<ContentDigest>(exhibit.sealed) != line.sealed) {
        return fail(Code::kExhibitMismatch, name + " is not the sealed file of the view");
    }
    const keys::Identity identity{
        keys::Secret<kIdentitySize>(BytesView(exhibit.identity).first<kIdentitySize>())};
    const auto plain = keys::open(identity, exhibit.sealed);
    if (!plain || plain->size() != line.plain_size ||
        keys::digest_of<ContentDigest>(*plain) != line.plain) {
        return fail(Code::kExhibitMismatch, name + " does not open to what the view says");
    }
    return {};
}

// After check_items. Of what does not travel inside, the octets are checked when they have come.
Result<void> check_exhibits(const schema::View& view, const schema::Manifest& manifest,
                            const schema::ParcelContent& content) {
    if (view.exhibits.size() != content.exhibits.size()) {
        return fail(Code::kExhibitMismatch, "view and parcel differ in exhibits");
    }
    const std::vector<bool> inside = schema::travel_inside(view.exhibits);
    for (std::size_t i = 0; i < view.exhibits.size(); ++i) {
        const schema::ViewExhibit& line = view.exhibits[i];
        const schema::ParcelExhibit& exhibit = content.exhibits[i];
        const std::string name = "exhibit " + std::to_string(line.number);
        if (!is_described(line, manifest, content)) {
            return fail(Code::kExhibitMismatch, name + " is not what its item describes");
        }
        if (exhibit.number != line.number || exhibit.identity.size() != kIdentitySize) {
            return fail(Code::kExhibitMismatch, name + " has no age identity");
        }
        if (inside[i]) {
            LAPX_TRY(check_inside(line, exhibit, name));
        } else if (!exhibit.sealed.empty() ||
                   line.sealed_size != keys::sealed_size(line.plain_size)) {
            return fail(Code::kExhibitMismatch, name + " is not one that can be asked for");
        }
    }
    return {};
}

// A referral opens its case, and what comes in the place of an earlier version is a later one.
bool fits_act(const schema::Manifest& manifest, const schema::Cover& cover) {
    switch (cover.act) {
        case schema::Act::kRefer:
            return manifest.id == cover.referral && manifest.version == 1;
        case schema::Act::kSupplement:
        case schema::Act::kCorrect:
        case schema::Act::kWithdraw:
            return manifest.version > 1;
        case schema::Act::kClarify:
        case schema::Act::kAnswer:
            return manifest.id != cover.referral && manifest.version == 1;
        case schema::Act::kDisclose:
        case schema::Act::kMove:
            return true;
    }
    return false;
}

}  // namespace

Result<model::Unsealed> unseal(BytesView octets, const Desk& desk, const keys::Identity& identity) {
    const auto plain = keys::open(identity, octets);
    if (!plain) {
        return fail(Code::kParcelUnreadable, plain.error().context);
    }
    LAPX_TRY_ASSIGN(schema::ParcelContent content, schema::decode_parcel(*plain));
    const auto split = keys::split_note(as_text(content.cover));
    if (!split) {
        return fail(Code::kParcelMalformed, "cover: " + split.error().context);
    }
    auto cover = schema::parse_cover(split->text);
    if (!cover) {
        return fail(Code::kParcelMalformed, cover.error().context);
    }
    if (cover->to != desk || cover->key != keys::desk_key_fingerprint(identity.recipient())) {
        return fail(Code::kNotAddressedHere,
                    "signed by " + cover->from.agency().text() + " for " + cover->to.text());
    }
    const auto digest = keys::digest_of<CoverDigest>(content.cover);
    std::string text(split->text);
    return model::Unsealed{std::move(content), std::move(text), std::move(*cover), digest};
}

Result<void> check_signature(const model::Unsealed& unsealed,
                             std::span<const keys::VerifierKey> sign_keys) {
    if (!keys::open_note_signed_once(as_text(unsealed.content.cover), sign_keys)) {
        return fail(Code::kSignatureInvalid, "cover");
    }
    return {};
}

Result<model::Opened> open(model::Unsealed& unsealed) {
    const schema::ViewText* view = unsealed.cover.view();
    if (view == nullptr || !unsealed.content.body.empty()) {
        return fail(Code::kParcelMalformed, "a dossier has a view and no body");
    }
    const std::string_view manifest_text = as_text(unsealed.content.manifest);
    if (keys::digest_of<ManifestDigest>(manifest_text) != view->view.manifest) {
        return fail(Code::kManifestMismatch, "the manifest is not the one of the view");
    }
    auto manifest = schema::parse_manifest(manifest_text);
    if (!manifest || manifest->from != unsealed.cover.from ||
        !fits_act(*manifest, unsealed.cover)) {
        return fail(Code::kManifestMismatch, "the manifest is not one of this cover");
    }
    LAPX_TRY(check_items(view->view, *manifest, unsealed.content));
    LAPX_TRY(check_exhibits(view->view, *manifest, unsealed.content));
    std::vector<model::OpenedItem> items;
    for (const schema::NumberedOctets& item : unsealed.content.items) {
        auto decoded = schema::decode_item(item.octets);
        if (!decoded || schema::is_absent(decoded->value) ||
            !schema::value_fits_label(manifest->items[item.number - 1U].label, decoded->value)) {
            return fail(Code::kItemMalformed, "item " + std::to_string(item.number));
        }
        items.push_back({item.number, item.octets, std::move(decoded->value)});
    }
    return Maker::opened(std::move(unsealed), std::move(*manifest), std::move(items));
}

Result<schema::MoveBody> open_move(const model::Unsealed& unsealed) {
    const schema::ParcelContent& content = unsealed.content;
    const ContentDigest* digest = unsealed.cover.body();
    if (digest == nullptr || keys::digest_of<ContentDigest>(content.body) != *digest) {
        return fail(Code::kParcelMalformed, "the body is not the one of the cover");
    }
    if (!content.manifest.empty() || !content.items.empty() || !content.exhibits.empty()) {
        return fail(Code::kParcelMalformed, "a move carries nothing but its body");
    }
    auto body = schema::parse_move(as_text(content.body));
    return body ? std::move(body) : fail(Code::kParcelMalformed, body.error().context);
}

}  // namespace lapx::sealing
