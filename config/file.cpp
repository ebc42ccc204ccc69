#include "config/file.hpp"

#include <array>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schema/base/descriptor.hpp"

namespace lapx::config {
namespace {

constexpr off_t kMaxFile = 65536;

tl::unexpected<Error> io_error(const std::filesystem::path& path, int error) {
    return fail(error == ENOENT ? Code::kNotFound : Code::kIo,
                path.string() + ": " + std::generic_category().message(error));
}

Result<void> check_file(const struct stat& info, const std::filesystem::path& path) {
    if (!S_ISREG(info.st_mode)) {
        return fail(Code::kUnsafePermissions, path.string() + " is not a regular file");
    }
    if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
        return fail(Code::kUnsafePermissions,
                    path.string() + " is open to others than its owner (mode must be 0600)");
    }
    if (info.st_uid != ::geteuid() && info.st_uid != 0) {
        return fail(Code::kUnsafePermissions, path.string() + " belongs to another user");
    }
    if (info.st_size > kMaxFile) {
        return fail(Code::kConfigInvalid, path.string() + " is larger than 64 KiB");
    }
    return {};
}

}  // namespace

Result<std::string> read_private_file(const std::filesystem::path& path) {
    // O_NONBLOCK: opening a FIFO must not hang.
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) {
        return io_error(path, errno);
    }
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) {
        return io_error(path, errno);
    }
    LAPX_TRY(check_file(info, path));
    std::string text;
    std::array<char, 4096> buffer{};
    while (true) {
        const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
        if (got < 0) {
            return io_error(path, errno);
        }
        if (got == 0) {
            return text;
        }
        text.append(buffer.data(), static_cast<std::size_t>(got));
        if (text.size() > static_cast<std::size_t>(kMaxFile)) {
            return fail(Code::kConfigInvalid, path.string() + " is larger than 64 KiB");
        }
    }
}

}  // namespace lapx::config
