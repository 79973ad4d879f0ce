// EV_NO_ACTION (PFP 1.06, 10.4.5): what a log says of itself. Nothing of it is measured.
#pragma once

#include "engine/base/bytes.h"
#include "engine/eventlog/decode/field.h"

namespace quotemill {

// By its 16-byte signature: the header's banks, the startup locality, where the reference manifest
// is; only the signature if it is none that we know.
Fields describe_no_action(ByteView data);

}  // namespace quotemill
