#include "schema/rsit.hpp"

#include <algorithm>
#include <array>

namespace lapx::schema {
namespace {

constexpr auto kCodes = std::to_array<std::string_view>({
    "abusive-content:spam",
    "abusive-content:harmful-speech",
    "abusive-content:violence",
    "malicious-code:infected-system",
    "malicious-code:c2-server",
    "malicious-code:malware-distribution",
    "malicious-code:malware-configuration",
    "information-gathering:scanner",
    "information-gathering:sniffing",
    "information-gathering:social-engineering",
    "intrusion-attempts:ids-alert",
    "intrusion-attempts:brute-force",
    "intrusion-attempts:exploit",
    "intrusions:privileged-account-compromise",
    "intrusions:unprivileged-account-compromise",
    "intrusions:application-compromise",
    "intrusions:system-compromise",
    "intrusions:burglary",
    "availability:dos",
    "availability:ddos",
    "availability:misconfiguration",
    "availability:sabotage",
    "availability:outage",
    "information-content-security:unauthorised-information-access",
    "information-content-security:unauthorised-information-modification",
    "information-content-security:data-loss",
    "information-content-security:data-leak",
    "fraud:unauthorised-use-of-resources",
    "fraud:copyright",
    "fraud:masquerade",
    "fraud:phishing",
    "vulnerable:weak-crypto",
    "vulnerable:ddos-amplifier",
    "vulnerable:potentially-unwanted-accessible",
    "vulnerable:information-disclosure",
    "vulnerable:vulnerable-system",
    "other:other",
    "other:undetermined",
    "test:test",
});

bool is_code_part(std::string_view text) {
    constexpr std::size_t kMaxPart = 64;
    return !text.empty() && text.size() <= kMaxPart &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
           });
}

}  // namespace

std::span<const std::string_view> rsit_codes() { return kCodes; }

bool is_rsit_code(std::string_view text) {
    return std::find(kCodes.begin(), kCodes.end(), text) != kCodes.end();
}

bool has_rsit_shape(std::string_view text) {
    const std::size_t colon = text.find(':');
    return colon != std::string_view::npos && is_code_part(text.substr(0, colon)) &&
           is_code_part(text.substr(colon + 1));
}

}  // namespace lapx::schema
