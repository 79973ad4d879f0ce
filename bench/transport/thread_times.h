// ThreadTimes: the CPU time of the threads that were made between two moments, whoever made them.
#pragma once

#include <set>

namespace quotemill::bench {

class ThreadTimes {
 public:
  // Watches none yet: those that are there now are not meant.
  ThreadTimes();

  // Watches the threads made since.
  void watch_new_ones();

  // CPU time of all watched ones so far, in seconds.
  [[nodiscard]] double seconds() const;

 private:
  std::set<int> others_;
  std::set<int> watched_;
};

}  // namespace quotemill::bench
