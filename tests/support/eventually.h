// Waiting for what other threads and processes do.
#pragma once

#include <chrono>
#include <thread>

namespace quotemill::testing {

// How long anything may take that should take milliseconds: the machine may be busy, and stand
// still for seconds. Whoever waits for something not to happen says a time of its own.
inline constexpr std::chrono::milliseconds kPatience{40'000};
inline constexpr int kPatienceMs{kPatience.count()};

// Looks every 5 ms whether `is_so`, for at most `limit`.
template <class Condition>
bool eventually(const Condition& is_so, std::chrono::milliseconds limit = kPatience) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!is_so()) {
    if (std::chrono::steady_clock::now() >= end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

}  // namespace quotemill::testing
