#include "daemon/exhibits/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace lapx::exhibits {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPart = ".part";
constexpr std::size_t kNameOctets = 16;
// Of what is written, so much at a time is given to the disk.
constexpr std::uint64_t kWindow = std::uint64_t{1} << 20;
// The ledger goes on when exhibits have filled what they may: twice its WAL.
constexpr std::uint64_t kReserve = std::uint64_t{128} << 20;
// Removed at a time: what the file system frees in a few milliseconds.
constexpr std::uint64_t kRemoved = std::uint64_t{16} << 20;
constexpr int kFilesRemoved = 16;

// The context is a code of the system and no path: names of files say nothing to a person.
tl::unexpected<Error> failure(const char* what) {
    const int code = errno;
    if (code == ENOSPC || code == EDQUOT) {
        return fail(Code::kDiskFull, "no room for an exhibit");
    }
    if (code == ENOENT) {
        return fail(Code::kNotFound, "the file of an exhibit");
    }
    return fail(Code::kIo, std::string("exhibit, ") + what + ": " + std::strerror(code));
}

// Whatever the cause: what was to be written may be lost, and the next attempt would not say so.
tl::unexpected<Error> not_synced() { return fail(Code::kIo, "exhibit, sync"); }

fs::path part_of(fs::path path) { return path += kPart; }

bool is_name(std::string_view text) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return text.size() == 2 * kNameOctets &&
           text.find_first_not_of(kDigits) == std::string_view::npos;
}

Result<void> sync_names(const fs::path& folder) {
    const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0) {
        return failure("folder");
    }
    return {};
}

Result<std::uint64_t> size_of(int descriptor) {
    struct stat info {};
    if (::fstat(descriptor, &info) != 0) {
        return failure("size");
    }
    return static_cast<std::uint64_t>(info.st_size);
}

struct Shrunk {
    std::uint64_t freed;
    std::uint64_t left;
};

// From its end, and then the file itself, if it is there.
Result<Shrunk> shrink(const fs::path& path) {
    std::error_code error;
    const std::uint64_t size = fs::file_size(path, error);
    if (!error && size > kRemoved) {
        const std::uint64_t left = size - kRemoved;
        return ::truncate(path.c_str(), static_cast<off_t>(left)) == 0
                   ? Result<Shrunk>(Shrunk{kRemoved, left})
                   : failure("remove");
    }
    return ::unlink(path.c_str()) == 0 || errno == ENOENT
               ? Result<Shrunk>(Shrunk{error ? 0 : size, 0})
               : failure("remove");
}

}  // namespace

void Promise::used(std::uint64_t octets) {
    const std::uint64_t now = std::min(octets, left_);
    left_ -= now;
    if (now > 0) {
        *all_ -= now;
    }
}

Result<void> Writer::write(BytesView octets) {
    while (!octets.empty()) {
        const ssize_t done =
            ::pwrite(file_.get(), octets.data(), octets.size(), static_cast<off_t>(size_));
        if (done < 0 && errno != EINTR) {
            return failure("write");
        }
        const auto count = static_cast<std::size_t>(std::max<ssize_t>(done, 0));
        size_ += count;
        promise_.used(count);
        octets = octets.subspan(count);
    }
    // The window before this one is waited for: by now it is mostly there.
    while (size_ - started_ >= kWindow) {
        const auto at = static_cast<off_t>(started_);
        if (::sync_file_range(file_.get(), at, kWindow, SYNC_FILE_RANGE_WRITE) != 0) {
            return not_synced();
        }
        // An error is told once, here or by fsync.
        if (started_ >= kWindow &&
            ::sync_file_range(file_.get(), at - static_cast<off_t>(kWindow), kWindow,
                              SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                                  SYNC_FILE_RANGE_WAIT_AFTER) != 0) {
            return not_synced();
        }
        started_ += kWindow;
    }
    return {};
}

Result<void> Writer::cut(std::uint64_t size) {
    if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0) {
        return failure("cut");
    }
    size_ = size;
    started_ = std::min(started_, size);
    return {};
}

Result<void> Writer::finish() {
    if (::fsync(file_.get()) != 0) {
        return not_synced();
    }
    if (::rename(part_of(path_).c_str(), path_.c_str()) != 0) {
        return failure("rename");
    }
    return sync_names(path_.parent_path());
}

