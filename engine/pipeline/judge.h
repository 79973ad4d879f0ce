// judge: one submission -> what the engine says of it. The parallel stage, as a pure call: no
// clock, no locks but the caches', no third party of threads.
#pragma once

#include <memory>
#include <optional>

#include "engine/esxi/image/software_memo.h"
#include "engine/eventlog/extend_memo.h"
#include "engine/eventlog/proof/proof_memo.h"
#include "engine/pipeline/counters.h"
#include "engine/pipeline/inbox.h"
#include "engine/pipeline/key_cache.h"
#include "engine/policy/policy_set.h"
#include "engine/ports/history.h"
#include "engine/ports/log_teller.h"
#include "engine/ports/reply_sink.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

enum class JudgementKind : std::uint8_t {
  kVerdict,
  kNeedLog,   // the quote holds, but only logs can explain it
  kError,     // could not be judged; no state changes. kExpired: the host must quote afresh
  kUnproven,  // carried, and not proven by the host's key: of whoever made it; no state changes
};

struct Judgement {
  Submission submission;
  JudgementKind kind = JudgementKind::kError;
  Error error;
  Verdict verdict;
  std::shared_ptr<const Snapshot> snapshot;  // of the policy that is for the host
  Digest evidence;                           // SHA-256 of the item
  // From a verified quote; absent if there was none, or if its counters must not become the new
  // reference because they are what failed.
  std::optional<CounterRecord> counters;
  std::optional<FactsRecord> facts;
  // There if the boot was proven completely by this evidence, or still is by the last proof.
  std::shared_ptr<const BootProof> proof;
  // The id of the log it was judged with: `evidence` if it came with this evidence, else that of
  // the last proof; zeros if there was none.
  Digest boot_log;
  // Of the log that came with this evidence, if it was proven, is like another one and has no
  // secrets: it is kept as it came.
  std::shared_ptr<const LogTelling> telling;
  // There if PCR 10 was quoted and is asked for: how far the runtime list is proven now.
  std::shared_ptr<const RuntimeProof> runtime;
  LogNeed need;  // kNeedLog
};

// What a judgement may look at. Borrowed for the call.
struct JudgeContext {
  const PolicySet& policies;
  std::shared_ptr<const HostState> state;  // a hint: the commit stage checks that it is current
  const CurveKey& server_key;
  KeyCache& keys;
  const History& history;  // for stored logs
  PipelineCounters& counters;
  ExtendMemo& extends;                // of the calling thread
  SoftwareMemo* software = nullptr;   // likewise; null: nothing is remembered
  const Bytes* proven_log = nullptr;  // that of the state's proof, if somebody has read it already
  ProofMemo* proofs = nullptr;        // as `software`
  // The AK of the submission's record, if somebody has looked for it already.
  AttestationKey* key = nullptr;
  Pkcs1Scratch* scratch = nullptr;  // as `software`
  const LogTeller* logs = nullptr;  // null: none is told here
};

// Never throws: whatever goes wrong is a kError.
Judgement judge(Submission submission, const JudgeContext& context) noexcept;

}  // namespace quotemill
