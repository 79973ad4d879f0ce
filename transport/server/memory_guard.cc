#include "transport/server/memory_guard.h"

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace quotemill::transport {

bool MemoryGuard::must_reopen(std::size_t resident_bytes, BootTime now) {
  if (bytes_max_ == 0) {
    return false;
  }
  if (settling_) {
    lowest_ = std::min(lowest_, resident_bytes);
    // An attacker who is back at once may fill memory much faster than the pause ends.
    const bool is_runaway = resident_bytes > lowest_ + bytes_max_ / 2;
    if (now.ms - reopened_.ms < kPauseMs && !is_runaway) {
      return false;
    }
    settling_ = false;
    threshold_ = std::max(bytes_max_, lowest_ + lowest_ / 4);
  } else if (resident_bytes < bytes_max_ / 5 * 4) {
    threshold_ = bytes_max_;
  }
  if (resident_bytes <= threshold_) {
    return false;
  }
  settling_ = true;
  reopened_ = now;
  lowest_ = resident_bytes;
  return true;
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total_pages = 0;
  std::size_t resident_pages = 0;
  if (!(statm >> total_pages >> resident_pages)) {
    return 0;
  }
  return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace quotemill::transport
