// ByteWriter: the mirror of ByteReader, for every encoder.
//
// Owns what it has written until take(). Lengths that do not fit their field are a programmer's
// error (the values come from us or were bounded when read) and assert.
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"

namespace quotemill {

class ByteWriter {
 public:
  ByteWriter& u8(std::uint8_t value);
  ByteWriter& u16_be(std::uint16_t value);
  ByteWriter& u32_be(std::uint32_t value);
  ByteWriter& u64_be(std::uint64_t value);
  ByteWriter& u16_le(std::uint16_t value);
  ByteWriter& u32_le(std::uint32_t value);
  ByteWriter& u64_le(std::uint64_t value);
  ByteWriter& bytes(ByteView view);

  // A run of bytes behind its length.
  ByteWriter& sized16_be(ByteView view);
  ByteWriter& sized16_le(ByteView view);
  ByteWriter& sized32_le(ByteView view);

  [[nodiscard]] ByteView view() const { return bytes_; }

  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

  // What was written; the writer is empty afterwards.
  Bytes take();

  // Empties it and keeps its memory, for writers that are used again and again.
  void clear() { bytes_.clear(); }

 private:
  Bytes bytes_;
};

}  // namespace quotemill
