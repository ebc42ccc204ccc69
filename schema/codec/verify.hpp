#pragma once
// How codec/ reads FlatBuffers that came from outside. Seen by codec/*.cpp only.

#include <cstdint>
#include <string>

#include <flatbuffers/flatbuffers.h>

#include "schema/base/bytes.hpp"
#include "schema/limits.hpp"

namespace lapx::schema::wire {

// The octets at an address from which every scalar can be read: FlatBuffers reads a buffer at an
// odd address misaligned. Copies only if it must.
class Aligned {
  public:
    explicit Aligned(BytesView octets) : octets_(octets) {
        constexpr std::uintptr_t kAlignment = 8;
        if (reinterpret_cast<std::uintptr_t>(octets.data()) % kAlignment != 0) {
            copy_.assign(octets.begin(), octets.end());
            octets_ = copy_;
        }
    }
    Aligned(const Aligned&) = delete;
    Aligned& operator=(const Aligned&) = delete;

    // Null if the buffer is not a valid Root within the limits. Root::Verify bounds depth and
    // tables, not what is read through offsets that share a target: see Budget.
    template <typename Root>
    const Root* root(std::uint32_t max_tables) const {
        flatbuffers::Verifier verifier(octets_.data(), octets_.size(), options(max_tables));
        return verifier.VerifyBuffer<Root>(nullptr) ? flatbuffers::GetRoot<Root>(octets_.data())
                                                    : nullptr;
    }
    template <typename Root>
    const Root* size_prefixed_root(std::uint32_t max_tables) const {
        flatbuffers::Verifier verifier(octets_.data(), octets_.size(), options(max_tables));
        return verifier.VerifySizePrefixedBuffer<Root>(nullptr)
                   ? flatbuffers::GetSizePrefixedRoot<Root>(octets_.data())
                   : nullptr;
    }

  private:
    static flatbuffers::Verifier::Options options(std::uint32_t max_tables) {
        flatbuffers::Verifier::Options out;
        out.max_depth = kVerifierDepth;
        out.max_tables = max_tables;
        return out;
    }

    Bytes copy_;
    BytesView octets_;
};

// Copies strings and vectors out of a verified buffer, up to a total: a small buffer whose offsets
// all share one target would otherwise be a very large value. After that everything is empty, and
// `exceeded` says so.
class Budget {
  public:
    explicit Budget(std::size_t octets) : left_(octets) {}

    std::string text(const flatbuffers::String* string) {
        return string != nullptr && take(string->size()) ? string->str() : std::string();
    }
    std::string text(const flatbuffers::Vector<std::uint8_t>* vector) {
        return vector != nullptr && take(vector->size())
                   ? std::string(vector->begin(), vector->end())
                   : std::string();
    }
    Bytes bytes(const flatbuffers::Vector<std::uint8_t>* vector) {
        return vector != nullptr && take(vector->size())
                   ? Bytes(vector->data(), vector->data() + vector->size())
                   : Bytes();
    }
    bool exceeded() const { return exceeded_; }

  private:
    bool take(std::size_t octets) {
        exceeded_ = exceeded_ || octets > left_;
        if (!exceeded_) {
            left_ -= octets;
        }
        return !exceeded_;
    }

    std::size_t left_;
    bool exceeded_ = false;
};

// The little-endian length at the front of a size-prefixed buffer, prefix included; 0 if there is
// none.
inline std::size_t prefixed_size(BytesView octets) {
    if (octets.size() < sizeof(flatbuffers::uoffset_t)) {
        return 0;
    }
    return std::size_t{flatbuffers::ReadScalar<flatbuffers::uoffset_t>(octets.data())} +
           sizeof(flatbuffers::uoffset_t);
}

}  // namespace lapx::schema::wire
