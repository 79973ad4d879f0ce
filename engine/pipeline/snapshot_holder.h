// SnapshotHolder: the snapshot that is in force now. Readers get a shared, immutable one; the
// commit thread replaces it when a baseline is captured. Shared: any thread.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "engine/policy/snapshot.h"

namespace quotemill {

class SnapshotHolder {
 public:
  SnapshotHolder(Policy policy, std::vector<std::shared_ptr<const Baseline>> baselines);

  [[nodiscard]] std::shared_ptr<const Snapshot> current() const;
  [[nodiscard]] std::vector<std::shared_ptr<const Baseline>> baselines() const;

  // All verdicts from now on are made under a snapshot that knows it.
  void add(std::shared_ptr<const Baseline> baseline);

 private:
  mutable std::mutex mutex_;
  const Policy policy_;
  std::vector<std::shared_ptr<const Baseline>> baselines_;
  std::shared_ptr<const Snapshot> current_;
};

}  // namespace quotemill
