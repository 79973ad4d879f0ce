// Snapshot: everything a verdict is made under, compiled and immutable: the policy, the baselines
// it names, and the build of the engine. Its id changes if any of them does, and every verdict
// names it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/esxi/image/image_index.h"
#include "engine/policy/boot_reference.h"
#include "engine/policy/ima_references.h"
#include "engine/policy/policy.h"
#include "engine/verdict/verdict.h"

namespace quotemill {

class Snapshot;

// What is judged by beside a policy while a rollout is on: of its name's baselines the old set and
// the new one, or after the deadline the new one alone.
struct RolloutSets {
  std::string rollout;
  std::string from;                    // the name that policies use
  std::shared_ptr<const Baseline> to;  // never null
  bool has_old = true;
};

// The same policy with either set alone: what tells which of them explains a boot.
struct RolloutScope {
  std::string rollout;
  bool is_overdue = false;
  std::shared_ptr<const Snapshot> before;  // as for hosts outside
  std::shared_ptr<const Snapshot> after;   // as for all when it is promoted
  std::shared_ptr<const Snapshot> both;    // with either
};

// Immutable; shared by all threads through PoliciesInForce (engine/pipeline).
class Snapshot {
 public:
  // `all` are all versions of all baselines; of each name that the policy gives, the newest counts
  // that is not retired.
  static std::shared_ptr<const Snapshot> compile(
      const Policy& policy, const std::vector<std::shared_ptr<const Baseline>>& all);

  // The same for the hosts of a rollout. `base` itself if its policy does not use the baselines of
  // that name: then the rollout is none of its business.
  static std::shared_ptr<const Snapshot> compile_for(
      const std::shared_ptr<const Snapshot>& base, const RolloutSets& sets,
      const std::vector<std::shared_ptr<const Baseline>>& all);

  // What a host is under that no policy is for: the default policy's questions and intervals, and
  // an id of zeros. Nothing is judged by it.
  static std::shared_ptr<const Snapshot> of_nobody();

  [[nodiscard]] bool is_of_nobody() const { return id_ == SnapshotId{}; }

  [[nodiscard]] const SnapshotId& id() const { return id_; }

  // Null unless it is for the hosts of a rollout.
  [[nodiscard]] const RolloutScope* rollout() const { return rollout_ ? &*rollout_ : nullptr; }

  [[nodiscard]] const Policy& policy() const { return policy_; }

  [[nodiscard]] const std::vector<std::shared_ptr<const Baseline>>& baselines() const {
    return baselines_;
  }

  // Names among `ima.references` that no baseline has.
  [[nodiscard]] const std::vector<std::string>& absent_runtime_sets() const {
    return absent_runtime_sets_;
  }

  // What dbx must hold, sorted: the policy's own digests and those of its list.
  [[nodiscard]] const std::vector<Digest>& revocations() const { return revocations_; }

  // Whether no baseline has the name `dbx.list`.
  [[nodiscard]] bool lacks_revocation_list() const { return lacks_revocation_list_; }

  // What the runtime list is judged under: equal for snapshots that judge it alike.
  [[nodiscard]] const Digest& runtime_id() const { return runtime_id_; }

  // Of all baselines that 'ima.references' names; null if none is there.
  [[nodiscard]] const ImaReferences* runtime_references() const {
    return runtime_references_.get();
  }

  // All images of ESXi that are known; approved are those that the policy counts. Null unless the
  // policy has rules for ESXi.
  [[nodiscard]] const std::shared_ptr<const ImageIndex>& images() const { return images_; }

  // Those that boots are compared with, compiled.
  [[nodiscard]] const std::vector<BootReference>& references() const { return references_; }

  // Those that what was booted must be in.
  [[nodiscard]] const std::vector<std::shared_ptr<const Baseline>>& reference_sets() const {
    return reference_sets_;
  }

  // Names among `boot.references` that no baseline has.
  [[nodiscard]] const std::vector<std::string>& absent_sets() const { return absent_sets_; }

 private:
  Snapshot() = default;

  static std::shared_ptr<Snapshot> compiled(const Policy& policy,
                                            const std::vector<std::shared_ptr<const Baseline>>& all,
                                            const RolloutSets* sets);

  // Each adds to `content` what is judged by it.
  void compile_revocations(const std::vector<std::shared_ptr<const Baseline>>& all,
                           ByteWriter& content);
  void compile_images(const std::vector<std::shared_ptr<const Baseline>>& all, ByteWriter& content);
  void compile_runtime(const std::vector<std::shared_ptr<const Baseline>>& all,
                       const RolloutSets* sets, ByteWriter& content);

  std::optional<RolloutScope> rollout_;
  SnapshotId id_{};
  Policy policy_;
  std::vector<std::shared_ptr<const Baseline>> baselines_;
  std::vector<BootReference> references_;
  std::vector<Digest> revocations_;
  std::shared_ptr<const ImageIndex> images_;
  bool lacks_revocation_list_ = false;
  std::vector<std::string> absent_runtime_sets_;
  Digest runtime_id_;
  std::shared_ptr<const ImaReferences> runtime_references_;
  std::vector<std::shared_ptr<const Baseline>> reference_sets_;
  std::vector<std::string> absent_sets_;
};

}  // namespace quotemill
