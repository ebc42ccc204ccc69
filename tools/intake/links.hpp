#pragma once
// Finds links in text and HTML in one forward pass. Nothing is ever resolved or fetched.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace lapx::tools::intake {

class LinkFinder {
  public:
    // Both want UTF-8.
    void scan_text(std::string_view text);
    // Attributes, scripts and styles are searched too. Gives the visible text.
    std::string scan_html(std::string_view html);

    // Without repeats, in the order found, at most schema::intake::kMaxUrls.
    const std::vector<std::string>& urls() const { return urls_; }
    // Some were left out: too many, or too long.
    bool left_out() const { return left_out_; }

  private:
    // `attribute`: as a browser reads it, where a backslash is as good as a slash.
    void scan(std::string_view text, bool attribute);
    void add(const std::string& scheme, std::string_view rest);

    std::vector<std::string> urls_;
    std::unordered_set<std::string> seen_;
    bool left_out_ = false;
};

struct UrlHost {
    std::string name;  // lower case, percent-encoding undone; an IP address in its normal form
    bool is_ip = false;
    std::optional<std::uint16_t> port;
};

// Nothing where the link has no host that could be one.
std::optional<UrlHost> host_of(std::string_view url);

}  // namespace lapx::tools::intake
