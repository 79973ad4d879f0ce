// LogDelta: a boot log, told as what differs from another one of the same image.
//
// A sequence of steps until the log is complete, little-endian:
//
//   u32 from   u32 copied        bytes [from, from + copied) of the base
//   u32 size, bytes              what the log has behind them
//
// Written by the commit thread, read back by whoever wants the log: what is read is not trusted.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/base/result.h"

namespace quotemill::storage {

// A log that others are told by, with an index of its content. Immutable.
class DeltaBase {
 public:
  // REQUIRES: content.size() <= limits::kShelfLogSizeMax
  explicit DeltaBase(Bytes content);

  [[nodiscard]] ByteView content() const { return content_; }

  // Where some bytes like those at `sample` begin; content().size() if nothing is known to.
  // REQUIRES: 16 bytes are readable at `sample`
  [[nodiscard]] std::size_t find(const std::uint8_t* sample) const;

  // How many of a few samples, taken from all over the log, are in the base: 0 to kSamples. What a
  // delta will say can be guessed from it, at a fraction of the cost.
  static constexpr unsigned kSamples = 8;
  [[nodiscard]] unsigned likeness(ByteView log) const;

 private:
  Bytes content_;
  std::vector<std::uint32_t> places_;  // by the hash of the bytes there; of each block's beginning
};

// Adds the steps to `out`, and returns whether they take at most `size_max` bytes; if not, `out`
// has the beginning of them. Linear time.
bool write_delta(const DeltaBase& base, ByteView log, std::size_t size_max, ByteWriter& out);

// The steps of a log that is told by no other.
void write_whole(ByteView log, ByteWriter& out);

// The log of `size` bytes that the steps tell; kStorage if they do not.
Result<Bytes> read_delta(ByteView base, ByteView steps, std::size_t size);

}  // namespace quotemill::storage
