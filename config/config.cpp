#include "config/config.hpp"

#include <algorithm>
#include <system_error>

#include "config/file.hpp"
#include "config/words.hpp"

namespace lapx::config {

std::string_view to_string(Role role) { return word(kRoles, role); }

std::optional<Role> role_from(std::string_view text) { return value_of(kRoles, text); }

bool Operator::has(Role role) const {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
}

bool Operator::serves(std::string_view desk_id) const {
    return desks.empty() || std::any_of(desks.begin(), desks.end(), [&](const std::string& desk) {
               return desk == kEveryDesk || desk == desk_id;
           });
}

const Operator* Config::find(uid_t uid) const {
    const auto found = std::find_if(operators.begin(), operators.end(),
                                    [&](const Operator& person) { return person.uid == uid; });
    return found == operators.end() ? nullptr : &*found;
}

Result<Config> load(const std::filesystem::path& path) {
    LAPX_TRY_ASSIGN(const std::string text, read_private_file(path));
    std::error_code error;
    const std::filesystem::path absolute = std::filesystem::absolute(path, error);
    if (error) {
        return fail(Code::kIo, path.string() + ": " + error.message());
    }
    auto config = parse(text, absolute.parent_path());
    if (!config) {
        return fail(config.error().code, path.string() + ": " + config.error().context);
    }
    return config;
}

}  // namespace lapx::config
