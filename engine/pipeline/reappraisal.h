// Reappraisal: what the last evidence of a host would come to under other policies, or other
// baselines, with nobody asked and nothing changed.
//
// It goes the way of new evidence, signature included: what the store holds is not believed either.
#pragma once

#include <cstdint>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/judge.h"

namespace quotemill {

// Borrowed for the call.
struct ReappraisalContext {
  const PolicySet& policies;
  const CurveKey& server_key;
  KeyCache& keys;
  const History& history;
  ExtendMemo& extends;  // of the calling thread
};

enum class ReappraisalKind : std::uint8_t {
  kVerdict,
  kNoEvidence,   // none is stored, or none of the identity that the host has now
  kOldEvidence,  // the policy asks for more than is stored of the host: attestation will tell
  kError,        // could not be judged
};

struct Reappraisal {
  ReappraisalKind kind = ReappraisalKind::kError;
  Verdict verdict;  // kVerdict, kOldEvidence
  Error error;      // kError
};

// Any thread. Never throws.
Reappraisal reappraise(const Host& host, const ReappraisalContext& context) noexcept;

}  // namespace quotemill
