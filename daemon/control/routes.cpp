#include "daemon/control/routes.hpp"

#include <algorithm>

#include "schema/base/bytes.hpp"
#include "schema/base/text.hpp"

namespace lapx::control {
namespace {

constexpr std::string_view kPrefix = "/v1/";

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& path) {
    return std::equal(pattern.begin(), pattern.end(), path.begin(), path.end(),
                      [](const std::string& expected, const std::string& actual) {
                          return expected.starts_with('{') || expected == actual;
                      });
}

}  // namespace

bool Route::admits(const Operator& who) const {
    return roles.empty() ||
           std::any_of(roles.begin(), roles.end(), [&](Role role) { return who.has(role); });
}

Result<void> Route::check_member(std::string_view name) const {
    if (members.contains(name) || members.contains("*")) {
        return {};
    }
    return fail(Code::kInvalidArgument,
                "`" + escape(name) + "` is no member of a request " + method + " " + pattern);
}

void Routes::add(Route route) {
    std::vector<std::string> segments;
    for (const std::string_view segment :
         split(std::string_view(route.pattern).substr(kPrefix.size()), '/')) {
        segments.emplace_back(segment);
    }
    rows_.push_back({std::move(route), std::move(segments)});
}

void Routes::add(std::string_view method, std::string_view pattern, std::set<Role> roles,
                 Members members, Handler handler) {
    add({std::string(method), std::string(pattern), std::move(roles), std::move(members),
         std::move(handler)});
}

void Routes::add(std::string_view method, std::string_view pattern, std::set<Role> roles,
                 UploadHandler handler) {
    add({std::string(method), std::string(pattern), std::move(roles), {}, {}, std::move(handler)});
}

Routes::Match Routes::find(std::string_view method, const std::vector<std::string>& path) const {
    Match match;
    for (const Row& row : rows_) {
        if (!fits(row.segments, path)) {
            continue;
        }
        if (row.route.method == method) {
            match.route = &row.route;
            return match;
        }
        match.allowed.push_back(row.route.method);
    }
    return match;
}

Result<std::string> percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out += text[at];
            continue;
        }
        std::string digits(text.substr(at + 1, 2));
        std::transform(digits.begin(), digits.end(), digits.begin(), [](char c) {
            return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        const Result<Bytes> octet = from_hex(digits);
        if (!octet || octet->size() != 1) {
            return fail(Code::kInvalidArgument, "a percent escape in the URL");
        }
        out += as_text(*octet);
        at += 2;
    }
    const bool control = std::any_of(out.begin(), out.end(), [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    });
    if (control || !is_utf8(out)) {
        return fail(Code::kInvalidArgument, "the URL holds control characters or is not UTF-8");
    }
    return out;
}

Result<std::vector<std::string>> segments_from(std::string_view path) {
    if (!path.starts_with(kPrefix)) {
        return fail(Code::kNotFound, "no such path");
    }
    std::vector<std::string> segments;
    for (const std::string_view raw : split(path.substr(kPrefix.size()), '/')) {
        LAPX_TRY_ASSIGN(std::string segment, percent_decode(raw));
        if (segment.empty()) {
            return fail(Code::kNotFound, "no such path");
        }
        segments.push_back(std::move(segment));
    }
    return segments;
}

}  // namespace lapx::control
