#include "storage/crc32c.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace quotemill::storage {

// RocksDB's function, under its name for the linker (util/crc32c.h, which is not installed).
[[gnu::visibility("default")]] std::uint32_t extend_crc32c(
    std::uint32_t before, const char* data,
    std::size_t size) asm("_ZN7rocksdb6crc32c6ExtendEjPKcm");

namespace {

// The check value by which this CRC is known.
constexpr std::string_view kSample = "123456789";
constexpr std::uint32_t kPublished = 0xE306'9283;

}  // namespace

#if defined(__x86_64__)

namespace {

// `crc` is inverted.
[[gnu::target("sse4.2")]] std::uint32_t by_instruction(std::uint32_t crc, std::string_view bytes) {
  std::uint64_t wide = crc;
  for (; bytes.size() >= sizeof wide; bytes.remove_prefix(sizeof wide)) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    wide = __builtin_ia32_crc32di(wide, word);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (const char byte : bytes) {
    crc = __builtin_ia32_crc32qi(crc, static_cast<unsigned char>(byte));
  }
  return crc;
}

// For processors of before 2008.
constexpr std::uint32_t by_bits(std::uint32_t crc, std::string_view bytes) {
  constexpr std::uint32_t kPolynomial = 0x82F6'3B78;  // Castagnoli's, the lowest bit first
  for (const char byte : bytes) {
    crc ^= static_cast<unsigned char>(byte);
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1U ^ ((crc & 1U) != 0 ? kPolynomial : 0);
    }
  }
  return crc;
}

static_assert(~by_bits(~0U, kSample) == kPublished);

}  // namespace

std::uint32_t extend_crc32c(std::uint32_t before, const char* data, std::size_t size) {
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  const std::string_view bytes(data, size);
  return ~(has_instruction ? by_instruction(~before, bytes) : by_bits(~before, bytes));
}

#endif

Result<void> check_crc32c() {
  return extend_crc32c(0, kSample.data(), kSample.size()) == kPublished
             ? Result<void>()
             : Error{ErrorCode::kInternal, "store", 0, "CRC-32C is not what it should be"};
}

}  // namespace quotemill::storage
