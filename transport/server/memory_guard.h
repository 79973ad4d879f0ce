// MemoryGuard: when the process has grown over its bound, and the attestation socket must be closed
// to get rid of what peers made libzmq hold (it bounds neither the number nor the sum of a
// message's frames before the last of them).
//
// Pure: sizes and times are arguments. Not for sharing between threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/time.h"

namespace quotemill::transport {

class MemoryGuard {
 public:
  // `bytes_max`: resident size; 0 turns the guard off.
  explicit MemoryGuard(std::size_t bytes_max) : bytes_max_(bytes_max), threshold_(bytes_max) {}

  // Whether to reopen now. After it said yes it waits kPauseMs, or until memory has grown by half
  // the bound again. If the lowest size seen meanwhile is still near the bound, closing the socket
  // was no help, and the threshold rises to a quarter above that until the process has shrunk:
  // reopening again and again would only keep hosts out.
  bool must_reopen(std::size_t resident_bytes, BootTime now);

  [[nodiscard]] std::size_t threshold() const { return threshold_; }

  static constexpr std::int64_t kPauseMs = 2'000;

 private:
  std::size_t bytes_max_;
  std::size_t threshold_;
  std::size_t lowest_ = 0;  // since it was reopened
  BootTime reopened_;
  bool settling_ = false;
};

// Resident size of this process, from /proc/self/statm; 0 if it cannot be read.
std::size_t resident_bytes();

}  // namespace quotemill::transport
