// What a machine loads, as an operator would list it for `quotemill baseline import`.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "bench/fleet/measured_boot_model.h"
#include "engine/eventlog/boot_log.h"

namespace quotemill::testing {

// SHA-256 digests in hexadecimal, each with a name.
inline std::vector<std::pair<std::string, std::string>> loaded_by(
    const bench::MeasuredBootModel& model) {
  const Bytes log = bench::write_boot_log(model);
  std::vector<std::pair<std::string, std::string>> loaded;
  for (const BootEvent& event : read_boot_log(log).log.events) {
    if (event.is_measured() && (event.pcr == 4 || event.pcr == 9)) {
      loaded.emplace_back(to_hex(event.digest(HashAlgorithm::kSha256)),
                          "event " + std::to_string(event.number));
    }
  }
  return loaded;
}

// Lines of sha256sum.
inline std::string list_of(const bench::MeasuredBootModel& model) {
  std::string list;
  for (const auto& [digest, name] : loaded_by(model)) {
    list += digest + "  " + name + "\n";
  }
  return list;
}

}  // namespace quotemill::testing
