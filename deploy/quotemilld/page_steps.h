// A page of hosts, worked through by several threads, a few hosts at a time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <deque>
#include <thread>
#include <vector>

namespace quotemill::daemon {

// Calls each(place, share) once for every place below `places`, with a share that is the calling
// thread's own meanwhile. The caller is one of the threads; the others are as nice as it is.
// REQUIRES: there is a share
template <class Share, class Each>
void in_steps(std::size_t places, std::deque<Share>& shares, const Each& each) {
  constexpr std::size_t kStep = 32;  // that a thread takes at once
  std::atomic<std::size_t> next{0};
  const auto take_steps = [&](Share& share) {
    for (std::size_t begin = next.fetch_add(kStep); begin < places; begin = next.fetch_add(kStep)) {
      const std::size_t end = std::min(begin + kStep, places);
      for (std::size_t place = begin; place < end; ++place) {
        each(place, share);
      }
    }
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < shares.size() && i * kStep < places; ++i) {
    others.emplace_back([&take_steps, &share = shares[i]] { take_steps(share); });
  }
  take_steps(shares.front());
}

}  // namespace quotemill::daemon
