#include "keys/secret.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "keys/init.hpp"

namespace lapx::keys {
namespace {

TEST(Secrets, MoveAndAreNeverCopied) {
    static_assert(!std::is_copy_constructible_v<Secret<32>> &&
                  !std::is_copy_assignable_v<Secret<32>>);
    static_assert(!std::is_copy_constructible_v<SecretBytes>);
    static_assert(std::is_nothrow_move_constructible_v<Secret<32>>);
    static_assert(!std::is_move_constructible_v<Wiped<32>>);
    SystemRandom random;
    Secret<32> first = Secret<32>::generate(random);
    const Secret<32> copy(first.view());
    const Secret<32> moved = std::move(first);
    EXPECT_TRUE(moved == copy);
}

TEST(Secrets, BeginAsZeroesAndCompareByContent) {
    Secret<16> a;
    const Secret<16> b;
    EXPECT_EQ(Bytes(b.view().begin(), b.view().end()), Bytes(16));
    EXPECT_TRUE(a == b);
    a.bytes().back() = 1;
    EXPECT_FALSE(a == b);
}

TEST(Secrets, AreMadeFromOctetsOfTheirLengthAlone) {
    EXPECT_TRUE(Secret<4>::from(Bytes{1, 2, 3, 4}));
    EXPECT_FALSE(Secret<4>::from(Bytes{1, 2, 3}));
    EXPECT_FALSE(Secret<4>::from(Bytes{1, 2, 3, 4, 5}));
}

TEST(Secrets, OfDifferentLengthsDiffer) {
    EXPECT_FALSE(SecretBytes(BytesView(Bytes{1, 2})) == SecretBytes(BytesView(Bytes{1, 2, 0})));
    EXPECT_TRUE(SecretBytes() == SecretBytes(BytesView{}));
}

TEST(Secrets, AreWipedOnTheStackWhenTheirScopeEnds) {
    alignas(Wiped<32>) std::array<std::uint8_t, sizeof(Wiped<32>)> room{};
    auto* const wiped = new (room.data()) Wiped<32>;
    std::fill(wiped->bytes().begin(), wiped->bytes().end(), std::uint8_t{7});
    wiped->~Wiped();
    EXPECT_EQ(room, (std::array<std::uint8_t, sizeof(Wiped<32>)>{}));
}

TEST(SystemRandom, DoesNotRepeatItself) {
    SystemRandom random;
    EXPECT_FALSE(Secret<32>::generate(random) == Secret<32>::generate(random));
}

}  // namespace
}  // namespace lapx::keys
