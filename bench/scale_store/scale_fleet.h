// ScaleFleet: the hosts of a store for measuring: 20 images, and so many hosts whose boot log is
// nobody else's that every twentieth log of the fleet is distinct.
//
// Each host has its own quote, and a signature that holds; a few hundred keys are shared. What a
// host of each distinct log comes to is judged by the engine, and equal for the others. Everything
// follows from the host's number.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "bench/fleet/measured_boot_model.h"
#include "bench/fleet/seeded_keys.h"
#include "bench/fleet/signing_host.h"
#include "engine/pipeline/judge.h"
#include "engine/pipeline/receipt_maker.h"
#include "engine/policy/policy_set.h"
#include "engine/ports/records.h"

namespace quotemill::bench {

// What is stored of a host that attested once.
struct StoredHost {
  std::shared_ptr<const HostRecord> record;
  std::shared_ptr<const HostState> state;
  EkCertificate ek_certificate;
  HistoryEntry appraisal;
  BootLogRecord log;
};

class ScaleFleet {
 public:
  static constexpr unsigned kImages = 20;
  static constexpr unsigned kDistinctOf = 20;  // one log in so many is a host's own

  // The policy must judge by the baselines "image-00" to "image-19". Borrows `history`, which is
  // empty.
  ScaleFleet(const Policy& policy, const CurveKey& server_key, WallTime now,
             const History& history);

  // The first boot of each image.
  [[nodiscard]] const std::vector<std::shared_ptr<const Baseline>>& baselines() const {
    return baselines_;
  }

  // Several threads, each with its own memo. Aborts if the engine does not come to trusted.
  [[nodiscard]] StoredHost make(unsigned number, ExtendMemo& extends);

 private:
  // A boot, and what it comes to; shared by the hosts of an image.
  struct Boot {
    Bytes log;
    PcrBank pcrs;
    std::shared_ptr<const Judgement> judged;  // null until one host was
  };

  [[nodiscard]] static MeasuredBootModel model_of(unsigned image, std::uint64_t seed);
  [[nodiscard]] Boot boot_of(unsigned image, std::uint64_t seed) const;
  [[nodiscard]] Judgement judge_first(Submission submission, ExtendMemo& extends);

  // The host of this number; of its key there are others.
  [[nodiscard]] SigningHost host_of(unsigned number) const;

  const CurveKey server_key_;
  const WallTime now_;
  const History& history_;
  std::vector<std::shared_ptr<const Baseline>> baselines_;
  std::shared_ptr<const PolicySet> policies_;
  std::mutex mutex_;
  std::vector<Boot> shared_;         // of each image
  std::vector<SigningHost> models_;  // one of each key: what a key is written as takes long to find
  NonceAuthority nonces_{NonceAuthority::Keys{}};
  ReceiptMaker receipts_{nonces_, 1};
  KeyCache keys_{256};
  PipelineCounters counters_;
};

}  // namespace quotemill::bench
