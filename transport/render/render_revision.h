// A verdict that became another one without new evidence, as JSON.
#pragma once

#include "engine/ports/records.h"
#include "transport/render/json.h"

namespace quotemill::transport {

// seq (of the appraisal whose evidence it is about), generation, time, cause ("reappraised",
// "acknowledged", "identity"), state, findings[], findings_dropped, snapshot.
Json render_revision(const VerdictRevision& revision);

}  // namespace quotemill::transport
