#include "bench/pipeline/confinement.h"

#include <cstdlib>
#include <filesystem>

namespace quotemill::bench {
namespace {

// Those that libraries keep in their pools as well.
bool confine_all_threads(const cpu_set_t& cpus) {
  bool done = true;
  for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
    const pid_t id = std::atoi(thread.path().filename().c_str());
    // One that ended meanwhile needs none.
    done = (sched_setaffinity(id, sizeof cpus, &cpus) == 0 || errno == ESRCH) && done;
  }
  return done;
}

}  // namespace

Confinement::Confinement(unsigned cpus) {
  cpu_set_t chosen;
  CPU_ZERO(&chosen);
  if (sched_getaffinity(0, sizeof before_, &before_) != 0) {
    return;
  }
  for (std::size_t cpu = 0; cpu < CPU_SETSIZE && cpus > 0; ++cpu) {
    if (CPU_ISSET(cpu, &before_)) {
      CPU_SET(cpu, &chosen);
      --cpus;
    }
  }
  holds_ = cpus == 0 && confine_all_threads(chosen);
}

Confinement::~Confinement() {
  confine_all_threads(before_);
}

}  // namespace quotemill::bench
