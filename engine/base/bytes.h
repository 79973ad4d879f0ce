// Bytes, views of bytes, and their hexadecimal form.
//
// A ByteView borrows: whoever makes one keeps the bytes alive for as long as it is used. Everything
// that is parsed from a message is a view into the batch that owns the message.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace quotemill {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

// Lower-case hexadecimal, two characters a byte.
std::string to_hex(ByteView bytes);

// The bytes of an even number of hexadecimal digits (either case), nothing else; nullopt otherwise.
std::optional<Bytes> from_hex(std::string_view text);

// The same into `bytes`, whose memory is used again; false, and `bytes` is of no use, if it is
// something else.
[[nodiscard]] bool read_hex(std::string_view text, Bytes& bytes);

// The characters of `text` as bytes; borrows `text`.
ByteView as_bytes(std::string_view text);

// The bytes as characters, unescaped; borrows `bytes`.
std::string_view as_text(ByteView bytes);

inline Bytes to_bytes(ByteView view) {
  return {view.begin(), view.end()};
}

// Equality whose time depends on the lengths alone. For secrets: activation secrets, MACs, nonces.
bool equal_constant_time(ByteView left, ByteView right);

inline bool equal(ByteView left, ByteView right) {
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin());
}

inline bool is_filled_with(ByteView bytes, std::uint8_t value) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [value](std::uint8_t byte) { return byte == value; });
}

}  // namespace quotemill
