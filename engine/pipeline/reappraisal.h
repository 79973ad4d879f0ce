// Reappraisal: what the last evidence of a host would come to under other policies, or other
// baselines, with nobody asked and nothing changed.
//
// It goes the way of new evidence, signature included: what the store holds is not believed either.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/judge.h"

namespace quotemill {

// Borrowed for the call.
struct ReappraisalContext {
  const PolicySet& policies;
  const CurveKey& server_key;
  KeyCache& keys;
  const History& history;
  ExtendMemo& extends;               // of the calling thread
  SoftwareMemo* software = nullptr;  // of nobody else meanwhile; null: nothing is remembered
};

enum class ReappraisalKind : std::uint8_t {
  kVerdict,
  kNoEvidence,   // none is stored, or none of the identity that the host has now
  kOldEvidence,  // the policy asks for more than is stored of the host: attestation will tell
  kSilent,       // it is stale: no policy makes a host speak
  kOvertaken,    // it attested meanwhile
  kError,        // could not be judged
};

struct Reappraisal {
  ReappraisalKind kind = ReappraisalKind::kError;
  Verdict verdict;  // kVerdict, kOldEvidence
  Error error;      // kError
  // What the host's proof becomes under the verdict's snapshot; null if it stays as it is.
  std::shared_ptr<const BootProof> proof = nullptr;
};

enum class StoredLog : std::uint8_t {
  kWith,     // what the evidence was judged with
  kWithout,  // that of the host's proof is enough
};

// The last evidence of the host's present identity, as it came; nullopt if there is none.
Result<std::optional<Submission>> stored_submission(const Host& host, const History& history,
                                                    StoredLog log);

// Any thread. Never throws.
Reappraisal reappraise(const Host& host, const ReappraisalContext& context) noexcept;

}  // namespace quotemill
