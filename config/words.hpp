#pragma once
// The fixed words of the configuration file, shared by its reader and its printer.

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "config/config.hpp"
#include "config/policy.hpp"

namespace lapx::config {

template <typename E, std::size_t N>
using Words = std::array<std::pair<E, std::string_view>, N>;

inline constexpr Words<Role, 5> kRoles{{{Role::kClerk, "clerk"},
                                        {Role::kApprover, "approver"},
                                        {Role::kAuditor, "auditor"},
                                        {Role::kAdmin, "admin"},
                                        {Role::kFeeder, "feeder"}}};
inline constexpr Words<Unlock, 2> kUnlocks{
    {{Unlock::kPassphrase, "passphrase"}, {Unlock::kKeyfile, "keyfile"}}};
inline constexpr Words<LogLevel, 4> kLogLevels{{{LogLevel::kDebug, "debug"},
                                                {LogLevel::kInfo, "info"},
                                                {LogLevel::kWarning, "warning"},
                                                {LogLevel::kError, "error"}}};
inline constexpr Words<Decide, 3> kDecides{
    {{Decide::kShare, "share"}, {Decide::kAsk, "ask"}, {Decide::kNever, "never"}}};

template <typename E, std::size_t N>
constexpr std::string_view word(const Words<E, N>& words, E value) {
    for (const auto& [key, text] : words) {
        if (key == value) {
            return text;
        }
    }
    return {};
}

template <typename E, std::size_t N>
constexpr std::optional<E> value_of(const Words<E, N>& words, std::string_view text) {
    for (const auto& [key, name] : words) {
        if (name == text) {
            return key;
        }
    }
    return std::nullopt;
}

}  // namespace lapx::config
