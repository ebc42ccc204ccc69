#include "daemon/control/json.hpp"

#include <string>
#include <utility>
#include <vector>

namespace lapx::control {
namespace {

using nlohmann::json;

// Builds the value while the limits hold; returning false ends the parse.
// NOLINTNEXTLINE(bugprone-exception-escape): nlohmann's own destructor
class Builder final : public nlohmann::json_sax<json> {
  public:
    json take() { return std::move(root_); }
    const std::string& problem() const { return problem_; }

    bool null() override { return put(nullptr) != nullptr; }
    bool boolean(bool value) override { return put(value) != nullptr; }
    bool number_integer(number_integer_t value) override { return put(value) != nullptr; }
    bool number_unsigned(number_unsigned_t value) override { return put(value) != nullptr; }
    bool number_float(number_float_t value, const string_t&) override {
        return put(value) != nullptr;
    }
    bool string(string_t& value) override { return put(std::move(value)) != nullptr; }
    bool binary(binary_t&) override { return stop("binary"); }
    bool start_object(std::size_t) override { return open(json::object()); }
    bool start_array(std::size_t) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override {
        if (open_.back()->contains(name)) {
            return stop("a key stands twice in one object");
        }
        key_ = std::move(name);
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
        return stop("not JSON at octet " + std::to_string(position));
    }

  private:
    bool stop(std::string why) {
        problem_ = std::move(why);
        return false;
    }

    json* put(json value) {
        if (++values_ > kMaxJsonValues) {
            stop("too many JSON values");
            return nullptr;
        }
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        json& parent = *open_.back();
        if (parent.is_array()) {
            parent.push_back(std::move(value));
            return &parent.back();
        }
        return &(parent[key_] = std::move(value));
    }

    bool open(json container) {
        if (open_.size() == kMaxJsonDepth) {
            return stop("JSON is nested too deeply");
        }
        json* placed = put(std::move(container));
        if (placed == nullptr) {
            return false;
        }
        open_.push_back(placed);
        return true;
    }

    bool close() {
        open_.pop_back();
        return true;
    }

    json root_;
    std::vector<json*> open_;  // innermost last; stable, because only the innermost grows
    std::string key_;
    std::string problem_;
    std::size_t values_ = 0;
};

}  // namespace

Result<json> parse_json(std::string_view text) {
    Builder builder;
    if (!json::sax_parse(text, &builder)) {
        return fail(Code::kInvalidArgument, builder.problem());
    }
    return builder.take();
}

std::string print_json(const json& value) {
    return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace lapx::control
