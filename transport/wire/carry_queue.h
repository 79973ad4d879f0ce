// CarryQueue: hosts' frames that wait to be carried, and the messages they make.
//
// Bounded; owns the frames. Not for sharing between threads.
#pragma once

#include <cstddef>
#include <deque>

#include "transport/wire/carry.h"
#include "transport/wire/limits.h"

namespace quotemill::transport {

class CarryQueue {
 public:
  // Messages are of this sender.
  CarryQueue(Role sender, std::size_t frames_max, std::size_t bytes_max)
      : sender_(sender), frames_max_(frames_max), bytes_max_(bytes_max) {}

  // False if there is no room; the frame is gone then.
  bool push(const CurveKey& host, Bytes frame);

  // The first frames, as many as fit into a message; the same until pop(). REQUIRES: !is_empty()
  const Bytes& message();

  // Takes those of message() out; how many they were. REQUIRES: message() was called
  std::size_t pop();

  // How many were in it.
  std::size_t clear();

  [[nodiscard]] bool is_empty() const { return frames_.empty(); }

  // Whether waiting for more would not make the next message larger.
  [[nodiscard]] bool fills_message() const {
    return frames_.size() >= limits::kCarriedItemsMax || bytes_ >= kCarriedBytesMax;
  }

  [[nodiscard]] std::size_t size() const { return frames_.size(); }

 private:
  struct Waiting {
    CurveKey host{};
    Bytes frame;
  };

  Role sender_;
  std::size_t frames_max_;
  std::size_t bytes_max_;
  std::deque<Waiting> frames_;
  std::size_t bytes_ = 0;  // of frames_, each with what it adds to a message
  Bytes message_;          // empty: not made yet
  std::size_t in_message_ = 0;
};

}  // namespace quotemill::transport
