#pragma once
// Just enough HTML to find what a reader sees and where links lead. One forward pass, no tree.

#include <functional>
#include <string>
#include <string_view>

namespace lapx::tools::intake {

// Character references (&amp; &#38; &#x26;) replaced; unknown ones stay.
std::string decode_references(std::string_view text);

struct HtmlEvents {
    std::function<void(const std::string&)> attribute;  // decoded, without tabs and line breaks
    std::function<void(std::string_view)> raw;          // the inside of a script or style element
};

// Gives the visible text; line breaks where an element makes one.
std::string read_html(std::string_view html, const HtmlEvents& events);

}  // namespace lapx::tools::intake
