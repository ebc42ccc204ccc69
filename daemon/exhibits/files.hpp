#pragma once
// The sealed files of exhibits, below HOME/exhibits. A file is NAME.part until it is whole and on
// disk, then NAME; names are random and say nothing. What is written goes to the disk as it comes,
// so that no call waits for more than about a MiB of it.
//
// Errors of every call: kDiskFull, kIo, kNotFound where there is no such file.

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include "schema/base/bytes.hpp"
#include "schema/base/random.hpp"

namespace lapx::exhibits {

class Descriptor {
  public:
    explicit Descriptor(int fd = -1) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor();
    int get() const { return fd_; }

  private:
    int fd_;
};

// A file that grows. What was not finished stays as NAME.part.
class Writer {
  public:
    Result<void> write(BytesView octets);
    std::uint64_t size() const { return size_; }
    // Takes all but the first `size` octets away again.
    Result<void> cut(std::uint64_t size);
    // On disk, under its own name. Once.
    Result<void> finish();

  private:
    friend class Folder;
    Writer(std::filesystem::path path, Descriptor file, std::uint64_t size)
        : path_(std::move(path)), file_(std::move(file)), size_(size), started_(size) {}

    std::filesystem::path path_;  // without .part
    Descriptor file_;
    std::uint64_t size_;
    std::uint64_t started_;  // the disk was told to write what lies before it
};

// Sealed octets, in a file or in memory.
class Source {
  public:
    explicit Source(Bytes octets) : octets_(std::move(octets)) {}
    std::uint64_t size() const;
    // Fewer than `max` only at the end.
    Result<Bytes> read(std::uint64_t offset, std::size_t max) const;

  private:
    friend class Folder;
    struct File {
        Descriptor descriptor;
        std::uint64_t size;
    };
    explicit Source(File file) : octets_(std::move(file)) {}
    std::variant<Bytes, File> octets_;
};

class Folder {
  public:
    // Makes the folder, for this user alone, and removes every file whose name is not in `named`.
    static Result<Folder> open(std::filesystem::path path, const std::set<std::string>& named);

    static std::string new_name(Random& random);
    // NAME.part, with what is in it already.
    Result<Writer> write(const std::string& name) const;
    Result<Source> read(const std::string& name) const;
    // Both NAME and NAME.part, if they are there.
    Result<void> remove(const std::string& name) const;
    bool is_whole(const std::string& name) const;
    // Octets in NAME.part; 0 where there is none.
    std::uint64_t part_size(const std::string& name) const;
    // Whether there is room for so many octets, and some more. Errors: kDiskFull.
    Result<void> check_room(std::uint64_t octets) const;

  private:
    explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}
    std::filesystem::path path_;
};

}  // namespace lapx::exhibits
