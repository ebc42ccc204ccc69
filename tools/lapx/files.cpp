#include "tools/lapx/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "schema/base/text.hpp"

namespace lapx::cli {
namespace {

namespace fs = std::filesystem;

class File {
  public:
    explicit File(int fd) : fd_(fd) {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() {
        if (fd_ >= 0) {
            ::close(fd_);
        }
    }
    int fd() const { return fd_; }

  private:
    int fd_;
};

tl::unexpected<Error> io(const fs::path& path) {
    return fail(errno == ENOENT ? Code::kNotFound : Code::kIo,
                path.string() + ": " + std::strerror(errno));
}

Result<void> write_with(const fs::path& path, BytesView octets, int flags, unsigned mode) {
    const File file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode));
    if (file.fd() < 0) {
        return io(path);
    }
    while (!octets.empty()) {
        const ssize_t n = ::write(file.fd(), octets.data(), octets.size());
        if (n < 0 && errno != EINTR) {
            return io(path);
        }
        octets = octets.subspan(static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    }
    // A pipe or a device cannot be synced and need not be.
    if (::fsync(file.fd()) != 0 && errno != EINVAL && errno != EROFS) {
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

Result<Bytes> read_file(const fs::path& path, std::size_t max) {
    const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.fd() < 0) {
        return io(path);
    }
    Bytes octets;
    constexpr std::size_t kPiece = 65536;
    while (true) {
        const std::size_t have = octets.size();
        octets.resize(have + kPiece);
        const ssize_t n = ::read(file.fd(), octets.data() + have, kPiece);
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

Result<void> write_new_file(const fs::path& path, BytesView octets, unsigned mode) {
    return write_with(path, octets, O_EXCL, mode);
}

Result<void> write_file(const fs::path& path, BytesView octets) {
    return write_with(path, octets, O_TRUNC, 0666);
}

Result<void> sync_folder(const fs::path& folder) {
    const File file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return file.fd() < 0 || ::fsync(file.fd()) != 0 ? io(folder) : Result<void>{};
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
