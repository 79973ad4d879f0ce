#include "engine/crypto/random.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

TEST(Random, GivesTheSizeAskedFor) {
  for (const std::size_t size : {0U, 1U, 32U, 4096U}) {
    const Result<Bytes> bytes = random_bytes(size);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(bytes->size(), size);
  }
}

// CVE-2026-6420: a nonce that was fixed for a benchmark and shipped.
TEST(RandomCve, Cve2026_6420_NeverRepeats) {
  EXPECT_NE(*random_bytes(32), *random_bytes(32));
}

}  // namespace
}  // namespace quotemill
