// RocksDB's log has the checksum that it would have without our part in it.
#include "storage/crc32c.h"

#include <bit>
#include <dlfcn.h>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace quotemill::storage {
namespace {

using Extend = std::uint32_t (*)(std::uint32_t, const char*, std::size_t);

// The one that RocksDB's calls come to.
Extend in_force() {
  return std::bit_cast<Extend>(dlsym(RTLD_DEFAULT, "_ZN7rocksdb6crc32c6ExtendEjPKcm"));
}

// The library's own, behind the program's.
Extend rocksdbs_own() {
  return std::bit_cast<Extend>(dlsym(RTLD_NEXT, "_ZN7rocksdb6crc32c6ExtendEjPKcm"));
}

std::uint32_t crc_of(const std::string& bytes) {
  return in_force()(0, bytes.data(), bytes.size());
}

TEST(Crc32c, IsThePublishedOne) {
  std::string rising;
  std::string falling;
  for (int i = 0; i < 32; ++i) {
    rising.push_back(static_cast<char>(i));
    falling.insert(falling.begin(), static_cast<char>(i));
  }
  // RFC 3720, appendix B.4; its bytes are in the order of the wire.
  EXPECT_EQ(crc_of(std::string(32, '\0')), 0x8A91'36AAU);
  EXPECT_EQ(crc_of(std::string(32, '\xFF')), 0x62A8'AB43U);
  EXPECT_EQ(crc_of(rising), 0x46DD'794EU);
  EXPECT_EQ(crc_of(falling), 0x113F'DB5CU);
  EXPECT_TRUE(check_crc32c());
}

TEST(Crc32c, IsWhatRocksDbItselfWorksOut) {
  std::mt19937 random(1);
  std::string bytes(4'096, '\0');
  for (char& byte : bytes) {
    byte = static_cast<char>(random());
  }
  ASSERT_NE(rocksdbs_own(), nullptr);
  for (std::size_t size = 0; size < 1'024; ++size) {
    const std::size_t at = random() % (bytes.size() - size);
    const auto before = static_cast<std::uint32_t>(random());
    ASSERT_EQ(in_force()(before, &bytes[at], size), rocksdbs_own()(before, &bytes[at], size))
        << size;
  }
}

#if defined(__x86_64__)
TEST(Crc32c, OfTheProgramIsInForce) {
  EXPECT_NE(in_force(), rocksdbs_own());
}
#endif

}  // namespace
}  // namespace quotemill::storage
