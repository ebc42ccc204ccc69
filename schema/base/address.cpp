#include "schema/base/address.hpp"

#include "schema/base/text.hpp"

namespace lapx {
namespace {

constexpr std::size_t kMaxAgency = 200;
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxDeskId = 32;

bool is_alphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_dns_label(std::string_view label) {
    if (label.empty() || label.size() > kMaxLabel || label.front() == '-' || label.back() == '-') {
        return false;
    }
    for (const char c : label) {
        if (!is_alphanumeric(c) && c != '-') {
            return false;
        }
    }
    return true;
}

}  // namespace

Result<Agency> Agency::parse(std::string_view text) {
    const auto labels = split(text, '.');
    if (text.size() > kMaxAgency || labels.size() < 2) {
        return fail(Code::kInvalidArgument, "an agency is a DNS name such as opta.nl");
    }
    for (const std::string_view label : labels) {
        if (!is_dns_label(label)) {
            return fail(Code::kInvalidArgument,
                        "an agency is a DNS name in lower case such as opta.nl");
        }
    }
    return Agency(std::string(text));
}

bool is_desk_id(std::string_view text) {
    if (text.empty() || text.size() > kMaxDeskId || !is_alphanumeric(text.front()) ||
        !is_alphanumeric(text.back())) {
        return false;
    }
    for (const char c : text) {
        if (!is_alphanumeric(c) && c != '.' && c != '_' && c != '-') {
            return false;
        }
    }
    return true;
}

Result<Desk> Desk::parse(std::string_view text) {
    const std::size_t at = text.find('@');
    if (at == std::string_view::npos || !is_desk_id(text.substr(0, at))) {
        return fail(Code::kInvalidArgument, "a desk is written like spam@opta.nl");
    }
    LAPX_TRY_ASSIGN(Agency agency, Agency::parse(text.substr(at + 1)));
    return Desk(std::string(text.substr(0, at)), std::move(agency));
}

}  // namespace lapx
