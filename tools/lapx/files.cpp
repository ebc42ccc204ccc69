#include "tools/lapx/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "schema/base/descriptor.hpp"
#include "schema/base/text.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> io(const fs::path& path) {
    const bool is_full = errno == ENOSPC || errno == EDQUOT;
    return fail(errno == ENOENT ? Code::kNotFound
                : is_full       ? Code::kDiskFull
                                : Code::kIo,
                path.string() + ": " + std::strerror(errno));
}

Result<void> write_all(int fd, const fs::path& path, BytesView octets) {
    while (!octets.empty()) {
        const ssize_t n = ::write(fd, octets.data(), octets.size());
        if (n < 0 && errno != EINTR) {
            return io(path);
        }
        octets = octets.subspan(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
    // A pipe or a device cannot be synced and need not be.
    if (::fsync(fd) != 0 && errno != EINVAL && errno != EROFS) {
        return io(path);
    }
    return {};
}

bool is_safe_path(std::string_view path) {
    const auto safe = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '.' || c == '_' || c == '-';
    };
    const auto parts = split(path, '/');
    return !parts.empty() && std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
        return !part.empty() && part != "." && part != ".." &&
               std::all_of(part.begin(), part.end(), safe);
    });
}

}  // namespace

namespace {

Result<Bytes> read_with(const fs::path& path, std::size_t max, int flags) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
    const bool is_link = file.get() < 0 && errno == ELOOP;
    if (file.get() < 0 && !is_link) {
        return io(path);
    }
    struct stat about {};
    const bool must_be_plain = (flags & O_NOFOLLOW) != 0;
    if (is_link ||
        (must_be_plain && (::fstat(file.get(), &about) != 0 || !S_ISREG(about.st_mode)))) {
        return fail(Code::kInvalidArgument, path.string() + " is no plain file");
    }
    Bytes octets;
    constexpr std::size_t kPiece = 65536;
    while (true) {
        const std::size_t have = octets.size();
        octets.resize(have + kPiece);
        const ssize_t n = ::read(file.get(), octets.data() + have, kPiece);
        if (n < 0 && errno != EINTR) {
            return io(path);
        }
        octets.resize(have + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
        if (octets.size() > max) {
            return fail(Code::kTooLarge,
                        path.string() + " has more than " + std::to_string(max) + " octets");
        }
        if (n == 0) {
            return octets;
        }
    }
}

}  // namespace

Result<Bytes> read_file(const fs::path& path, std::size_t max) { return read_with(path, max, 0); }

Result<Bytes> read_plain_file(const fs::path& path, std::size_t max) {
    return read_with(path, max, O_NOFOLLOW | O_NONBLOCK);
}

Result<void> write_new_file(const fs::path& path, BytesView octets, unsigned mode) {
    const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
    if (file.get() < 0) {
        return io(path);
    }
    auto written = write_all(file.get(), path, octets);
    if (!written) {
        ::unlink(path.c_str());
    }
    return written;
}

Result<void> write_file(const fs::path& path, BytesView octets) {
    struct stat about {};
    const bool is_there = ::stat(path.c_str(), &about) == 0;
    if (is_there && !S_ISREG(about.st_mode)) {
        const Descriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
        return file.get() < 0 ? io(path) : write_all(file.get(), path, octets);
    }
    // Beside it first, so that it is the one or the other whatever happens.
    std::error_code ignored;
    const fs::path target = is_there ? fs::canonical(path, ignored) : path;
    fs::path fresh = target;
    fresh += ".new";
    ::unlink(fresh.c_str());
    LAPX_TRY(write_new_file(fresh, octets, is_there ? about.st_mode & 0777U : 0666U));
    if (::rename(fresh.c_str(), target.c_str()) != 0) {
        const auto failed = io(path);
        ::unlink(fresh.c_str());
        return failed;
    }
    return {};
}

Result<void> sync_folder(const fs::path& folder) {
    const Descriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return file.get() < 0 || ::fsync(file.get()) != 0 ? io(folder) : Result<void>{};
}

Result<Files> read_tree(const fs::path& folder, std::size_t max_files, std::size_t max_octets) {
    std::error_code error;
    Files files;
    fs::recursive_directory_iterator at(folder, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        if (std::error_code each; !at->is_regular_file(each) || at->is_symlink(each)) {
            continue;
        }
        if (files.size() == max_files) {
            return fail(Code::kTooLarge, folder.string() + " has too many files");
        }
        LAPX_TRY_ASSIGN(Bytes octets, read_file(at->path(), max_octets));
        max_octets -= octets.size();
        files.emplace(at->path().lexically_relative(folder).generic_string(), std::move(octets));
    }
    if (error) {
        return fail(error == std::errc::no_such_file_or_directory ? Code::kNotFound : Code::kIo,
                    folder.string() + ": " + error.message());
    }
    return files;
}

Result<void> write_tree(const fs::path& folder, const Files& files) {
    for (const auto& [path, octets] : files) {
        if (!is_safe_path(path)) {
            return fail(Code::kInvalidArgument, "the file name " + path + " is not safe to write");
        }
    }
    for (const auto& [path, octets] : files) {
        std::error_code error;
        fs::create_directories((folder / path).parent_path(), error);
        if (error) {
            return fail(Code::kIo, (folder / path).string() + ": " + error.message());
        }
        LAPX_TRY(write_file(folder / path, octets));
    }
    return {};
}

}  // namespace lapx::cli
