// DER (X.690) of what is made of numbers that are known: signatures and keys. Any thread.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace quotemill::der {

inline constexpr std::uint8_t kInteger = 0x02;
inline constexpr std::uint8_t kBitString = 0x03;
inline constexpr std::uint8_t kSequence = 0x30;

// Tag, length and content. REQUIRES: content.size() < 65,536
Bytes element(std::uint8_t tag, ByteView content);

// A big-endian number without its leading zeros; borrows it.
ByteView digits_of(ByteView number);

// An INTEGER that is not negative, of a big-endian number of which leading zeros do not count.
Bytes integer(ByteView number);

}  // namespace quotemill::der
