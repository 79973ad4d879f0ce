// The encoding of Protocol Buffers' fields (its documentation, "Encoding"): what a tag and a varint
// are made of. Shared by PlainFields and PlainWriter.
#pragma once

#include <cstdint>

namespace quotemill::storage::plain_encoding {

// Kinds of fields, in the lowest bits of a tag.
inline constexpr std::uint32_t kVarint = 0;
inline constexpr std::uint32_t kFixed64 = 1;
inline constexpr std::uint32_t kBytes = 2;
inline constexpr std::uint32_t kKindBits = 3;

// A varint has seven bits in each byte, the lowest first; the eighth says that more follow.
inline constexpr std::uint32_t kStep = 7;
inline constexpr std::uint32_t kLastOneByte = 0x7F;
inline constexpr std::uint32_t kGoesOn = 0x80;

}  // namespace quotemill::storage::plain_encoding
