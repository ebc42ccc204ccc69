#include "keys/private_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "schema/base/descriptor.hpp"

namespace lapx::keys {
namespace {

constexpr std::size_t kMaxPassphrase = 1024;

tl::unexpected<Error> io_error(const char* what, const std::filesystem::path& path) {
    const int error = errno;
    const bool is_full = error == ENOSPC || error == EDQUOT;
    return fail(error == ENOENT ? Code::kNotFound
                : is_full       ? Code::kDiskFull
                                : Code::kIo,
                std::string(what) + " " + path.string() + ": " + std::strerror(error));
}

bool is_private(const struct stat& about) {
    return (about.st_mode & 077) == 0 && (about.st_uid == ::geteuid() || about.st_uid == 0);
}

tl::unexpected<Error> not_private(const std::filesystem::path& path) {
    return fail(Code::kUnsafePermissions,
                path.string() + " must be a file that only its owner may read");
}

// As many octets as there are, up to the span's size; nothing on an error, with errno set.
std::optional<std::size_t> read_all(int fd, std::span<std::uint8_t> out) {
    std::size_t at = 0;
    while (at < out.size()) {
        const ssize_t got = ::read(fd, out.data() + at, out.size() - at);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return std::nullopt;
        }
        if (got == 0) {
            break;
        }
        at += static_cast<std::size_t>(got);
    }
    return at;
}

bool write_all(int fd, BytesView octets) {
    while (!octets.empty()) {
        const ssize_t put = ::write(fd, octets.data(), octets.size());
        if (put < 0 && errno != EINTR) {
            return false;
        }
        octets = octets.subspan(put < 0 ? 0 : static_cast<std::size_t>(put));
    }
    return true;
}

Result<void> write_durably(const std::filesystem::path& path, BytesView octets) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    // To one who has just made the file, EPERM says that the medium knows no permissions.
    if (file.get() < 0 || (::fchmod(file.get(), 0600) != 0 && errno != EPERM) ||
        !write_all(file.get(), octets) || ::fsync(file.get()) != 0) {
        return io_error("cannot write", path);
    }
    return {};
}

Result<void> sync_folder(const std::filesystem::path& path) {
    const Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.get() < 0 || ::fsync(folder.get()) != 0) {
        return io_error("cannot sync", path);
    }
    return {};
}

}  // namespace

Result<SecretBytes> read_private_file(const std::filesystem::path& path, std::size_t max) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat about {};
    if (file.get() < 0 || ::fstat(file.get(), &about) != 0) {
        return io_error("cannot read", path);
    }
    if (!S_ISREG(about.st_mode) || !is_private(about)) {
        return not_private(path);
    }
    if (static_cast<std::uint64_t>(about.st_size) > max) {
        return fail(Code::kTooLarge, path.string());
    }
    SecretBytes octets(static_cast<std::size_t>(about.st_size));
    const auto got = read_all(file.get(), octets.bytes());
    if (!got) {
        return io_error("cannot read", path);
    }
    return *got == octets.size() ? std::move(octets) : SecretBytes(octets.view().first(*got));
}

Result<void> write_private_file(const std::filesystem::path& path, BytesView octets) {
    std::filesystem::path fresh = path;
    fresh += ".new";
    // What a writer that died has left.
    ::unlink(fresh.c_str());
    auto done = write_durably(fresh, octets);
    if (done && ::rename(fresh.c_str(), path.c_str()) != 0) {
        done = io_error("cannot replace", path);
    }
    if (!done) {
        ::unlink(fresh.c_str());
        return done;
    }
    return sync_folder(path.has_parent_path() ? path.parent_path() : ".");
}

Result<SecretBytes> read_passphrase(int fd) {
    SecretBytes line(kMaxPassphrase + 1);
    std::size_t size = 0;
    // Octet by octet, so that the next line stays for the next reader.
    while (size < line.size()) {
        const auto got = read_all(fd, line.bytes().subspan(size, 1));
        if (!got) {
            return io_error("cannot read", "the passphrase");
        }
        if (*got == 0 || line.view()[size] == '\n') {
            break;
        }
        ++size;
    }
    // A file from another system may end its lines with CR LF.
    if (size > 0 && line.view()[size - 1] == '\r') {
        --size;
    }
    if (size == 0 || size > kMaxPassphrase) {
        return fail(Code::kInvalidArgument, "a passphrase is one line of 1 to 1,024 octets");
    }
    return SecretBytes(line.view().first(size));
}

Result<SecretBytes> read_passphrase_file(const std::filesystem::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat about {};
    if (file.get() < 0 || ::fstat(file.get(), &about) != 0) {
        return io_error("cannot read", path);
    }
    if (S_ISREG(about.st_mode) && !is_private(about)) {
        return not_private(path);
    }
    return read_passphrase(file.get());
}

}  // namespace lapx::keys
