#include "bench/workload/written_bytes.h"

#include <fstream>
#include <string>

namespace quotemill::bench {

std::uint64_t written_bytes() {
  std::ifstream io("/proc/self/io");
  std::string name;
  for (std::uint64_t value = 0; io >> name >> value;) {
    if (name == "wchar:") {
      return value;
    }
  }
  return 0;
}

}  // namespace quotemill::bench
