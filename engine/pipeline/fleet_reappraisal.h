// FleetReappraisal: the last evidence of a whole fleet under other policies. What is equal is
// judged once: each distinct boot log once for each snapshot, so that the cost grows with what is
// distinct, not with the fleet.
//
// The stored log of the first host of each distinct one is replayed against the values that a quote
// proved (recall_boot()), and what is found in that boot is remembered by the log's content, the
// values and the snapshot: all that it depends on. The host's state tells the rest
// (engine/appraise/appraise_stored.h): it was proven when it was made. Whoever does not believe
// that has every signature checked again. Hosts of which the state does not say enough, and the
// first of each log under rules for ESXi, go the whole way of new evidence, signature included
// (reappraisal.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "engine/pipeline/boot_memo.h"
#include "engine/pipeline/key_cache.h"
#include "engine/pipeline/log_classes.h"
#include "engine/pipeline/reappraisal.h"
#include "engine/pipeline/software_memo_pool.h"

namespace quotemill {

enum class StoredSignatures : std::uint8_t { kBelieved, kChecked };

// All but the sets borrowed; they outlive the FleetReappraisal.
struct FleetReappraisalParts {
  std::shared_ptr<const PolicySet> policies;
  const CurveKey& server_key;
  const History& history;
  std::shared_ptr<const LogClasses> logs;
  StoredSignatures signatures = StoredSignatures::kBelieved;
};

class FleetReappraisal {
 public:
  explicit FleetReappraisal(FleetReappraisalParts parts);

  // Any thread; `extends` is the calling thread's. Never throws.
  Reappraisal judge(const Host& host, ExtendMemo& extends) noexcept;

  [[nodiscard]] const PolicySet& policies() const { return *parts_.policies; }

  [[nodiscard]] const LogClasses& logs() const { return *parts_.logs; }

  [[nodiscard]] StoredSignatures signatures() const { return parts_.signatures; }

  // Boots that were judged by their log so far: distinct logs, times the snapshots they came under.
  [[nodiscard]] std::uint64_t logs_judged() const { return logs_judged_.load(); }

  // Of these, how many were of ESXi hosts with a list of modules that was judged before.
  [[nodiscard]] SoftwareMemo::Counters software() const { return software_.counters(); }

 private:
  // Of one host under one snapshot.
  struct Case {
    const Host& host;
    const std::shared_ptr<const Snapshot>& snapshot;
    ExtendMemo& extends;
  };

  Reappraisal judge_host(const Host& host, ExtendMemo& extends);
  Reappraisal judge_by_state(const Case& one);
  Reappraisal judge_whole(const Case& one);
  // The host's proof as it is under the snapshot.
  BootMemo::Proof proof_of(const Case& one);
  // `log`: its content; null: it is still to be read.
  BootMemo::Proof prove_by_log(const Case& one, const Bytes* log);
  BootMemo::Proof prove_by_evidence(const Case& one, const Bytes* log);
  BootMemo::Proof recall(const Case& one, const Bytes* log);
  [[nodiscard]] bool asks_for_evidence(const Case& one) const;
  // Error unless the stored evidence holds as it is, given the boot's proof.
  Result<void> check_signature(const Case& one, std::shared_ptr<const BootProof> proof);
  Result<Judgement> judge_stored(const Case& one, std::shared_ptr<const HostState> state,
                                 const Bytes* log);

  const FleetReappraisalParts parts_;
  BootMemo memo_;
  KeyCache keys_;  // of its own: the keys of hosts that attest now must stay in theirs
  PipelineCounters uncounted_;
  SoftwareMemoPool software_;
  std::atomic<std::uint64_t> logs_judged_{0};
};

// Whether the host's state says enough of its evidence for any policy, and leaves something to it.
bool is_judged_by_state(const Host& host);

// The proofs' logs of the hosts behind `after` that `is_wanted` takes, for LogClasses::of().
template <class Wanted>
std::vector<Digest> logs_of(const HostTable& hosts, std::string after, Wanted is_wanted) {
  std::vector<Digest> logs;
  hosts.glance(std::move(after), [&](const HostGlance& host) {
    if (is_wanted(host) && host.proven_log) {
      logs.push_back(*host.proven_log);
    }
    return true;
  });
  return logs;
}

}  // namespace quotemill
