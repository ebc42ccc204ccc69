// Octets of an item: what is accepted is well-formed and survives another round.

#include "schema/codec/item_text.hpp"
#include "tests/fuzz/require.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lapx;
    using namespace lapx::schema;
    // The bare octets, so that the sanitizer sees reads past their end.
    const auto item = decode_item({data, size});
    if (!item) {
        return 0;
    }
    LAPX_REQUIRE(check_value(item->value));
    const auto again = decode_item(encode_item(item->salt, item->value));
    LAPX_REQUIRE(again && *again == *item);
    const std::string text = describe_item(item->value);
    for (const TemplateRow& row : template_rows()) {
        const auto typed = item_from_text(row.label, text);
        LAPX_REQUIRE(!typed || value_fits_label(row.label, *typed));
    }
    return 0;
}
