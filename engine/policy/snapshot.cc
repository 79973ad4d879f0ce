#include "engine/policy/snapshot.h"

#include <algorithm>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

// Raised whenever the engine would judge the same evidence differently: findings are inherited only
// under the same number.
constexpr std::uint32_t kJudgementVersion = 4;

std::shared_ptr<const Baseline> newest(const std::vector<std::shared_ptr<const Baseline>>& all,
                                       std::string_view name) {
  std::shared_ptr<const Baseline> found;
  for (const auto& baseline : all) {
    if (baseline->name == name && !baseline->is_retired() &&
        (!found || baseline->version > found->version)) {
      found = baseline;
    }
  }
  return found;
}

// Those of a name that count: the newest one, and in a rollout of it the new set beside it or in
// its place.
std::vector<std::shared_ptr<const Baseline>> counting(
    const std::vector<std::shared_ptr<const Baseline>>& all, std::string_view name,
    const RolloutSets* sets) {
  std::vector<std::shared_ptr<const Baseline>> found;
  const bool is_rolled_out = sets != nullptr && sets->from == name;
  if (!is_rolled_out || sets->has_old) {
    if (auto baseline = newest(all, name)) {
      found.push_back(std::move(baseline));
    }
  }
  if (is_rolled_out) {
    found.push_back(sets->to);
  }
  return found;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Values that name a path. What does not fit beyond limits::kImaReferencesMax is unknown then:
// files are not trusted by it.
void add_files(const Baseline& baseline, ImaReferencesBuilder& builder) {
  for (const ReferenceValue& value : baseline.values) {
    const bool is_file = value.kind == ReferenceKind::kFile || value.kind == ReferenceKind::kDigest;
    if (is_file && value.name.starts_with('/') &&
        !builder.add(value.name, value.digest, value.source)) {
      return;
    }
  }
}

void add_revocations(const Baseline& list, const std::string& level, std::vector<Digest>& out) {
  for (const ReferenceValue& value : list.values) {
    const bool is_due = level.empty() || value.version.empty() || value.version <= level;
    if (is_due && value.digest.algorithm() == HashAlgorithm::kSha256) {
      out.push_back(value.digest);
    }
  }
}

}  // namespace

void Snapshot::compile_revocations(const std::vector<std::shared_ptr<const Baseline>>& all,
                                   ByteWriter& content) {
  const RevocationRules& rules = policy_.claims.revocation;
  revocations_ = rules.revoked;
  if (!rules.list.empty()) {
    const auto list = newest(all, rules.list);
    // One whose values have all lost their validity asks for nothing: that must not pass silently.
    lacks_revocation_list_ = list == nullptr || list->values.empty();
    if (list) {
      content.bytes(content_id(*list).view());
      add_revocations(*list, rules.level, revocations_);
      baselines_.push_back(list);
    }
  }
  std::sort(revocations_.begin(), revocations_.end());
  revocations_.erase(std::unique(revocations_.begin(), revocations_.end()), revocations_.end());
}

// Retired images and such as nobody approved still tell what a host booted instead.
void Snapshot::compile_images(const std::vector<std::shared_ptr<const Baseline>>& all,
                              ByteWriter& content) {
  const EsxiRules& rules = policy_.esxi;
  if (!rules.is_on) {
    return;
  }
  std::vector<KnownImage> images;
  for (const auto& baseline : all) {
    if (!baseline->is_image()) {
      continue;
    }
    const bool is_named =
        rules.images.empty() ||
        std::find(rules.images.begin(), rules.images.end(), baseline->name) != rules.images.end();
    images.push_back({baseline->image, baseline->is_approved() && is_named,
                      baseline->file ? baseline->file->id : Digest()});
    content.bytes(content_id(*baseline).view()).u8(images.back().is_approved ? 1 : 0);
    if (images.back().is_approved) {
      baselines_.push_back(baseline);
    }
  }
  images_ = std::make_shared<const ImageIndex>(std::move(images));
}

void Snapshot::compile_runtime(const std::vector<std::shared_ptr<const Baseline>>& all,
                               const RolloutSets* sets, ByteWriter& content) {
  ByteWriter runtime;
  runtime.u32_le(kJudgementVersion);
  add_content(policy_.runtime, runtime);
  ImaReferencesBuilder builder;
  for (const std::string& name : policy_.runtime.references) {
    const auto found = counting(all, name, sets);
    if (found.empty()) {
      absent_runtime_sets_.push_back(name);
    }
    for (const auto& baseline : found) {
      runtime.bytes(content_id(*baseline).view());
      add_files(*baseline, builder);
      baselines_.push_back(baseline);
    }
  }
  runtime_id_ = hash(HashAlgorithm::kSha256, runtime.view());
  content.bytes(runtime_id_.view());
  if (absent_runtime_sets_.size() < policy_.runtime.references.size()) {
    runtime_references_ = std::make_shared<const ImaReferences>(builder.build());
  }
}

std::shared_ptr<const Snapshot> Snapshot::compile(
    const Policy& policy, const std::vector<std::shared_ptr<const Baseline>>& all) {
  return compiled(policy, all, nullptr);
}

std::shared_ptr<const Snapshot> Snapshot::compile_for(
    const std::shared_ptr<const Snapshot>& base, const RolloutSets& sets,
    const std::vector<std::shared_ptr<const Baseline>>& all) {
  const Policy& policy = base->policy();
  if (!contains(policy.boot.baselines, sets.from) && !contains(policy.boot.references, sets.from) &&
      !contains(policy.runtime.references, sets.from)) {
    return base;
  }
  const RolloutSets alone{sets.rollout, sets.from, sets.to, false};
  const RolloutSets beside{sets.rollout, sets.from, sets.to, true};
  std::shared_ptr<Snapshot> snapshot = compiled(policy, all, &sets);
  snapshot->rollout_ = RolloutScope{sets.rollout, !sets.has_old, base,
                                    compiled(policy, all, &alone), compiled(policy, all, &beside)};
  ByteWriter out;
  out.bytes(as_bytes("rollout")).u8(0).bytes(as_bytes(sets.rollout)).u8(0).u8(sets.has_old ? 1 : 0);
  out.bytes(snapshot->id_).bytes(base->id()).bytes(snapshot->rollout_->after->id());
  const Digest id = hash(HashAlgorithm::kSha256, out.view());
  std::copy(id.view().begin(), id.view().end(), snapshot->id_.begin());
  return snapshot;
}

std::shared_ptr<Snapshot> Snapshot::compiled(
    const Policy& policy, const std::vector<std::shared_ptr<const Baseline>>& all,
    const RolloutSets* sets) {
  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->policy_ = policy;
  ByteWriter out;
  out.u32_le(kJudgementVersion).bytes(policy.content.view());
  for (const std::string& name : policy.boot.baselines) {
    for (auto& baseline : counting(all, name, sets)) {
      out.bytes(content_id(*baseline).view());
      snapshot->references_.emplace_back(baseline);
      snapshot->baselines_.push_back(std::move(baseline));
    }
  }
  for (const std::string& name : policy.boot.references) {
    auto found = counting(all, name, sets);
    if (found.empty()) {
      snapshot->absent_sets_.push_back(name);
    }
    for (auto& baseline : found) {
      out.bytes(content_id(*baseline).view());
      snapshot->reference_sets_.push_back(baseline);
      snapshot->baselines_.push_back(std::move(baseline));
    }
  }
  snapshot->compile_revocations(all, out);
  snapshot->compile_images(all, out);
  snapshot->compile_runtime(all, sets, out);
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
