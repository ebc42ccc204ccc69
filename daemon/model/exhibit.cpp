#include "daemon/model/exhibit.hpp"

#include "schema/base/text.hpp"

namespace lapx::model {

keys::SealedParts seal_secrets(const SealedExhibit& exhibit, const keys::MasterKey& master,
                               Random& random) {
    const std::string size = std::to_string(exhibit.plain_size);
    const std::vector<BytesView> parts{exhibit.identity.view(), exhibit.plain.view(),
                                       as_bytes(size)};
    return keys::seal_parts(master, parts, random);
}

Result<void> open_secrets(SealedExhibit& exhibit, BytesView part_keys, BytesView data,
                          const keys::MasterKey& master) {
    LAPX_TRY_ASSIGN(Bytes identity, keys::open_part(master, part_keys, data, 0));
    exhibit.identity = keys::SecretBytes(identity);
    keys::wipe(identity);
    LAPX_TRY_ASSIGN(const Bytes plain, keys::open_part(master, part_keys, data, 1));
    LAPX_TRY_ASSIGN(exhibit.plain, ContentDigest::from(plain));
    LAPX_TRY_ASSIGN(const Bytes size, keys::open_part(master, part_keys, data, 2));
    LAPX_TRY_ASSIGN(exhibit.plain_size, number_from(as_text(size)));
    return {};
}

}  // namespace lapx::model
