#include "engine/crypto/der_writer.h"

#include <algorithm>

#include "engine/base/byte_writer.h"

namespace quotemill::der {
namespace {

// Lengths from here on do not fit the first byte, which then says how many follow (X.690, 8.1.3.5).
constexpr std::size_t kLongLength = 0x80;

}  // namespace

Bytes element(std::uint8_t tag, ByteView content) {
  ByteWriter out;
  out.u8(tag);
  if (content.size() < kLongLength) {
    out.u8(static_cast<std::uint8_t>(content.size()));
  } else if (content.size() <= 0xFF) {
    out.u8(kLongLength + 1).u8(static_cast<std::uint8_t>(content.size()));
  } else {
    out.u8(kLongLength + 2).u16_be(static_cast<std::uint16_t>(content.size()));
  }
  return out.bytes(content).take();
}

ByteView digits_of(ByteView number) {
  const auto first =
      std::find_if(number.begin(), number.end(), [](std::uint8_t byte) { return byte != 0; });
  return number.subspan(static_cast<std::size_t>(first - number.begin()));
}

Bytes integer(ByteView number) {
  const ByteView digits = digits_of(number);
  ByteWriter content;
  if (digits.empty() || digits.front() >= 0x80) {  // else it would be none, or negative
    content.u8(0);
  }
  return element(kInteger, content.bytes(digits).view());
}

}  // namespace quotemill::der
