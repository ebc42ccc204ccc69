// The age test vectors (C2SP CCTV, age): header lines, an empty line, the file.

#include <zlib.h>

#include <map>
#include <set>

#include "keys/age.hpp"
#include "keys/hash.hpp"
#include "tests/support/oracles.hpp"

namespace lapx::keys {
namespace {

struct Vector {
    std::multimap<std::string, std::string> fields;
    Bytes file;

    std::string field(const std::string& name) const {
        const auto found = fields.find(name);
        return found == fields.end() ? std::string() : found->second;
    }
};

Bytes inflated(std::string_view compressed) {
    Bytes out(64 << 20);
    uLongf size = out.size();
    EXPECT_EQ(uncompress(out.data(), &size, as_bytes(compressed).data(), compressed.size()), Z_OK);
    out.resize(size);
    return out;
}

Vector read_vector(const std::filesystem::path& path) {
    const std::string text = test::read_file(path);
    Vector out;
    std::size_t at = 0;
    for (;;) {
        const std::size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        at = end + 1;
        if (line.empty()) {
            break;
        }
        const std::size_t colon = line.find(": ");
        out.fields.emplace(line.substr(0, colon), line.substr(colon + 2));
    }
    const std::string body = text.substr(at);
    out.file = out.field("compressed") == "zlib" ? inflated(body) : to_bytes(body);
    return out;
}

// What opening ends with, in the vectors' words, and what was released before.
struct Outcome {
    std::string result;
    Bytes released;
};

std::string words(const Result<void>& done) {
    if (done) {
        return "success";
    }
    EXPECT_EQ(done.error().code, Code::kParcelUnreadable);
    return done.error().context;
}

Outcome open_streaming(const Identity& identity, BytesView file, std::size_t step) {
    Outcome out;
    Opener opener(identity, [&](BytesView piece) -> Result<void> {
        out.released.insert(out.released.end(), piece.begin(), piece.end());
        return {};
    });
    Result<void> done;
    for (; done && !file.empty(); file = file.subspan(std::min(step, file.size()))) {
        done = opener.write(file.first(std::min(step, file.size())));
    }
    out.result = words(done ? opener.finish() : done);
    return out;
}

Outcome open_whole(const Identity& identity, BytesView file) {
    auto opened = open(identity, file);
    return opened ? Outcome{"success", std::move(*opened)}
                  : Outcome{words(tl::unexpected<Error>(opened.error())), {}};
}

Outcome dearmored(const Vector& vector, Outcome (*open_file)(const Identity&, BytesView),
                  const Identity& identity) {
    if (vector.field("armored") != "yes") {
        return open_file(identity, vector.file);
    }
    const auto file = age_dearmor(vector.file);
    return file ? open_file(identity, *file)
                : Outcome{words(tl::unexpected<Error>(file.error())), {}};
}

TEST(AgeVectors, EndAsTheySay) {
    LAPX_NEEDS_ORACLES();
    // Refused here a chunk earlier: a chunk that claims to be the last, with octets after it, is
    // not released.
    const std::set<std::string> released_less{
        "stream_no_final_full",         "stream_no_final_two_chunks_full",
        "stream_trailing_garbage_long", "stream_trailing_garbage_short",
        "stream_two_final_chunks_full", "stream_two_final_chunks_second"};
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(test::oracles() / "crypto/age")) {
        const std::string name = entry.path().filename();
        SCOPED_TRACE(name);
        const Vector vector = read_vector(entry.path());
        // One vector needs no identity and has none.
        const std::string identity_text = vector.field("identity");
        Secret<32> any;
        const Identity identity = identity_text.empty() ? Identity(std::move(any))
                                                        : Identity::parse(identity_text).value();
        const std::string expected = vector.field("expect");

        const Outcome whole = dearmored(vector, open_whole, identity);
        EXPECT_EQ(whole.result, expected);
        if (expected == "success") {
            EXPECT_EQ(hex(sha256(whole.released)), vector.field("payload"));
        }
        const Outcome streamed = dearmored(
            vector, [](const Identity& i, BytesView f) { return open_streaming(i, f, 8192); },
            identity);
        EXPECT_EQ(streamed.result, expected);
        if (!vector.field("payload").empty()) {
            EXPECT_EQ(hex(sha256(streamed.released)) == vector.field("payload"),
                      released_less.count(name) == 0);
        }
        EXPECT_EQ(is_age_armored(vector.file), vector.field("armored") == "yes" &&
                                                   name != "armor_garbage_leading" &&
                                                   name != "armor_whitespace_begin");
        ++count;
    }
    EXPECT_GE(count, 57U);
}

}  // namespace
}  // namespace lapx::keys
