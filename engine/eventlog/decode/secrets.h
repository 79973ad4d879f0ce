// Secrets that boot logs hold in clear, such as the recovery key that an operator types at an ESXi
// host's boot loader. They are part of what was measured, so that hosts send them; whatever is
// shown, told or kept of an event passes here first.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"

namespace quotemill {

// Whether an option with a secret's name has a value. Linear.
bool has_secret(ByteView bytes);

// The text with each secret's value replaced by "[redacted]".
std::string without_secrets(std::string_view text);

// The bytes with each secret's value overwritten by '*': for hexadecimal.
Bytes without_secrets(ByteView bytes);

// How many bytes are secrets' values, and how many of those are this one.
struct SecretBytes {
  std::size_t size = 0;
  std::size_t equal = 0;
};

SecretBytes count_secret_bytes(ByteView bytes, std::uint8_t value);

// Overwrites each secret's value in place. The names stay, so that they are found again.
void overwrite_secrets(std::span<std::uint8_t> bytes, std::uint8_t value);

}  // namespace quotemill
