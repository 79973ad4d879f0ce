#include "engine/eventlog/decode/text.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/eventlog/decode/secrets.h"

namespace quotemill {
namespace {

bool is_printable(unsigned unit) {
  return unit >= 0x20 && unit < 0x7F;
}

bool is_space(unsigned unit) {
  return unit == '\n' || unit == '\r' || unit == '\t';
}

void append_unit(std::string& text, unsigned unit) {
  if (is_printable(unit)) {
    text += static_cast<char>(unit);
    return;
  }
  const std::array<std::uint8_t, 2> big_endian = {static_cast<std::uint8_t>(unit >> 8U),
                                                  static_cast<std::uint8_t>(unit)};
  text += "\\u" + to_hex(big_endian);
}

ByteView without_nuls(ByteView bytes) {
  while (!bytes.empty() && bytes.back() == 0) {
    bytes = bytes.first(bytes.size() - 1);
  }
  return bytes;
}

std::string cut_mark(std::size_t size) {
  return "...(" + std::to_string(size) + " bytes)";
}

}  // namespace

std::string text_of_ascii(ByteView bytes) {
  const ByteView text = without_nuls(bytes);
  const std::size_t shown = std::min(text.size(), limits::kDecodedTextMax);
  return printable(without_secrets(as_text(text.first(shown)))) +
         (shown < text.size() ? cut_mark(text.size()) : std::string());
}

std::string text_of_utf16(ByteView bytes) {
  std::string text;
  std::size_t units = 0;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const unsigned unit = bytes[i] | static_cast<unsigned>(bytes[i + 1]) << 8U;
    if (unit == 0) {
      break;
    }
    if (++units > limits::kDecodedTextMax) {
      return without_secrets(text) + cut_mark(bytes.size());
    }
    append_unit(text, unit);
  }
  return without_secrets(text);
}

bool is_ascii_text(ByteView bytes) {
  const ByteView text = without_nuls(bytes);
  return !text.empty() && std::all_of(text.begin(), text.end(), [](std::uint8_t byte) {
    return is_printable(byte) || is_space(byte);
  });
}

bool is_utf16_text(ByteView bytes) {
  std::size_t units = 0;
  bool ended = false;
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const unsigned unit = bytes[i] | static_cast<unsigned>(bytes[i + 1]) << 8U;
    if (unit == 0) {
      ended = true;
    } else if (ended || (!is_printable(unit) && !is_space(unit))) {
      return false;
    } else {
      ++units;
    }
  }
  return units >= 2;
}

std::string hex_number(std::uint64_t number) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number, 16);
  return "0x" + std::string(digits.data(), end.ptr);
}

}  // namespace quotemill
