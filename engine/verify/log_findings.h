// What a boot log's reading has to say of itself, as findings, whoever reads it: the live path and
// the offline verifier judge a log alike. Pure; any thread.
#pragma once

#include "engine/eventlog/boot_log.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// The log's remarks, banks that cannot be replayed (info), and the break if there is one (severity
// fail, with the number of the event that could not be read).
Findings log_findings(const BootLogReading& reading);

// A PCR whose quoted value is not what the log gives: log.mismatch. The log may have told too
// little in a way that is known (is_capped()): then the finding says so, and fails all the same.
Finding mismatch_finding(std::uint32_t pcr, const Digest& replayed, const Digest& quoted);

}  // namespace quotemill
