// StoreCare: what operators do with a store as a whole, beside its use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"

namespace quotemill {

// What a check found. Without problems everything that is there can be read, and leads nowhere that
// is not there.
struct StoreReport {
  std::uint64_t hosts = 0;
  std::uint64_t appraisals = 0;  // rows of the history: a run is one
  std::uint64_t boot_logs = 0;
  std::uint64_t baselines = 0;
  std::uint64_t policies = 0;
  std::uint64_t changes = 0;
  std::uint64_t acts = 0;             // of the audit trail
  std::vector<std::string> problems;  // each names its record; the first limits::kStoreProblemsMax
  std::uint64_t problems_found = 0;   // all of them
};

// What is kept, by what it is for. Rows are estimates: what was written over may count twice.
struct StoreSizes {
  struct Part {
    std::uint64_t bytes = 0;
    std::uint64_t rows = 0;
  };

  Part hosts;       // identities, states, their last evidence
  Part appraisals;  // the history: a run is one
  Part boot_logs;   // and the files of imported baselines
  Part changes;
  Part journal;
};

class StoreCare {
 public:
  StoreCare() = default;
  StoreCare(const StoreCare&) = delete;
  StoreCare& operator=(const StoreCare&) = delete;
  virtual ~StoreCare() = default;

  // Any thread, beside commits and reads.

  // A copy of the store as it is at this moment, in a folder that must not be there yet. It carries
  // on another change stream: who restores it goes back, and whoever reads the changes must see.
  virtual Result<void> backup(const std::string& folder) const = 0;

  // Cheap.
  [[nodiscard]] virtual Result<StoreSizes> sizes() const = 0;

  // Reads all there is: minutes, for a store of many gigabytes.
  [[nodiscard]] virtual Result<StoreReport> check() const = 0;
};

}  // namespace quotemill
