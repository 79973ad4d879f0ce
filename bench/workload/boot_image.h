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

// "model120": the modelled boot of bench/fleet, some 120 events, 26 kB.
BootImage model_image();

// The images of real machines whose logs are among the fixtures; empty if there are none. Machine 0
// left the log as it is; in those of the others, partition table, boot entry and SMBIOS tables are
// another machine's.
std::vector<BootImage> real_images(const std::filesystem::path& fixtures);

// More logs of real machines, each as it is: what is measured on one log at a time has them, too.
std::vector<BootImage> more_real_logs(const std::filesystem::path& fixtures);

}  // namespace quotemill::bench
