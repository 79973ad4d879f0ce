#include "bench/transport/thread_times.h"

#include <filesystem>
#include <fstream>
#include <string>

namespace quotemill::bench {
namespace {

std::set<int> threads() {
  std::set<int> ids;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    ids.insert(std::stoi(thread.path().filename().string()));
  }
  return ids;
}

}  // namespace

ThreadTimes::ThreadTimes() : others_(threads()) {}

void ThreadTimes::watch_new_ones() {
  for (const int id : threads()) {
    if (!others_.contains(id)) {
      watched_.insert(id);
    }
  }
}

double ThreadTimes::seconds() const {
  constexpr double kNanosecond = 1e-9;
  double sum = 0;
  for (const int id : watched_) {
    // The first number: time spent on the CPU (Linux, Documentation/scheduler/sched-stats.rst).
    std::ifstream in("/proc/self/task/" + std::to_string(id) + "/schedstat");
    double nanoseconds = 0;
    in >> nanoseconds;
    sum += nanoseconds * kNanosecond;
  }
  return sum;
}

}  // namespace quotemill::bench
