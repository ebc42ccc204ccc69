#pragma once
// The answer of lapx-intake to one mail: a JSON document, {"mail":{…}} or {"refused":"reason"}.

#include <string>
#include <string_view>

#include "schema/base/result.hpp"
#include "schema/intake/mail.hpp"

namespace lapx::schema::intake {

std::string print_mail(const Mail& mail);
// The mail alone, indented.
std::string print_for_person(const Mail& mail);
std::string print_refusal(std::string_view reason);

// The inverse of both. The document comes from a process that has touched hostile octets: unknown,
// missing or repeated keys, anything over its limit and any control character are errors. Errors:
// kIntakeRefused, with the worker's reason or with what is wrong with its answer.
Result<Mail> parse_answer(std::string_view json);

}  // namespace lapx::schema::intake
