#include "engine/pipeline/snapshot_holder.h"

#include <utility>

namespace quotemill {

SnapshotHolder::SnapshotHolder(Policy policy,
                               std::vector<std::shared_ptr<const Baseline>> baselines)
    : policy_(std::move(policy)),
      baselines_(std::move(baselines)),
      current_(Snapshot::compile(policy_, baselines_)) {}

std::shared_ptr<const Snapshot> SnapshotHolder::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::vector<std::shared_ptr<const Baseline>> SnapshotHolder::baselines() const {
  const std::lock_guard lock(mutex_);
  return baselines_;
}

void SnapshotHolder::add(std::shared_ptr<const Baseline> baseline) {
  const std::lock_guard lock(mutex_);
  baselines_.push_back(std::move(baseline));
  current_ = Snapshot::compile(policy_, baselines_);
}

}  // namespace quotemill
