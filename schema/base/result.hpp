#pragma once
// How everything in lapx fails: Result<T> carries a value or an Error. Hostile input is normal
// here, so an Error is data that can be recorded, not an exception.

#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "schema/base/error_code.hpp"

namespace lapx {

// `context` says where and what, for a person. It never holds a secret, case content or personal
// data, and is escaped before it is shown.
struct Error {
    Code code;
    std::string context;
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
  public:
    using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(Code code, std::string context = {}) {
    return tl::unexpected<Error>(Error{code, std::move(context)});
}

}  // namespace lapx

// NOLINTBEGIN(bugprone-macro-parentheses): a declaration cannot stand in parentheses.
// Passes an error on: LAPX_TRY(expr) for Result<void>, LAPX_TRY_ASSIGN(auto x, expr) for a value.
#define LAPX_CONCAT_INNER(a, b) a##b
#define LAPX_CONCAT(a, b) LAPX_CONCAT_INNER(a, b)
#define LAPX_TRY(expr)                                                                \
    do {                                                                              \
        if (auto lapx_try_result = (expr); !lapx_try_result) {                        \
            return tl::unexpected<::lapx::Error>(std::move(lapx_try_result).error()); \
        }                                                                             \
    } while (false)
#define LAPX_TRY_ASSIGN_INNER(tmp, decl, expr)                        \
    auto tmp = (expr);                                                \
    if (!tmp) {                                                       \
        return tl::unexpected<::lapx::Error>(std::move(tmp).error()); \
    }                                                                 \
    decl = std::move(*tmp)
#define LAPX_TRY_ASSIGN(decl, expr) \
    LAPX_TRY_ASSIGN_INNER(LAPX_CONCAT(lapx_tmp_, __LINE__), decl, expr)
// NOLINTEND(bugprone-macro-parentheses)
