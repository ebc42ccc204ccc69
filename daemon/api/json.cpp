#include "daemon/api/json.hpp"

#include <algorithm>

#include "schema/base/text.hpp"

namespace lapx::daemon {
namespace {

tl::unexpected<Error> wrong(const char* name, const char* what) {
    return fail(Code::kInvalidArgument, std::string("`") + name + "` " + what);
}

}  // namespace

Result<std::optional<std::string>> text_member(const nlohmann::json& object, const char* name) {
    if (!object.is_object() || !object.contains(name) || object.at(name).is_null()) {
        return std::optional<std::string>{};
    }
    if (!object.at(name).is_string()) {
        return wrong(name, "must be a text");
    }
    return std::optional(object.at(name).get<std::string>());
}

Result<std::string> needed_text(const nlohmann::json& object, const char* name) {
    LAPX_TRY_ASSIGN(auto text, text_member(object, name));
    if (!text || text->empty()) {
        return wrong(name, "is missing");
    }
    return std::move(*text);
}

Result<std::uint64_t> needed_number(const nlohmann::json& object, const char* name) {
    if (!object.is_object() || !object.contains(name)) {
        return wrong(name, "is missing");
    }
    if (!object.at(name).is_number_unsigned()) {
        return wrong(name, "must be a whole number");
    }
    return object.at(name).get<std::uint64_t>();
}

Result<bool> flag_member(const nlohmann::json& object, const char* name) {
    if (!object.is_object() || !object.contains(name)) {
        return false;
    }
    if (!object.at(name).is_boolean()) {
        return wrong(name, "must be true or false");
    }
    return object.at(name).get<bool>();
}

Result<std::vector<std::string>> texts_from(const nlohmann::json& list, const char* name) {
    if (!list.is_array()) {
        return wrong(name, "must be a list of texts");
    }
    std::vector<std::string> out;
    for (const nlohmann::json& element : list) {
        if (!element.is_string()) {
            return wrong(name, "must be a list of texts");
        }
        out.push_back(element.get<std::string>());
    }
    return out;
}

Result<std::optional<std::vector<std::string>>> list_member(const nlohmann::json& object,
                                                            const char* name) {
    if (!object.is_object() || !object.contains(name)) {
        return std::optional<std::vector<std::string>>{};
    }
    LAPX_TRY_ASSIGN(std::vector<std::string> list, texts_from(object.at(name), name));
    return std::optional(std::move(list));
}

Result<void> check_members(const Json& object, std::initializer_list<std::string_view> names) {
    if (!object.is_object()) {
        return fail(Code::kInvalidArgument, "an entry of a list is no object");
    }
    for (const auto& [name, value] : object.items()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) {
            return fail(Code::kInvalidArgument, "`" + escape(name) + "` is no member of it");
        }
    }
    return {};
}

}  // namespace lapx::daemon
