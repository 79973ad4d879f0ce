// ByteReader: the one cursor over untrusted bytes.
//
// Every bounds check on input is in take(). Failure is sticky: after the first read that does not
// fit, all reads return zero or empty and the reader remembers where it was, so that a parser reads
// like the specification's table and checks once, at the end:
//
//   Result<ClockInfo> decode_clock_info(ByteView bytes) {
//     ByteReader in(bytes);
//     ClockInfo info{};
//     info.clock_ms      = in.u64_be();  // UINT64       clock
//     info.reset_count   = in.u32_be();  // UINT32       resetCount
//     info.restart_count = in.u32_be();  // UINT32       restartCount
//     info.safe          = in.u8();      // TPMI_YES_NO  safe
//     return in.finish(info, "TPMS_CLOCK_INFO");
//   }
//
// Two rules keep this safe: a loop takes its bound from count16_be()/count32_…(), which are 0 after
// a failure; and a selector read after a failure is 0, so every switch on one has a failing
// default.
//
// TPM structures are big-endian, event logs and the wire protocol little-endian; the names say
// which. Views returned borrow the bytes given to the constructor. Not for sharing between threads.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill {

class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  // Inline, because logs are read by them: some thousand calls each.
  std::uint8_t u8() { return number<std::uint8_t, std::endian::little>(); }

  std::uint16_t u16_be() { return number<std::uint16_t, std::endian::big>(); }

  std::uint32_t u32_be() { return number<std::uint32_t, std::endian::big>(); }

  std::uint64_t u64_be() { return number<std::uint64_t, std::endian::big>(); }

  std::uint16_t u16_le() { return number<std::uint16_t, std::endian::little>(); }

  std::uint32_t u32_le() { return number<std::uint32_t, std::endian::little>(); }

  std::uint64_t u64_le() { return number<std::uint64_t, std::endian::little>(); }

  // The next `size` bytes, borrowed; empty after a failure.
  ByteView bytes(std::size_t size) { return take(size); }

  // A run of bytes behind its length (TPM2B_*: u16_be), at most `max` bytes long.
  ByteView sized16_be(std::size_t max);
  ByteView sized16_le(std::size_t max);
  ByteView sized32_le(std::size_t max);

  // A count, 0 if it is above `max` (which fails the reader with kTooLarge) or after a failure.
  std::uint16_t count16_le(std::uint16_t max);
  std::uint32_t count32_be(std::uint32_t max);
  std::uint32_t count32_le(std::uint32_t max);

  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    const ByteView view = bytes(N);
    std::copy(view.begin(), view.end(), out.begin());
    return out;
  }

  // A reader of the next `size` bytes alone: what it reads cannot pass its parent's length. It
  // starts failed if the bytes are not there. Its own finish() or ok() must be asked.
  ByteReader sub(std::size_t size);

  // Everything that is left; the reader is at the end afterwards.
  ByteView rest();

  // Marks the value just read as wrong; the first failure stays.
  void fail(ErrorCode code);

  [[nodiscard]] bool ok() const { return !failed_; }

  [[nodiscard]] std::size_t offset() const { return offset_; }

  [[nodiscard]] std::size_t remaining() const { return failed_ ? 0 : bytes_.size() - offset_; }

  // The Error of the first failure. REQUIRES: !ok()
  [[nodiscard]] Error error(const char* context) const { return {code_, context, failed_at_, {}}; }

  // The value, if every read fitted and nothing is left; `context` names the structure.
  template <class T>
  Result<T> finish(T value, const char* context) {
    if (ok() && remaining() != 0) {
      fail(ErrorCode::kTrailing);
    }
    if (!ok()) {
      return error(context);
    }
    return Result<T>(std::move(value));
  }

 private:
  // The only place that compares a length with the bytes left.
  ByteView take(std::size_t size) {
    if (failed_) {
      return {};
    }
    if (size > bytes_.size() - offset_) {
      fail(ErrorCode::kTruncated);
      return {};
    }
    const ByteView view = bytes_.subspan(offset_, size);
    offset_ += size;
    return view;
  }

  template <class Integer, std::endian kOrder>
  Integer number() {
    const ByteView view = take(sizeof(Integer));
    if (view.empty()) {
      return 0;
    }
    std::array<std::uint8_t, sizeof(Integer)> in_memory{};
    std::memcpy(in_memory.data(), view.data(), sizeof(Integer));
    if constexpr (kOrder != std::endian::native) {
      std::reverse(in_memory.begin(), in_memory.end());
    }
    return std::bit_cast<Integer>(in_memory);
  }

  ByteView bytes_;
  std::size_t offset_ = 0;
  std::size_t failed_at_ = 0;
  ErrorCode code_ = ErrorCode::kTruncated;
  bool failed_ = false;
};

}  // namespace quotemill
