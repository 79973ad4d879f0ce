// appraise: verified evidence x snapshot -> findings. Pure; any thread.
#pragma once

#include "engine/appraise/claims.h"
#include "engine/base/time.h"
#include "engine/evidence/challenge.h"
#include "engine/identity/host_record.h"
#include "engine/policy/snapshot.h"
#include "engine/verdict/host_state.h"
#include "engine/verify/verified_evidence.h"

namespace quotemill {

class ProofMemo;
class SoftwareMemo;

// What boots that were judged before have in common with this one: of the calling thread, borrowed.
// Null: nothing is remembered. They change how long it takes, and nothing else.
struct BootMemos {
  SoftwareMemo* software = nullptr;  // of ESXi hosts
  ProofMemo* proofs = nullptr;
};

// What the boot is worth under the snapshot: the log's own findings, and each compared PCR against
// the baselines. Depends on nothing but the quoted values, the log and the snapshot, so that the
// findings stand as long as those do.
Findings appraise_boot(const VerifiedBoot& boot, const Snapshot& snapshot,
                       const BootMemos& memos = {});

// The findings for a host that has no boot log at all.
Findings appraise_absent_log(const Snapshot& snapshot);

// What this quote is worth beside its PCRs: the TPM's clock, counters and firmware against the last
// ones, the identity, weak algorithms. Made anew for every quote.
struct QuoteContext {
  const HostRecord& record;
  const HostState& previous;
  const Challenge& challenge;
  BootTime received;
  BootTime waiting_since;  // the earliest that it can have come; not after `received`
};

struct QuoteAppraisal {
  Findings findings;
  // Its clock lags by when it was received, but perhaps not by when it came: held back by whom,
  // nobody can tell. No finding, and no ground for trust either: what else would be good must be
  // asked for again.
  bool may_have_waited = false;
};

QuoteAppraisal appraise_quote(const VerifiedQuote& quote, const QuoteContext& context,
                              const Snapshot& snapshot);

}  // namespace quotemill
