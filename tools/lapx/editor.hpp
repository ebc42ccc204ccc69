#pragma once
// A text in a person's editor.

#include <filesystem>
#include <functional>
#include <string>

#include "tools/lapx/context.hpp"

namespace lapx::cli {

// Opens $VISUAL, $EDITOR or vi on the text, in a file for its owner alone, and gives what was saved
// to `use`. Where that fails, the person may edit again; if they do not, a file that they changed
// is kept and the error names it. Otherwise nothing of it remains. Errors: those of `use`;
// kInvalidArgument where the editor fails, kIo.
Result<Exit> edit_text(Context& context, const std::string& name, const std::string& text,
                       const std::function<Result<Exit>(const std::string&)>& use);

}  // namespace lapx::cli
