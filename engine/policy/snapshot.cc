#include "engine/policy/snapshot.h"

#include <algorithm>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

// Raised whenever the engine would judge the same evidence differently: findings are inherited only
// under the same number.
constexpr std::uint32_t kJudgementVersion = 3;

std::shared_ptr<const Baseline> newest(const std::vector<std::shared_ptr<const Baseline>>& all,
                                       std::string_view name) {
  std::shared_ptr<const Baseline> found;
  for (const auto& baseline : all) {
    if (baseline->name == name && (!found || baseline->version > found->version)) {
      found = baseline;
    }
  }
  return found;
}

}  // namespace

std::shared_ptr<const Snapshot> Snapshot::compile(
    const Policy& policy, const std::vector<std::shared_ptr<const Baseline>>& all) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->policy_ = policy;
  ByteWriter out;
  out.u32_le(kJudgementVersion).bytes(policy.content.view());
  for (const std::string& name : policy.boot.baselines) {
    if (auto baseline = newest(all, name)) {
      out.bytes(content_id(*baseline).view());
      snapshot->references_.emplace_back(baseline);
      snapshot->baselines_.push_back(std::move(baseline));
    }
  }
  ByteWriter runtime;
  runtime.u32_le(kJudgementVersion);
  add_content(policy.runtime, runtime);
  snapshot->runtime_id_ = hash(HashAlgorithm::kSha256, runtime.view());
  const Digest id = hash(HashAlgorithm::kSha256, out.view());
  std::copy(id.view().begin(), id.view().end(), snapshot->id_.begin());
  return snapshot;
}

std::shared_ptr<const Snapshot> Snapshot::of_nobody() {
  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->policy_ = default_policy();
  snapshot->policy_.id = "none";
  return snapshot;
}

}  // namespace quotemill
