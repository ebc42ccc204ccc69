#pragma once
// Agencies and desks (protocol.md 1.2).

#include <compare>
#include <string>
#include <string_view>

#include "schema/base/result.hpp"

namespace lapx {

// A DNS name in lower case, "opta.nl". Made by parse only.
class Agency {
  public:
    // Errors: kInvalidArgument.
    static Result<Agency> parse(std::string_view text);
    const std::string& text() const { return text_; }
    auto operator<=>(const Agency&) const = default;

  private:
    explicit Agency(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

// A designated contact, "spam@opta.nl".
class Desk {
  public:
    // Errors: kInvalidArgument.
    static Result<Desk> parse(std::string_view text);
    const std::string& id() const { return id_; }
    const Agency& agency() const { return agency_; }
    std::string text() const { return id_ + "@" + agency_.text(); }
    auto operator<=>(const Desk&) const = default;

  private:
    Desk(std::string id, Agency agency) : id_(std::move(id)), agency_(std::move(agency)) {}
    std::string id_;
    Agency agency_;
};

bool is_desk_id(std::string_view text);

}  // namespace lapx