std::uint64_t Source::size() const {
    const auto* const octets = std::get_if<Bytes>(&octets_);
    return octets != nullptr ? octets->size() : std::get<File>(octets_).size;
}

Result<Bytes> Source::read(std::uint64_t offset, std::size_t max) const {
    const std::uint64_t left = size() - std::min(offset, size());
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left, max));
    if (const auto* const octets = std::get_if<Bytes>(&octets_)) {
        const auto from = octets->begin() + static_cast<std::ptrdiff_t>(size() - left);
        return Bytes(from, from + static_cast<std::ptrdiff_t>(wanted));
    }
    Bytes out(wanted);
    std::size_t done = 0;
    while (done < wanted) {
        const ssize_t got = ::pread(std::get<File>(octets_).descriptor.get(), out.data() + done,
                                    wanted - done, static_cast<off_t>(offset + done));
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return got == 0 ? fail(Code::kNotFound, "the end of an exhibit") : failure("read");
        }
        done += static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    }
    return out;
}

Result<Folder> Folder::open(fs::path path, const std::set<std::string>& named) {
    if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
        return failure("folder");
    }
    Folder out(std::move(path));
    std::error_code error;
    for (auto at = fs::directory_iterator(out.path_, error);
         !error && at != fs::directory_iterator(); at.increment(error)) {
        const std::string name = at->path().stem().string();
        if (is_name(name) && !named.contains(name)) {
            out.discard(name);
        }
    }
    if (error) {
        return fail(Code::kIo, "exhibits: " + error.message());
    }
    return out;
}

Result<bool> Folder::remove_some() {
    std::uint64_t freed = 0;
    for (int i = 0; i < kFilesRemoved && freed < kRemoved && !discarded_.empty(); ++i) {
        const std::string name = std::move(discarded_.back());
        discarded_.pop_back();  // also what cannot be removed: after the next start it can, perhaps
        std::uint64_t left = 0;
        for (const fs::path& path : {path_ / name, part_of(path_ / name)}) {
            LAPX_TRY_ASSIGN(const Shrunk shrunk, shrink(path));
            freed += shrunk.freed;
            left += shrunk.left;
        }
        if (left > 0) {
            discard(name);
        }
    }
    return !discarded_.empty();
}

std::string Folder::new_name(Random& random) {
    std::array<std::uint8_t, kNameOctets> octets{};
    random.fill(octets);
    return hex(octets);
}

Result<Writer> Folder::write(const std::string& name, std::uint64_t expected) const {
    const std::uint64_t more = expected - std::min(expected, part_size(name));
    LAPX_TRY(check_room(more));
    Descriptor file(
        ::open(part_of(path_ / name).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (file.get() < 0) {
        return failure("create");
    }
    LAPX_TRY_ASSIGN(const std::uint64_t size, size_of(file.get()));
    return Writer(path_ / name, std::move(file), size, Promise(promised_, more));
}

Result<Source> Folder::read(const std::string& name) const {
    Descriptor file(::open((path_ / name).c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        return failure("open");
    }
    LAPX_TRY_ASSIGN(const std::uint64_t size, size_of(file.get()));
    return Source(Source::File{std::move(file), size});
}

Result<void> Folder::sync() const { return sync_names(path_); }

bool Folder::is_whole(const std::string& name) const {
    std::error_code ignored;
    return fs::exists(path_ / name, ignored);
}

std::uint64_t Folder::part_size(const std::string& name) const {
    std::error_code error;
    const auto size = fs::file_size(part_of(path_ / name), error);
    return error ? 0 : size;
}

Result<void> Folder::check_room(std::uint64_t octets) const {
    struct statvfs info {};
    if (::statvfs(path_.c_str(), &info) != 0) {
        return failure("room");
    }
    const std::uint64_t room = std::uint64_t{info.f_bavail} * info.f_frsize;
    const std::uint64_t taken = *promised_ + kReserve;
    return octets <= room && room - octets >= taken
               ? Result<void>{}
               : fail(Code::kDiskFull, "no room for an exhibit of this size");
}

}  // namespace lapx::exhibits
