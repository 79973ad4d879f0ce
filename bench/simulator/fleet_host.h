// FleetHost: one simulated host of a seeded fleet: its keys, its boot, and its evidence for each
// sequence of its attestations.
//
// Everything but the time of its boots follows from seed and number, in every process. Not for
// sharing between threads.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/fleet/esxi_boot_model.h"
#include "bench/fleet/seeded_keys.h"
#include "bench/fleet/signing_host.h"
#include "bench/simulator/plan.h"
#include "engine/identity/imported_identity.h"
#include "transport/socket/curve.h"
#include "transport/wire/message.h"

namespace quotemill::bench {

// What a TPM's clock counts from one quote to the next where nobody knows when they will be sent:
// too much is no finding, and a run with all that is around it is over sooner.
inline constexpr std::uint64_t kClockStepMs = 1'800'000;

// What all hosts of a fleet have in common.
struct FleetSettings {
  std::uint64_t seed = 1;
  KeyMix keys;
  CurveKey server_key{};
  // Hosts booted then: a later run finds them booted again, with higher counters and clocks.
  WallTime booted;
  bool is_behind_gateway = false;
  std::shared_ptr<const EsxiFleet> esxi = nullptr;  // null: they boot Linux
};

class FleetHost {
 public:
  // `keys` is of the same seed; used by the constructor only.
  FleetHost(const FleetSettings& settings, std::uint32_t number, SeededKeys& keys);

  [[nodiscard]] std::uint32_t number() const { return number_; }

  [[nodiscard]] const HostRecord& record() const { return host_.record(); }

  [[nodiscard]] const transport::CurveKeyPair& channel() const { return channel_; }

  // As it is imported.
  [[nodiscard]] ImportedIdentity identity() const;

  // The first sequence of this run, and what is asked of it. kUnsupported unless that is one
  // selection of SHA-256.
  Result<void> begin_at(std::uint64_t sequence, const std::vector<PcrSelection>& selections);

  // What it boots with at this sequence. REQUIRES: begin_at() was called with no higher one
  [[nodiscard]] BootId boot_id(const Plan& plan, std::uint64_t sequence);

  // The evidence of this action, when the TPM's clock has counted so much since `booted`.
  // REQUIRES: as above
  [[nodiscard]] Bytes evidence(const Plan& plan, std::uint64_t sequence, NonceKind kind,
                               const Nonce& nonce, std::uint64_t counted_ms);

  // As its agent does behind a gateway; else nothing. `item`: the evidence that the log is for.
  void prove(transport::LogsMessage& segment, ByteView item) const;

  // Its boot log, or that of another boot.
  [[nodiscard]] Bytes log(bool is_tampered) const;

  // What must be said of evidence of this action.
  [[nodiscard]] Expected expected(Action action) const;

 private:
  std::uint32_t resets_until(const Plan& plan, std::uint64_t sequence);

  std::uint64_t seed_;
  std::uint32_t number_;
  SigningHost host_;
  transport::CurveKeyPair channel_;
  std::optional<Digest> log_key_;      // behind a gateway
  std::optional<EsxiBootModel> esxi_;  // what it boots; none: Linux
  ClockInfo at_start_;
  std::size_t log_size_ = 0;
  PcrBank pcrs_{HashAlgorithm::kSha256};
  std::uint64_t first_ = 0;
  std::vector<std::uint32_t> resets_;  // of this run, until the sequence first_ + index
};

}  // namespace quotemill::bench
