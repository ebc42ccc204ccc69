#include "schema/notes/carried.hpp"

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

constexpr std::string_view kCarriedForm = "lapx/carried@v1";

}  // namespace

Result<CarriedNote> parse_carried_note(std::string_view text) {
    LineReader in("carried", text);
    LAPX_TRY(in.check(kMaxNote));
    LAPX_TRY(in.exactly(kCarriedForm));
    LAPX_TRY_ASSIGN(Agency from, in.read("from", Agency::parse));
    LAPX_TRY_ASSIGN(Agency to, in.read("to", Agency::parse));
    LAPX_TRY_ASSIGN(const Time created, in.read("created", time_from));
    LAPX_TRY_ASSIGN(const auto frame, in.read("frame", digest_from<ContentDigest>));
    LAPX_TRY(in.end());
    return CarriedNote{std::move(from), std::move(to), created, frame};
}

std::string print_carried_note(const CarriedNote& note) {
    std::string out(kCarriedForm);
    out += '\n';
    put_line(out, "from", note.from.text());
    put_line(out, "to", note.to.text());
    put_line(out, "created", to_string(note.created));
    put_line(out, "frame", to_string(note.frame));
    return out;
}

}  // namespace lapx::schema
