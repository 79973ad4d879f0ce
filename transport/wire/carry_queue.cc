#include "transport/wire/carry_queue.h"

#include <cassert>
#include <utility>

#include "transport/wire/limits.h"

namespace quotemill::transport {

bool CarryQueue::push(const CurveKey& host, Bytes frame) {
  const std::size_t size = frame.size() + kCarriedItemOverhead;
  if (frames_.size() >= frames_max_ || size > kCarriedBytesMax || size > bytes_max_ - bytes_) {
    return false;
  }
  bytes_ += size;
  frames_.push_back({host, std::move(frame)});
  return true;
}

const Bytes& CarryQueue::message() {
  assert(!frames_.empty());
  if (!message_.empty()) {
    return message_;
  }
  std::vector<CarriedFrame> items;
  std::size_t bytes = 0;
  for (const Waiting& waiting : frames_) {
    bytes += waiting.frame.size() + kCarriedItemOverhead;
    if (items.size() == limits::kCarriedItemsMax || bytes > kCarriedBytesMax) {
      break;
    }
    items.push_back({waiting.host, waiting.frame});
  }
  message_ = seal_carry(sender_, items);
  in_message_ = items.size();
  return message_;
}

std::size_t CarryQueue::pop() {
  for (std::size_t i = 0; i < in_message_; ++i) {
    bytes_ -= frames_.front().frame.size() + kCarriedItemOverhead;
    frames_.pop_front();
  }
  message_.clear();
  return std::exchange(in_message_, 0);
}

std::size_t CarryQueue::clear() {
  bytes_ = 0;
  message_.clear();
  in_message_ = 0;
  return std::exchange(frames_, {}).size();
}

}  // namespace quotemill::transport
