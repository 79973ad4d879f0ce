// BootImage: what a kind of machine boots, and the boot log that each of its machines leaves: equal
// but for the few events that differ from machine to machine.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/bytes.h"

namespace quotemill::bench {

struct BootImage {
  std::string name;                       // as in the benchmarks' names
  std::function<Bytes(unsigned)> log_of;  // of machine n, the same bytes each time
};

// The modelled boot of bench/fleet, "model120": some 120 events, 26 kB.
BootImage model_image();

}  // namespace quotemill::bench
