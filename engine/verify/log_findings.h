// What a boot log's reading has to say of itself, as findings, whoever reads it: the live path and
// the offline verifier judge a log alike. Pure; any thread.
#pragma once

#include "engine/eventlog/boot_log.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// The log's remarks, banks that cannot be replayed (info), and the break if there is one (severity
// fail, with the number of the event that could not be read).
Findings log_findings(const BootLogReading& reading);

}  // namespace quotemill
