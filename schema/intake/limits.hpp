#pragma once
// What passes between lapxd and its lapx-intake worker is bounded by these, on both sides. Octets,
// unless it says otherwise.

#include <cstddef>

namespace lapx::schema::intake {

inline constexpr std::size_t kMaxMail = std::size_t{25} << 20;
inline constexpr std::size_t kMaxAnswer = std::size_t{1} << 20;

inline constexpr std::size_t kMaxLine = 1'000;  // subject, names, addresses, reasons
inline constexpr std::size_t kMaxHost = 255;
inline constexpr std::size_t kMaxUrl = 2'048;
inline constexpr std::size_t kMaxFileName = 120;
inline constexpr std::size_t kMaxMediaType = 100;
inline constexpr std::size_t kMaxPreview = 2'048;

// Elements of lists.
inline constexpr std::size_t kMaxRecipients = 100;
inline constexpr std::size_t kMaxHops = 100;
inline constexpr std::size_t kMaxIps = 100;
inline constexpr std::size_t kMaxUrls = 200;
inline constexpr std::size_t kMaxDomains = 200;
inline constexpr std::size_t kMaxMailAddresses = 20;
inline constexpr std::size_t kMaxAttachments = 100;
inline constexpr std::size_t kMaxAuthenticationResults = 20;
inline constexpr std::size_t kMaxProblems = 50;
inline constexpr std::size_t kMaxReported = 50;  // domains and links named by a feedback report

}  // namespace lapx::schema::intake
