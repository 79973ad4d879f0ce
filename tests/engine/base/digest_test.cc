#include "engine/base/digest.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

constexpr HashAlgorithm kAll[] = {HashAlgorithm::kSha1, HashAlgorithm::kSha256,
                                  HashAlgorithm::kSha384, HashAlgorithm::kSha512,
                                  HashAlgorithm::kSm3_256};

TEST(Digest, AlgorithmsAreFoundByIdAndName) {
  for (const HashAlgorithm algorithm : kAll) {
    EXPECT_EQ(hash_algorithm(static_cast<std::uint16_t>(algorithm)), algorithm);
    EXPECT_EQ(hash_algorithm_named(name_of(algorithm)), algorithm);
  }
  for (const auto id : std::array<std::uint16_t, 5>{0x0000, 0x0005, 0x0010, 0x0027, 0xFFFF}) {
    EXPECT_FALSE(hash_algorithm(id)) << id;
  }
  EXPECT_FALSE(hash_algorithm_named("SHA256"));
  EXPECT_FALSE(hash_algorithm_named(""));
}

TEST(Digest, BeginsAsZeros) {
  for (const HashAlgorithm algorithm : kAll) {
    const Digest digest(algorithm);
    EXPECT_EQ(digest.view().size(), digest_size(algorithm));
    EXPECT_TRUE(digest.is_filled_with(0));
    EXPECT_FALSE(digest.is_filled_with(0xFF));
    EXPECT_EQ(digest.hex(), std::string(digest_size(algorithm) * 2, '0'));
  }
}

TEST(Digest, IsMadeOfBytesOfItsSizeOnly) {
  for (const HashAlgorithm algorithm : kAll) {
    const std::size_t size = digest_size(algorithm);
    EXPECT_TRUE(Digest::from(algorithm, Bytes(size, 0xFF))->is_filled_with(0xFF));
    EXPECT_FALSE(Digest::from(algorithm, Bytes(size - 1)));
    EXPECT_FALSE(Digest::from(algorithm, Bytes(size + 1)));
    EXPECT_FALSE(Digest::from(algorithm, {}));
  }
}

TEST(Digest, EqualityIncludesTheAlgorithm) {
  EXPECT_EQ(Digest(HashAlgorithm::kSha256), Digest(HashAlgorithm::kSha256));
  EXPECT_NE(Digest(HashAlgorithm::kSha256), Digest(HashAlgorithm::kSm3_256));
  EXPECT_LT(Digest(HashAlgorithm::kSha256), *Digest::from(HashAlgorithm::kSha256, Bytes(32, 0x01)));
}

}  // namespace
}  // namespace quotemill
