// Memory that is cut from slabs: no piece is another one's, whatever was taken and given back.
#include "engine/pipeline/slabs.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include <gmock/gmock.h>

namespace quotemill {
namespace {

struct Piece {
  std::uint8_t* begin;
  std::size_t size;
  std::uint8_t fill;

  [[nodiscard]] bool is_whole() const {
    return std::all_of(begin, begin + size, [this](std::uint8_t byte) { return byte == fill; });
  }
};

std::size_t size_of_next(std::mt19937_64& random) {
  constexpr std::array<std::size_t, 8> kEdges = {0,      1, 16, 17, 4'096, 4'097, (1 << 20) - 1,
                                                 1 << 20};
  return random() % 20 == 0 ? kEdges.at(random() % kEdges.size()) : random() % 700;
}

Piece taken(Slabs& slabs, std::mt19937_64& random) {
  Piece piece{};
  piece.size = size_of_next(random);
  piece.fill = static_cast<std::uint8_t>(random());
  piece.begin = static_cast<std::uint8_t*>(slabs.allocate(piece.size, 16));
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(piece.begin) % 16, 0U);
  std::memset(piece.begin, piece.fill, piece.size);
  return piece;
}

void take_and_give(Slabs& slabs, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Piece> pieces;
  for (int step = 0; step < 4'000; ++step) {
    if (pieces.size() < 200 || random() % 2 == 0) {
      pieces.push_back(taken(slabs, random));
      continue;
    }
    std::swap(pieces[random() % pieces.size()], pieces.back());
    ASSERT_TRUE(pieces.back().is_whole());
    slabs.deallocate(pieces.back().begin, pieces.back().size, 16);
    pieces.pop_back();
  }
  for (const Piece& piece : pieces) {
    EXPECT_TRUE(piece.is_whole());
    slabs.deallocate(piece.begin, piece.size, 16);
  }
}

TEST(Slabs, GiveEachPieceToOneAlone) {
  Slabs slabs;
  take_and_give(slabs, 3);
}

TEST(Slabs, GiveEachPieceToOneThreadAlone) {
  Slabs slabs;
  std::vector<std::jthread> threads;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&slabs, seed] { take_and_give(slabs, seed); });
  }
}

TEST(Slabs, GiveAPieceAgainThatCameBack) {
  Slabs slabs;
  void* const first = slabs.allocate(100, 8);
  slabs.deallocate(first, 100, 8);
  EXPECT_EQ(slabs.allocate(104, 8), first) << "of the same size, rounded up";
}

TEST(Slabs, GiveMoreThanASlabHas) {
  Slabs slabs;
  std::vector<Piece> pieces;
  for (int i = 0; i < 20'000; ++i) {  // 80 MB
    auto* const begin = static_cast<std::uint8_t*>(slabs.allocate(4'096, 16));
    begin[0] = begin[4'095] = static_cast<std::uint8_t>(i);
    pieces.push_back({begin, 4'096, static_cast<std::uint8_t>(i)});
  }
  for (const Piece& piece : pieces) {
    ASSERT_EQ(piece.begin[0], piece.fill);
    ASSERT_EQ(piece.begin[4'095], piece.fill);
  }
}

}  // namespace
}  // namespace quotemill
