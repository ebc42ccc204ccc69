#pragma once
// The sealed files of exhibits, below HOME/exhibits. A file is NAME.part until it is whole and on
// disk, then NAME; names are random and say nothing. What is written goes to the disk as it comes,
// so that no call waits for more than about a MiB of it.
//
// Errors of every call: kDiskFull, kIo, kNotFound where there is no such file.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "schema/base/bytes.hpp"
#include "schema/base/descriptor.hpp"
#include "schema/base/random.hpp"

namespace lapx::exhibits {

// Room that a file is going to need, which nobody else counts on meanwhile.
class Promise {
  public:
    Promise(std::shared_ptr<std::uint64_t> all, std::uint64_t octets)
        : all_(std::move(all)), left_(octets) {
        *all_ += left_;
    }
    Promise(Promise&& other) noexcept
        : all_(std::move(other.all_)), left_(std::exchange(other.left_, 0)) {}
    Promise& operator=(Promise&& other) noexcept {
        std::swap(all_, other.all_);
        std::swap(left_, other.left_);
        return *this;
    }
    Promise(const Promise&) = delete;
    Promise& operator=(const Promise&) = delete;
    ~Promise() { used(left_); }
    // So many octets are in the file now.
    void used(std::uint64_t octets);

  private:
    std::shared_ptr<std::uint64_t> all_;
    std::uint64_t left_;
};

// A file that grows. What was not finished stays as NAME.part.
class Writer {
  public:
    // After kIo of this or finish nothing of the file is worth anything: what did not reach the
    // disk is not known.
    Result<void> write(BytesView octets);
    std::uint64_t size() const { return size_; }
    // Takes all but the first `size` octets away again.
    Result<void> cut(std::uint64_t size);
    // On disk, under its own name. Once.
    Result<void> finish();

  private:
    friend class Folder;
    Writer(std::filesystem::path path, Descriptor file, std::uint64_t size, Promise promise)
        : path_(std::move(path)),
          file_(std::move(file)),
          size_(size),
          started_(size),
          promise_(std::move(promise)) {}

    std::filesystem::path path_;  // without .part
    Descriptor file_;
    std::uint64_t size_;
    std::uint64_t started_;  // the disk was told to write what lies before it
    Promise promise_;
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
    // Makes the folder, for this user alone. Files whose names are not in `named` are discarded:
    // what a crash left, or what a database of another day does not know.
    static Result<Folder> open(std::filesystem::path path, const std::set<std::string>& named);
    // Both NAME and NAME.part, if they are there, are of no use any more.
    void discard(std::string name) { discarded_.push_back(std::move(name)); }
    // Removes of what is discarded so much that nobody waits for it; false if nothing is left.
    Result<bool> remove_some();

    // Whether so many octets more leave the ledger the room that it needs to go on. Errors:
    // kDiskFull.
    Result<void> check_room(std::uint64_t octets) const;
    static std::string new_name(Random& random);
    // NAME.part, with what is in it already, which is to grow to `expected` octets. Errors:
    // kDiskFull, before there is a file, without room for them, for what else was begun and for
    // some more.
    Result<Writer> write(const std::string& name, std::uint64_t expected) const;
    Result<Source> read(const std::string& name) const;
    bool is_whole(const std::string& name) const;
    // Makes the names durable. Errors: kIo, kDiskFull.
    Result<void> sync() const;
    // Octets in NAME.part; 0 where there is none.
    std::uint64_t part_size(const std::string& name) const;

  private:
    explicit Folder(std::filesystem::path path) : path_(std::move(path)) {}

    std::filesystem::path path_;
    std::vector<std::string> discarded_;
    std::shared_ptr<std::uint64_t> promised_ = std::make_shared<std::uint64_t>(0);
};

// A file that is discarded unless somebody keeps it.
class Tentative {
  public:
    Tentative(Folder& folder, std::string name) : folder_(folder), name_(std::move(name)) {}
    Tentative(const Tentative&) = delete;
    Tentative& operator=(const Tentative&) = delete;
    ~Tentative() {
        if (!kept_) {
            folder_.discard(std::move(name_));
        }
    }
    void keep() { kept_ = true; }

  private:
    Folder& folder_;
    std::string name_;
    bool kept_ = false;
};

}  // namespace lapx::exhibits
