// A proof bundle (deploy/quotemilld/proof_bundle.h) as values.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "deploy/references/strict_json.h"
#include "engine/baseline/baseline.h"
#include "engine/evidence/challenge.h"
#include "engine/identity/audit_trail.h"
#include "engine/tpm/known_pcrs.h"
#include "engine/verdict/verdict.h"

namespace quotemill::offline {

// What a bundle says, before anything of it is believed.
struct Bundle {
  std::string host;  // its name; these three are printable
  std::string state;
  std::string told_time;
  ChannelBinding binding;
  Bytes ak_public;
  Bytes evidence;
  Challenge challenge;
  std::optional<KnownPcrs> pcrs;
  std::optional<Bytes> log;
  std::optional<std::vector<std::uint32_t>> secrets;  // none: the log is as sent
  SnapshotId snapshot{};
  WallTime time;
  WallTime fresh_from;
  std::optional<std::string> policy;
  std::vector<std::shared_ptr<const Baseline>> baselines;
  std::vector<AuditRecord> audit;
  const references::Json* findings = nullptr;  // borrowed of the JSON
};

// kMalformed with the JSON pointer of what is missing or of another kind; kUnsupported for a newer
// format. The result borrows `json`.
Result<Bundle> read_bundle(const references::Json& json);

}  // namespace quotemill::offline
