#include "daemon/ledger/head_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "schema/limits.hpp"

namespace lapx::ledger {

Result<HeadFile> HeadFile::open(const std::string& path) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!file) {
        return fail(Code::kIo, "cannot open the ledger's head file");
    }
    return HeadFile(std::move(file));
}

Result<std::string> HeadFile::read() const {
    std::string note(schema::kMaxNote, '\0');
    const ssize_t got = ::pread(file_.get(), note.data(), note.size(), 0);
    if (got < 0) {
        return fail(Code::kIo, "cannot read the ledger's head file");
    }
    note.resize(static_cast<std::size_t>(got));
    return note;
}

void HeadFile::write(std::string_view note) const {
    const ssize_t written = ::pwrite(file_.get(), note.data(), note.size(), 0);
    if (written == static_cast<ssize_t>(note.size())) {
        // Notes grow with the number of entries, but the file may have held something else.
        [[maybe_unused]] const int cut = ::ftruncate(file_.get(), written);
    }
}

}  // namespace lapx::ledger
