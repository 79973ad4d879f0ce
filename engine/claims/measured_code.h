// Which events of a PCR may stand for code that ran, whatever they are labelled as.
#pragma once

#include "engine/eventlog/proof/proven_log.h"

namespace quotemill {

// Whether the event's digest may be an image's. It is not where the data has the digest, unless the
// data is an image itself: whoever writes the log knows what its Authenticode hash is of, and can
// show that as another event's data. REQUIRES: the event is one of the log's
bool may_be_code(const ProvenLog& log, const BootEvent& event);

}  // namespace quotemill
