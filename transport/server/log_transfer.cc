#include "transport/server/log_transfer.h"

#include <cassert>
#include <utility>

namespace quotemill::transport {

bool LogBudget::take_transfer() {
  if (transfers_ >= transfers_max_) {
    return false;
  }
  ++transfers_;
  return true;
}

void LogBudget::give_transfer() {
  assert(transfers_ > 0);
  --transfers_;
}

bool LogBudget::take_bytes(std::size_t bytes) {
  if (bytes > bytes_max_ - bytes_) {
    return false;
  }
  bytes_ += bytes;
  return true;
}

void LogBudget::give_bytes(std::size_t bytes) {
  assert(bytes <= bytes_);
  bytes_ -= bytes;
}

LogTransfer::~LogTransfer() {
  budget_->give_bytes(total_);
  budget_->give_transfer();
}

Result<void> LogTransfer::add(const LogsMessage& segment) {
  if (segment.offset == 0) {
    restart();
    if (!budget_->take_bytes(segment.total_bytes)) {
      return Error{ErrorCode::kBusy, "logs", 0, {}};
    }
    total_ = segment.total_bytes;
  }
  if (segment.total_bytes != total_ || segment.offset != bytes_.size()) {
    restart();
    return Error{ErrorCode::kMismatch, "logs.offset", 0, {}};
  }
  if (segment.segment.empty()) {
    restart();
    return Error{ErrorCode::kMalformed, "logs.segment", 0, {}};
  }
  // decode_message() made sure that the segment does not pass the total.
  bytes_.insert(bytes_.end(), segment.segment.begin(), segment.segment.end());
  return {};
}

void LogTransfer::restart() {
  budget_->give_bytes(total_);
  total_ = 0;
  bytes_ = Bytes();
}

Bytes LogTransfer::take() {
  assert(is_complete());
  return std::exchange(bytes_, {});
}

}  // namespace quotemill::transport
