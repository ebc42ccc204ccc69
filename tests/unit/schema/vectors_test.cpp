// Committed examples of every form, so that no format changes unnoticed (tests/vectors/schema).

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "schema/base/text.hpp"
#include "schema/codec/item_text.hpp"
#include "schema/limits.hpp"
#include "tests/unit/schema/forms.hpp"

namespace lapx::schema {
namespace {

const std::filesystem::path kFolder = LAPX_VECTORS;

std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Vectors, OfTextFormsReprint) {
    std::set<std::string> forms_seen;
    for (const auto& file : std::filesystem::directory_iterator(kFolder)) {
        if (file.path().extension() != ".txt") {
            continue;
        }
        // "refused-agency.txt" is another example of the form "refused".
        const std::string stem = file.path().stem();
        const std::string name = stem.substr(0, stem.find('-'));
        for (const test::Form& form : test::all_forms()) {
            if (form.name == name) {
                forms_seen.insert(name);
                const std::string text = read(file.path());
                const auto again = form.reprint(text);
                ASSERT_TRUE(again) << stem << ' ' << again.error().context;
                EXPECT_EQ(*again, text) << stem;
            }
        }
    }
    EXPECT_EQ(forms_seen.size(), test::all_forms().size());
}

TEST(Vectors, OfItemsDecodeAndEncodeToTheSameOctets) {
    // Each line: the octets, then what they say.
    std::size_t count = 0;
    const std::string file = read(kFolder / "items.tsv");
    for (const std::string_view line : split(file, '\n')) {
        const std::size_t tab = line.find('\t');
        if (tab == std::string_view::npos) {
            continue;
        }
        const Bytes octets = from_hex(line.substr(0, tab)).value();
        const auto item = decode_item(octets);
        ASSERT_TRUE(item) << line.substr(tab + 1);
        EXPECT_EQ(describe_item(item->value), line.substr(tab + 1));
        EXPECT_EQ(encode_item(item->salt, item->value), octets) << line.substr(tab + 1);
        EXPECT_EQ(item->value.index(), count);
        ++count;
    }
    EXPECT_EQ(count, std::variant_size_v<ItemValue>);
}

TEST(Vectors, OfAParcelDecodeAndEncodeToTheSameOctets) {
    std::string digits = read(kFolder / "parcel.hex");
    std::erase(digits, '\n');
    Bytes octets = from_hex(digits).value();
    octets.resize(kMinParcel);
    const auto parcel = decode_parcel(octets);
    ASSERT_TRUE(parcel);
    EXPECT_EQ(as_text(parcel->cover), "cover");
    EXPECT_EQ(as_text(parcel->manifest), "manifest");
    EXPECT_EQ(as_text(parcel->proof), "proof");
    EXPECT_EQ(parcel->items.size(), 2U);
    EXPECT_EQ(parcel->exhibits.size(), 1U);
    EXPECT_EQ(encode_parcel(*parcel).value(), octets);
}

TEST(Vectors, OfFramesDecodeAndEncodeToTheSameOctets) {
    std::size_t count = 0;
    const std::string file = read(kFolder / "frames.hex");
    for (const std::string_view line : split(file, '\n')) {
        if (line.empty()) {
            continue;
        }
        const Bytes octets = from_hex(line).value();
        const auto frame = decode_frame(octets);
        ASSERT_TRUE(frame) << count;
        EXPECT_EQ(frame->index(), count);
        EXPECT_EQ(encode_frame(*frame), octets) << count;
        ++count;
    }
    EXPECT_EQ(count, std::variant_size_v<FrameMessage>);
}

}  // namespace
}  // namespace lapx::schema
