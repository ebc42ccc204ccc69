// Every text form: what is accepted re-prints to the same octets.

#include "schema/base/text.hpp"
#include "schema/notes/card.hpp"
#include "tests/fuzz/require.hpp"
#include "tests/unit/schema/forms.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lapx;
    const std::string_view text = as_text({data, size});
    for (const schema::test::Form& form : schema::test::all_forms()) {
        const auto again = form.reprint(text);
        LAPX_REQUIRE(!again || *again == text);
    }
    if (const auto file = schema::split_card_file(text)) {
        LAPX_REQUIRE(schema::join_card_file(*file) == text);
    }
    if (const auto parts = schema::split_vkey(text)) {
        const auto name = schema::key_name_from(parts->name);
        LAPX_REQUIRE(!name || schema::key_name_text(*name) == parts->name);
    }
    LAPX_REQUIRE(is_utf8(escape(text)));
    return 0;
}
