#include "tools/lapx/editor.hpp"

#include <stdlib.h>

#include <cerrno>
#include <cstring>
#include <ostream>

#include "tools/lapx/files.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxEdited = std::size_t{8} << 20;

// For its owner alone, in memory where the system has such a place.
Result<fs::path> make_private_folder(Context& context) {
    const auto runtime = context.env().variable("XDG_RUNTIME_DIR");
    const auto temporary = context.env().variable("TMPDIR");
    std::string path = runtime.value_or(temporary.value_or("/tmp")) + "/lapx-XXXXXX";
    if (::mkdtemp(path.data()) == nullptr) {
        return fail(Code::kIo, path + ": " + std::strerror(errno));
    }
    return fs::path(path);
}

// The editor may have arguments of its own, as in "emacs -nw".
Result<void> run_editor(Context& context, const fs::path& file) {
    const Environment& env = context.env();
    const std::string editor =
        env.variable("VISUAL").value_or(env.variable("EDITOR").value_or("vi"));
    const int status = std::system((editor + " " + shell_word(file.string())).c_str());
    return status == 0 ? Result<void>{}
                       : fail(Code::kInvalidArgument, "the editor " + editor + " failed");
}

Result<Exit> edit_once(Context& context, const fs::path& file,
                       const std::function<Result<Exit>(const std::string&)>& use) {
    LAPX_TRY(run_editor(context, file));
    LAPX_TRY_ASSIGN(const Bytes edited, read_file(file, kMaxEdited));
    return use(std::string(as_text(edited)));
}

}  // namespace

Result<Exit> edit_text(Context& context, const std::string& name, const std::string& text,
                       const std::function<Result<Exit>(const std::string&)>& use) {
    LAPX_TRY_ASSIGN(const fs::path folder, make_private_folder(context));
    const fs::path file = folder / name;
    LAPX_TRY(write_new_file(file, as_bytes(text), 0600));
    // Removed only once it is of no more use: whatever happens before, nothing typed is lost.
    const auto remove = [&] {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    };
    while (true) {
        Result<Exit> done = edit_once(context, file, use);
        if (done) {
            remove();
            return done;
        }
        const Error& error = done.error();
        context.remark(error.context + " (" + std::string(to_string(error.code)) + ")");
        const std::string again = context.ask("Edit again? yes or no", "yes");
        if (context.env().in && (again == "yes" || again == "y")) {
            continue;
        }
        const auto left = read_file(file, kMaxEdited);
        if (left && as_text(*left) == text) {
            remove();
            return done;
        }
        return fail(error.code, error.context + "; what you typed is in " + file.string());
    }
}

}  // namespace lapx::cli
