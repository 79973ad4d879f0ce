#include "transport/server/log_transfer.h"

#include <algorithm>
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

bool LogBudget::take_bytes(std::size_t held, std::size_t more) {
  const std::size_t beyond = beyond_share(held + more);
  const std::size_t common = beyond - beyond_share(held);
  const std::size_t left = common_max_ - common_;
  if (common != 0 && (common > left || beyond > left - common)) {
    return false;
  }
  common_ += common;
  bytes_ += more;
  return true;
}

void LogBudget::give_bytes(std::size_t held) {
  assert(held <= bytes_ && beyond_share(held) <= common_);
  bytes_ -= held;
  common_ -= beyond_share(held);
}

LogTransfer::~LogTransfer() {
  budget_->give_bytes(held_);
  budget_->give_transfer();
}

Result<void> LogTransfer::add(const LogsMessage& segment) {
  if (segment.offset == 0) {
    restart();
    total_ = segment.total_bytes;
    if (!budget_->has_room(total_)) {
      restart();
      return Error{ErrorCode::kBusy, "logs", 0, {}};
    }
  }
  if (segment.total_bytes != total_ || segment.offset != bytes_.size() ||
      segment.segment.size() > total_ - bytes_.size()) {
    restart();
    return Error{ErrorCode::kMismatch, "logs.offset", 0, {}};
  }
  if (segment.segment.empty()) {
    restart();
    return Error{ErrorCode::kMalformed, "logs.segment", 0, {}};
  }
  if (!hold(bytes_.size() + segment.segment.size())) {
    restart();
    return Error{ErrorCode::kBusy, "logs", 0, {}};
  }
  bytes_.insert(bytes_.end(), segment.segment.begin(), segment.segment.end());
  return {};
}

// Makes room for so many bytes; by doubling it, so that a long log is not copied with each segment.
bool LogTransfer::hold(std::size_t size) {
  if (size <= held_) {
    return true;
  }
  const std::size_t wanted = std::min(total_, std::max(size, 2 * held_));
  if (!budget_->take_bytes(held_, wanted - held_)) {
    return false;
  }
  held_ = wanted;
  bytes_.reserve(wanted);
  return true;
}

void LogTransfer::restart() {
  budget_->give_bytes(held_);
  total_ = 0;
  held_ = 0;
  bytes_ = Bytes();
}

Bytes LogTransfer::take() {
  assert(is_complete());
  return std::exchange(bytes_, {});
}

}  // namespace quotemill::transport
