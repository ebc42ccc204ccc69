#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/handling.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/referral.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

tl::unexpected<Error> bad_view() { return fail(Code::kInvalidArgument); }

Result<Disposition> disposition_from(std::string_view text) {
    if (text == "silent") {
        return Disposition{Silent{}};
    }
    if (text == "disclosed") {
        return Disposition{Disclosed{}};
    }
    if (take_word(text) != "withheld") {
        return bad_view();
    }
    const std::string_view level = take_word(text);
    if (level == "reason") {
        LAPX_TRY_ASSIGN(const Reason reason, from_word<Reason>(text));
        return Disposition{reason};
    }
    if (level == "category") {
        LAPX_TRY_ASSIGN(const ReasonCategory category, from_word<ReasonCategory>(text));
        return Disposition{category};
    }
    return bad_view();
}

std::string disposition_text(const Disposition& disposition) {
    if (const auto* const reason = std::get_if<Reason>(&disposition)) {
        return "withheld reason " + std::string(word_of(*reason));
    }
    if (const auto* const category = std::get_if<ReasonCategory>(&disposition)) {
        return "withheld category " + std::string(word_of(*category));
    }
    return std::holds_alternative<Disclosed>(disposition) ? "disclosed" : "silent";
}

Result<std::vector<Disposition>> read_dispositions(LineReader& in) {
    std::vector<Disposition> items;
    while (auto line = in.maybe("item")) {
        if (take_word(*line) != std::to_string(items.size() + 1) || items.size() == kMaxItems) {
            return in.malformed();
        }
        const auto disposition = disposition_from(*line);
        if (!disposition) {
            return in.malformed();
        }
        items.push_back(*disposition);
    }
    if (items.empty()) {
        return in.malformed();
    }
    return items;
}

Result<ViewExhibit> exhibit_from(std::string_view text) {
    LAPX_TRY_ASSIGN(const std::uint64_t number, number_from(take_word(text)));
    LAPX_TRY_ASSIGN(const auto plain, digest_from<ContentDigest>(take_word(text)));
    LAPX_TRY_ASSIGN(const std::uint64_t plain_size, number_from(take_word(text)));
    LAPX_TRY_ASSIGN(const auto sealed, digest_from<ContentDigest>(take_word(text)));
    LAPX_TRY_ASSIGN(const std::uint64_t sealed_size, number_from(text));
    if (number == 0 || number > kMaxItems) {
        return bad_view();
    }
    return ViewExhibit{static_cast<std::uint16_t>(number), plain, plain_size, sealed, sealed_size};
}

// The numbers ascend and are those of disclosed items.
Result<std::vector<ViewExhibit>> read_exhibits(LineReader& in,
                                               const std::vector<Disposition>& items) {
    LAPX_TRY_ASSIGN(auto exhibits, in.read_all("exhibit", 0, items.size(), exhibit_from));
    std::size_t last = 0;
    for (const ViewExhibit& exhibit : exhibits) {
        if (exhibit.number <= last || exhibit.number > items.size() ||
            !std::holds_alternative<Disclosed>(items[exhibit.number - 1U])) {
            return in.malformed();
        }
        last = exhibit.number;
    }
    return exhibits;
}

void put_exhibit(std::string& out, const ViewExhibit& exhibit) {
    put_line(out, "exhibit",
             std::to_string(exhibit.number) + ' ' + to_string(exhibit.plain) + ' ' +
                 std::to_string(exhibit.plain_size) + ' ' + to_string(exhibit.sealed) + ' ' +
                 std::to_string(exhibit.sealed_size));
}

}  // namespace

Result<View> parse_view(std::string_view text) {
    LineReader in("view", text);
    LAPX_TRY(in.check(kMaxLongNote));
    LAPX_TRY(in.exactly(kViewForm));
    LAPX_TRY_ASSIGN(Desk to, in.read("to", Desk::parse));
    LAPX_TRY_ASSIGN(const auto manifest, in.read("manifest", digest_from<ManifestDigest>));
    LAPX_TRY_ASSIGN(Handling handling, read_handling(in));
    LAPX_TRY_ASSIGN(auto items, read_dispositions(in));
    LAPX_TRY_ASSIGN(auto exhibits, read_exhibits(in, items));
    LAPX_TRY(in.end());
    return View{std::move(to),
                manifest,
                handling.tlp,
                handling.pap,
                std::move(handling.uses),
                std::move(handling.onward),
                handling.until,
                std::move(handling.attribution),
                handling.no_resale,
                std::move(items),
                std::move(exhibits)};
}

std::vector<bool> travel_inside(const std::vector<ViewExhibit>& exhibits) {
    std::vector<bool> out;
    std::uint64_t room = kMaxInlineExhibits;
    for (const ViewExhibit& exhibit : exhibits) {
        out.push_back(exhibit.sealed_size <= room);
        room -= out.back() ? exhibit.sealed_size : 0;
    }
    return out;
}

std::string print_view(const View& view) {
    std::string out;
    out += kViewForm;
    out += '\n';
    put_line(out, "to", view.to.text());
    put_line(out, "manifest", to_string(view.manifest));
    put_handling(out, {view.tlp, view.pap, view.uses, view.onward, view.until, view.attribution,
                       view.no_resale});
    for (std::size_t i = 0; i < view.items.size(); ++i) {
        put_line(out, "item", std::to_string(i + 1) + ' ' + disposition_text(view.items[i]));
    }
    for (const ViewExhibit& exhibit : view.exhibits) {
        put_exhibit(out, exhibit);
    }
    return out;
}

}  // namespace lapx::schema
