#include "storage/ulid.h"

#include <array>
#include <cassert>
#include <chrono>
#include <string_view>

#include "engine/crypto/random.h"

namespace quotemill::storage {

std::string make_ulid(WallTime time, ByteView random) {
  assert(random.size() == 10 && time.ms >= 0);
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::array<std::uint8_t, 16> bits{};
  for (std::size_t i = 0; i < 6; ++i) {
    bits[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(time.ms) >> (40 - 8 * i));
  }
  std::copy(random.begin(), random.end(), bits.begin() + 6);
  // 26 characters hold 130 bits: the first one has only the top three of the 128.
  std::string text;
  unsigned held = 0;
  unsigned held_bits = 2;
  for (const std::uint8_t byte : bits) {
    held = held << 8U | byte;
    held_bits += 8;
    while (held_bits >= 5) {
      held_bits -= 5;
      text.push_back(kAlphabet[held >> held_bits & 31U]);
    }
    held &= (1U << held_bits) - 1;
  }
  return text;
}

Result<std::string> fresh_ulid() {
  const Result<Bytes> random = random_bytes(10);
  if (!random) {
    return random.error();
  }
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  return make_ulid({ms}, *random);
}

}  // namespace quotemill::storage
