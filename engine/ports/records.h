// The records that cross the ports to storage beside those of identity, verdict and policy.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/baseline/baseline.h"
#include "engine/evidence/challenge.h"
#include "engine/identity/audit_trail.h"
#include "engine/identity/host_record.h"
#include "engine/ports/log_teller.h"
#include "engine/rollout/rollout.h"
#include "engine/verdict/change.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

// What a run of appraisals keeps beside its last one: whatever of the first one is its own, and how
// regularly they came.
struct HistoryRun {
  std::uint64_t first_sequence = 0;
  WallTime first_time;
  WallTime first_fresh_from;
  WallTime first_valid_until;
  Bytes first_evidence_item;
  Nonce first_nonce{};
  NonceKind first_nonce_kind = NonceKind::kInteractive;
  std::uint64_t interactive = 0;    // of its appraisals: those that answered an interactive nonce
  std::int64_t longest_gap_ms = 0;  // between two consecutive ones, in store time
};

// One appraisal as it is kept: the verdict, and the evidence that it rests on. Or a run of them:
// consecutive ones that came to the same (state, findings, snapshot, proof, facts), of which the
// first and the last are kept in full.
struct HistoryEntry {
  HostUid host;
  std::uint64_t sequence = 0;  // the receipt's number
  std::uint32_t generation = 0;
  WallTime time;  // store time: never goes back within a store
  Verdict verdict;
  Bytes evidence_item;  // header, quote, signature, PCR values, as sent
  Nonce nonce{};
  NonceKind nonce_kind = NonceKind::kInteractive;
  Digest boot_log;  // the id of the log it was judged with; zeros if none
  // Of a run of at least two; all of the above is then of the last one.
  std::optional<HistoryRun> run = {};

  [[nodiscard]] std::uint64_t first_sequence() const {
    return run ? run->first_sequence : sequence;
  }

  [[nodiscard]] std::uint64_t count() const { return sequence - first_sequence() + 1; }
};

// Why a verdict was revised. Numbers are stored.
enum class RevisionCause : std::uint8_t {
  kReappraised = 0,   // by other policies or references, or because a validity began or ended
  kAcknowledged = 1,  // an operator let go of what had latched
  kIdentity = 2,      // by who the host is: retired, enrolled anew, back again, its keys doubted
  kFreshness = 3,     // another policy, or another validity of it, moved the end of the verdict
};

inline std::string_view name_of(RevisionCause cause) {
  switch (cause) {
    case RevisionCause::kReappraised:
      return "reappraised";
    case RevisionCause::kAcknowledged:
      return "acknowledged";
    case RevisionCause::kIdentity:
      return "identity";
    case RevisionCause::kFreshness:
      return "freshness";
  }
  return "";
}

// The verdict on a host's last evidence as it became without new evidence.
struct VerdictRevision {
  HostUid host;
  std::uint64_t sequence = 0;  // of the appraisal whose evidence it is about
  std::uint32_t generation = 0;
  WallTime time;  // store time: from then on it is the host's verdict
  RevisionCause cause = RevisionCause::kReappraised;
  Verdict verdict;
};

// A verdict that only says again what the host's state says already (verdict/reaffirmation.h).
struct Reaffirmation {
  std::shared_ptr<const HostState> state;  // after it
  HistoryEntry entry;                      // without a run
};

// A boot log that came with evidence. Its id is the SHA-256 of that evidence: nobody else's,
// because evidence answers a nonce, and known without hashing the log, which takes longer than
// checking the quote's signature.
struct BootLogRecord {
  Digest id;
  Bytes content;  // as kept: without secrets (engine/esxi/log/kept_log.h)
  std::shared_ptr<const LogTelling> telling = nullptr;  // of the content, if somebody made it
};

// A file that a baseline was imported from, as it was given.
struct ReferenceFile {
  Digest id;  // SHA-256 of the content
  std::string content;
};

// A one-time enrolment token. Only its hash is kept.
struct TokenRecord {
  Digest id;                    // SHA-256 of the token's text
  std::uint32_t uses_left = 1;  // 0: spent, kept until it expires
  WallTime created;
  WallTime expires;
};

// A policy as an operator applied it, or that one was withdrawn. The records of all policies are
// one sequence; of each id the last one counts.
struct PolicyRecord {
  std::uint64_t number = 0;  // 1, 2, … without a gap
  std::string id;
  std::int64_t version = 0;
  std::string text;  // TOML, as applied; empty if it was withdrawn
  WallTime applied;
  std::string by;  // the operator

  [[nodiscard]] bool is_withdrawal() const { return text.empty(); }
};

// The certificate that a host's record names.
struct EkCertificate {
  HostUid host;
  Digest sha256;  // of the DER
  Bytes der;
};

// What one durable write holds. All of it becomes durable, or nothing.
struct CommitBatch {
  // Each follows the last appraisal of its host by one sequence; each host at most once. They count
  // as before the rest of the batch.
  std::vector<Reaffirmation> reaffirmed;
  std::vector<std::shared_ptr<const HostRecord>> hosts;
  std::vector<std::shared_ptr<const HostState>> states;
  std::vector<HistoryEntry> history;
  std::vector<VerdictRevision> revisions;  // of hosts whose states are in `states`
  // Of hosts in `hosts`. What is stored of a host stays until the host is removed, whatever its
  // record says.
  std::vector<EkCertificate> ek_certificates;
  // Records of hosts as they were before these became of another generation.
  std::vector<std::shared_ptr<const HostRecord>> former_identities;
  std::vector<BootLogRecord> boot_logs;  // of an id that is stored already: the same log
  std::vector<std::shared_ptr<const Baseline>> baselines;  // one of a stored version replaces it
  std::vector<std::shared_ptr<const ReferenceFile>> reference_files;
  std::vector<std::shared_ptr<const PolicyRecord>> policies;
  std::vector<std::shared_ptr<const Rollout>> rollouts;  // one of a stored number replaces it
  std::vector<TokenRecord> tokens;
  std::vector<AuditRecord> audit;  // their numbers are contiguous with the stored ones
  std::vector<HostUid>
      hosts_removed;  // pending hosts that expired: all that was kept of who they are goes
  std::vector<Change> changes;  // their sequences are contiguous with the stored ones

  [[nodiscard]] bool empty() const {
    return reaffirmed.empty() && hosts.empty() && states.empty() && history.empty() &&
           revisions.empty() && ek_certificates.empty() && former_identities.empty() &&
           boot_logs.empty() && baselines.empty() && reference_files.empty() && policies.empty() &&
           rollouts.empty() && tokens.empty() && audit.empty() && hosts_removed.empty() &&
           changes.empty();
  }
};

}  // namespace quotemill
