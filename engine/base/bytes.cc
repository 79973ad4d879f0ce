#include "engine/base/bytes.h"

#include <array>

namespace quotemill {
namespace {

constexpr std::uint8_t kNoDigit = 0xFF;

// Of each character. Digits and letters come in no order that a branch could guess.
constexpr std::array<std::uint8_t, 256> digit_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::uint8_t i = 0; i < 10; ++i) {
    values.at('0' + i) = i;
  }
  for (std::uint8_t i = 10; i < 16; ++i) {
    values.at('a' + i - 10) = i;
    values.at('A' + i - 10) = i;
  }
  return values;
}

constexpr std::array<std::uint8_t, 256> kDigitValues = digit_values();

std::uint8_t hex_digit(char c) {
  return kDigitValues[static_cast<std::uint8_t>(c)];
}

}  // namespace

std::string to_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '\0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4U];
    text[2 * i + 1] = kDigits[bytes[i] & 0x0FU];
  }
  return text;
}

bool read_hex(std::string_view text, Bytes& bytes) {
  if (text.size() % 2 != 0) {
    return false;
  }
  bytes.resize(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t high = hex_digit(text[2 * i]);
    const std::uint8_t low = hex_digit(text[2 * i + 1]);
    if ((high | low) == kNoDigit) {
      return false;
    }
    bytes[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  return true;
}

std::optional<Bytes> from_hex(std::string_view text) {
  Bytes bytes;
  return read_hex(text, bytes) ? std::optional(std::move(bytes)) : std::nullopt;
}

ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

bool equal_constant_time(ByteView left, ByteView right) {
  if (left.size() != right.size()) {
    return false;
  }
  unsigned difference = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    difference |= static_cast<unsigned>(left[i] ^ right[i]);
  }
  return difference == 0;
}

}  // namespace quotemill
