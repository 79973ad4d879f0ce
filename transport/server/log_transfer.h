// LogTransfer: one log on its way in, segment by segment, and the room that all of them share.
//
// Not for sharing between threads.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

// Bytes and number of transfers that may be open at once.
class LogBudget {
 public:
  LogBudget(std::size_t transfers_max, std::size_t bytes_max)
      : transfers_max_(transfers_max), bytes_max_(bytes_max) {}

  bool take_transfer();
  void give_transfer();
  bool take_bytes(std::size_t bytes);
  void give_bytes(std::size_t bytes);

  [[nodiscard]] std::size_t transfers() const { return transfers_; }

  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::size_t transfers_max_;
  std::size_t bytes_max_;
  std::size_t transfers_ = 0;
  std::size_t bytes_ = 0;
};

// Holds its share of the budget, which outlives it, until it goes.
class LogTransfer {
 public:
  // REQUIRES: budget.take_transfer() was true; the transfer gives it back.
  explicit LogTransfer(LogBudget& budget) : budget_(&budget) {}

  LogTransfer(const LogTransfer&) = delete;
  LogTransfer& operator=(const LogTransfer&) = delete;

  ~LogTransfer();

  // Takes the next segment. kMismatch out of order, or when it announces another total than the
  // first did; kBusy if the budget has no room for the announced total; kMalformed for an empty
  // segment. The transfer begins anew after an Error, and with a segment at offset 0.
  Result<void> add(const LogsMessage& segment);

  // Forgets what came.
  void restart();

  [[nodiscard]] bool is_complete() const { return total_ != 0 && bytes_.size() == total_; }

  // The log. Its share of the budget is held on, until the transfer goes: a log that finds the
  // inbox full is in memory all the same.
  // REQUIRES: is_complete()
  Bytes take();

 private:
  LogBudget* budget_;
  std::size_t total_ = 0;  // reserved in the budget
  Bytes bytes_;
};

}  // namespace quotemill::transport
