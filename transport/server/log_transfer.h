// LogTransfer: one log on its way in, segment by segment, and the room that all of them share.
//
// Not for sharing between threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "transport/limits.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

// Bytes and number of transfers that may be open at once. Bytes count as they come, so that it
// costs a host what it takes from others. Each transfer has a share of its own, which holds a usual
// boot log and is always there; beyond those, none may hold more than it leaves to others.
class LogBudget {
 public:
  LogBudget(std::size_t transfers_max, std::size_t bytes_max)
      : transfers_max_(transfers_max),
        share_(bytes_max / limits::kLogSharesPart / transfers_max),
        common_max_(bytes_max - transfers_max * share_) {}

  bool take_transfer();
  void give_transfer();
  // `more` bytes for a transfer that holds `held`.
  bool take_bytes(std::size_t held, std::size_t more);
  // All that a transfer holds.
  void give_bytes(std::size_t held);

  // Whether a transfer of so many bytes would have them, if no other took any meanwhile.
  [[nodiscard]] bool has_room(std::size_t bytes) const {
    return beyond_share(bytes) <= (common_max_ - common_) / 2;
  }

  [[nodiscard]] std::size_t transfers() const { return transfers_; }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  [[nodiscard]] std::size_t beyond_share(std::size_t held) const {
    return held - std::min(held, share_);
  }

  std::size_t transfers_max_;
  std::size_t share_;       // of one transfer
  std::size_t common_max_;  // for what is beyond the shares
  std::size_t transfers_ = 0;
  std::size_t bytes_ = 0;
  std::size_t common_ = 0;
};

// Holds its part of the budget, which outlives it, until it goes.
class LogTransfer {
 public:
  // REQUIRES: budget.take_transfer() was true; the transfer gives it back.
  explicit LogTransfer(LogBudget& budget) : budget_(&budget) {}

  LogTransfer(const LogTransfer&) = delete;
  LogTransfer& operator=(const LogTransfer&) = delete;

  ~LogTransfer();

  // Takes the next segment. kMismatch out of order, beyond the total, or when it announces another
  // total than the first did; kBusy if the budget has no room for it, or clearly none for the
  // total; kMalformed for an empty segment. The transfer begins anew after an Error, and with a
  // segment at offset 0.
  Result<void> add(const LogsMessage& segment);

  // Forgets what came.
  void restart();

  [[nodiscard]] bool is_complete() const { return total_ != 0 && bytes_.size() == total_; }

  // The log. Its share of the budget is held on, until the transfer goes: a log that finds the
  // inbox full is in memory all the same.
  // REQUIRES: is_complete()
  Bytes take();

 private:
  bool hold(std::size_t size);

  LogBudget* budget_;
  std::size_t total_ = 0;  // as announced
  std::size_t held_ = 0;   // of the budget: the room of `bytes_`
  Bytes bytes_;
};

}  // namespace quotemill::transport
