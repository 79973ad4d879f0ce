// What the events of a boot log have to say of themselves, as findings: data that was not measured,
// types that nothing proves, excused deviations, separators. Pure; any thread.
#pragma once

#include "engine/eventlog/proof/proven_log.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// By the digests of log.bank(); the other banks are compared with it. In the log's order, what is
// about separators behind. Windows' own events (PCR 11 and above) need no separators.
Findings event_findings(const ProvenLog& log);

}  // namespace quotemill
