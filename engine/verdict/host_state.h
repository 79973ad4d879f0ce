// HostState: what the engine remembers of a host between two attestations, and the only input of an
// appraisal that is not in the evidence. Owned by the commit stage; everywhere else it is a
// shared, immutable snapshot and a hint.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/time.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/evidence.h"
#include "engine/evidence/host_uid.h"
#include "engine/tpm/known_pcrs.h"
#include "engine/tpm/quote.h"
#include "engine/verdict/latch.h"
#include "engine/verdict/runtime_proof.h"
#include "engine/verdict/verdict.h"

namespace quotemill {

// The TPM's counters as the last proven quote had them.
struct CounterRecord {
  ClockInfo clock;
  std::uint64_t firmware_version = 0;
  BootId boot_id{};
  WallTime received;

  friend bool operator==(const CounterRecord&, const CounterRecord&) = default;
};

// A boot log that a quote proved completely, and what was found in it. While generation, PCR
// values, selection and resetCount stay the same, a quote is enough; while the snapshot is the same
// too, the findings stand, else the stored log is appraised again.
struct BootProof {
  std::uint32_t generation = 0;
  std::uint32_t reset_count = 0;
  KnownPcrs pcrs;
  Digest log;  // the id of the stored log: SHA-256 of the evidence that it came with
  SnapshotId snapshot{};
  Findings findings;
  std::uint32_t event_count = 0;

  friend bool operator==(const BootProof&, const BootProof&) = default;
};

// The facts of the last evidence, as owned text (claimed by the host, signed with the quote).
struct FactsRecord {
  std::string os_id;
  std::string os_version;
  std::string kernel;
  std::string vendor;
  std::string model;
  std::string agent;
  std::string firmware = {};

  friend bool operator==(const FactsRecord&, const FactsRecord&) = default;
};

// Borrows the record.
HostFacts view_of(const FactsRecord& facts);

struct HostState {
  HostUid host;
  std::uint32_t generation = 0;
  std::uint64_t sequence = 0;  // of the last receipt; 0 if there is none
  TrustState state = TrustState::kUnknown;
  WallTime since;   // of the state
  Verdict verdict;  // the last one
  WallTime judged;  // when it was made
  std::optional<CounterRecord> counters;
  std::shared_ptr<const BootProof> proof;       // null if there is none
  std::shared_ptr<const RuntimeProof> runtime;  // null unless PCR 10 is quoted
  std::shared_ptr<const Latches> latches;       // null: nothing holds the state
  FactsRecord facts;
  Digest evidence;  // SHA-256 of the last judged evidence item
  Bytes receipt;    // its receipt, byte for byte, for whoever asks again
  // The nonce that the receipt carried, if it did: when it was issued, until when it is good.
  std::optional<WallTime> nonce_issued;
  WallTime nonce_deadline;
  std::uint64_t host_changes = 0;  // changes of this host so far
  // Which of them (by host_sequence) took the trust that it has not got back; 0: none, or unknown.
  std::uint64_t trust_lost = 0;
};

}  // namespace quotemill
