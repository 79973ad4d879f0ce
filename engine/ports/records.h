// The records that cross the ports to storage beside those of identity, verdict and policy.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/evidence/challenge.h"
#include "engine/identity/host_record.h"
#include "engine/policy/baseline.h"
#include "engine/verdict/change.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

// One appraisal as it is kept: the verdict, and the evidence that it rests on.
struct HistoryEntry {
  HostUid host;
  std::uint64_t sequence = 0;  // the receipt's number
  std::uint32_t generation = 0;
  WallTime time;  // store time: never goes back within a store
  Verdict verdict;
  Bytes evidence_item;  // header, quote, signature, PCR values, as sent
  Nonce nonce{};
  NonceKind nonce_kind = NonceKind::kInteractive;
  Digest boot_log;  // SHA-256 of the log it was judged with, a blob; zeros if none
};

// Something stored once for the whole fleet, found by the SHA-256 of its content.
struct Blob {
  Digest id;
  Bytes content;
};

// A one-time enrolment token. Only its hash is kept.
struct TokenRecord {
  Digest id;                    // SHA-256 of the token's text
  std::uint32_t uses_left = 1;  // 0: spent, kept until it expires
  WallTime created;
  WallTime expires;
};

// What one durable write holds. All of it becomes durable, or nothing.
struct CommitBatch {
  std::vector<std::shared_ptr<const HostRecord>> hosts;
  std::vector<std::shared_ptr<const HostState>> states;
  std::vector<HistoryEntry> history;
  std::vector<Blob> blobs;  // already stored ones are left as they are
  std::vector<std::shared_ptr<const Baseline>> baselines;
  std::vector<TokenRecord> tokens;
  std::vector<HostUid> hosts_removed;  // pending hosts that expired: record and state go
  std::vector<Change> changes;         // their sequences are contiguous with the stored ones

  [[nodiscard]] bool empty() const {
    return hosts.empty() && states.empty() && history.empty() && blobs.empty() &&
           baselines.empty() && tokens.empty() && hosts_removed.empty() && changes.empty();
  }
};

}  // namespace quotemill
