// The proof bundle as a file (deploy/quotemilld/proof_bundle.h), read and not yet believed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/references/json_fields.h"
#include "engine/baseline/baseline.h"
#include "engine/evidence/challenge.h"
#include "engine/identity/audit_trail.h"
#include "engine/rollout/rollout.h"
#include "engine/tpm/known_pcrs.h"
#include "engine/verdict/verdict.h"
#include "engine/verify/verify.h"

namespace quotemill::offline {

// The rollout that the host was in.
struct RolloutNamed {
  std::string name;
  std::string from;
  BaselineRef to;
  bool has_old = false;
};

// What a bundle says, before anything of it is believed. The verdict is the appraisal's own, or the
// one that took its place without new evidence.
struct Bundle {
  std::string host_name;
  std::string state;
  std::string told_time;  // as it is written there
  ChannelBinding binding;
  Bytes ak_public;
  Bytes evidence;
  Challenge challenge;
  std::optional<KnownPcrs> pcrs;
  std::optional<Bytes> log;
  std::optional<std::vector<std::uint32_t>> secrets;  // none: the log is as sent
  SnapshotId snapshot{};
  WallTime time;  // of the verdict
  WallTime fresh_from;
  std::optional<std::string> policy;
  std::vector<std::shared_ptr<const Baseline>> baselines;
  std::optional<RolloutNamed> rollout;
  std::vector<AuditRecord> audit;
  const references::Json* findings = nullptr;  // borrowed; null: none
};

// Borrows `json`, a JSON object. kMalformed with the JSON pointer of what is missing or of another
// kind; kUnsupported for another format. Pure.
Result<Bundle> read_bundle(const references::Json& json);

}  // namespace quotemill::offline
