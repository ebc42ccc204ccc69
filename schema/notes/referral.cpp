#include "schema/notes/referral.hpp"

#include <algorithm>
#include <bit>

#include "schema/base/text.hpp"
#include "schema/limits.hpp"
#include "schema/notes/lines.hpp"
#include "schema/notes/values.hpp"

namespace lapx::schema {
namespace {

// `item NUMBER LABEL DIGEST` lines up to the end; numbers from 1 without gaps, labels as the
// template wants them.
Result<std::vector<ManifestItem>> read_items(LineReader& in) {
    std::vector<ManifestItem> items;
    std::vector<Label> labels;
    while (!in.at_end()) {
        LAPX_TRY_ASSIGN(std::string_view rest, in.value("item"));
        if (take_word(rest) != std::to_string(items.size() + 1) || items.size() == kMaxItems) {
            return in.malformed();
        }
        const auto label = from_word<Label>(take_word(rest));
        const auto digest = digest_from<ItemDigest>(rest);
        if (!label || !digest) {
            return in.malformed();
        }
        items.push_back({*label, *digest});
        labels.push_back(*label);
    }
    if (!is_label_sequence(labels)) {
        return in.malformed();
    }
    return items;
}

Result<ViewText> read_view(LineReader& in, const Desk& to) {
    LAPX_TRY_ASSIGN(View view, parse_view(in.rest()));
    if (view.to != to) {
        return in.malformed();
    }
    return ViewText{std::move(view), std::string(in.rest())};
}

Result<ContentDigest> read_body(LineReader& in) {
    LAPX_TRY_ASSIGN(const ContentDigest body, in.read("body", digest_from<ContentDigest>));
    LAPX_TRY(in.end());
    return body;
}

}  // namespace

std::size_t lines_for(Label label, std::size_t elements) {
    // Confidential elements are withheld silently: how many there are must not show.
    const std::size_t least = template_row(label).default_class == ItemClass::kConfidential ? 8 : 2;
    return std::bit_ceil(std::max(elements, least));
}

bool is_label_sequence(const std::vector<Label>& labels) {
    auto at = labels.begin();
    for (const TemplateRow& row : template_rows()) {
        const auto end =
            std::find_if(at, labels.end(), [&](Label label) { return label != row.label; });
        const auto count = static_cast<std::size_t>(end - at);
        if (row.repeats ? count == 0 || count != lines_for(row.label, count) : count != 1) {
            return false;
        }
        at = end;
    }
    return at == labels.end() && labels.size() <= kMaxItems;
}

Result<Manifest> parse_manifest(std::string_view text) {
    LineReader in("manifest", text);
    LAPX_TRY(in.check(kMaxLongNote));
    LAPX_TRY(in.exactly(kManifestForm));
    LAPX_TRY_ASSIGN(Desk from, in.read("from", Desk::parse));
    LAPX_TRY_ASSIGN(const ReferralId id, in.read("id", uuid_from<ReferralId>));
    LAPX_TRY_ASSIGN(const Kind kind, in.read("kind", from_word<Kind>));
    LAPX_TRY_ASSIGN(const std::uint64_t version, in.read("version", number_from));
    LAPX_TRY_ASSIGN(const auto supersedes,
                    in.read("supersedes", digest_or_none_from<ManifestDigest>));
    if (version == 0 || (version == 1) == supersedes.has_value()) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const std::string_view name, in.value("template"));
    if (name != kTemplateName) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const Time created, in.read("created", time_from));
    LAPX_TRY_ASSIGN(auto items, read_items(in));
    return Manifest{std::move(from), id, kind, version, supersedes, created, std::move(items)};
}

std::string print_manifest(const Manifest& manifest) {
    std::string out;
    out += kManifestForm;
    out += '\n';
    put_line(out, "from", manifest.from.text());
    put_line(out, "id", to_string(manifest.id));
    put_line(out, "kind", word_of(manifest.kind));
    put_line(out, "version", manifest.version);
    put_line(out, "supersedes", digest_or_none(manifest.supersedes));
    put_line(out, "template", kTemplateName);
    put_line(out, "created", to_string(manifest.created));
    for (std::size_t i = 0; i < manifest.items.size(); ++i) {
        out += "item ";
        out += std::to_string(i + 1);
        out += ' ';
        put_line(out, word_of(manifest.items[i].label), to_string(manifest.items[i].digest));
    }
    return out;
}

Result<Cover> parse_cover(std::string_view text) {
    LineReader in("cover", text);
    LAPX_TRY(in.check(kMaxLongNote));
    LAPX_TRY(in.exactly(kCoverForm));
    LAPX_TRY_ASSIGN(Desk from, in.read("from", Desk::parse));
    LAPX_TRY_ASSIGN(Desk to, in.read("to", Desk::parse));
    LAPX_TRY_ASSIGN(const auto key, in.read("key", digest_from<KeyFingerprint>));
    LAPX_TRY_ASSIGN(const auto message, in.read("message", uuid_from<MessageId>));
    LAPX_TRY_ASSIGN(const Time created, in.read("created", time_from));
    LAPX_TRY_ASSIGN(const Time expires, in.read("expires", time_from));
    if (expires <= created || expires - created > kMaxCoverLife) {
        return in.malformed();
    }
    LAPX_TRY_ASSIGN(const Act act, in.read("act", from_word<Act>));
    LAPX_TRY_ASSIGN(const auto referral, in.read("case", uuid_from<ReferralId>));
    std::variant<ViewText, ContentDigest> rest{ContentDigest{}};
    if (act == Act::kMove) {
        LAPX_TRY_ASSIGN(rest, read_body(in));
    } else {
        LAPX_TRY_ASSIGN(rest, read_view(in, to));
    }
    return Cover{std::move(from), std::move(to), key,      message,        created,
                 expires,         act,           referral, std::move(rest)};
}

std::string print_cover(const Cover& cover) {
    std::string out;
    out += kCoverForm;
    out += '\n';
    put_line(out, "from", cover.from.text());
    put_line(out, "to", cover.to.text());
    put_line(out, "key", to_string(cover.key));
    put_line(out, "message", to_string(cover.message));
    put_line(out, "created", to_string(cover.created));
    put_line(out, "expires", to_string(cover.expires));
    put_line(out, "act", word_of(cover.act));
    put_line(out, "case", to_string(cover.referral));
    if (const ViewText* const view = cover.view()) {
        out += view->text;
    }
    if (const ContentDigest* const body = cover.body()) {
        put_line(out, "body", to_string(*body));
    }
    return out;
}

}  // namespace lapx::schema
