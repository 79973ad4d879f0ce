// EV_NO_ACTION (PFP 1.06, 10.4.5): what a log says of itself. Nothing of it is measured.
#pragma once

#include "engine/base/bytes.h"
#include "engine/eventlog/decode/field.h"

namespace quotemill {

// By its 16-byte signature: the header's banks and vendor, the startup locality, what an H-CRTM
// measured, whose firmware it is and where its reference manifest is (SP800-155 Event to Event3);
// only the signature if it is none that we know. Of data that is cut off what could be read.
Fields describe_no_action(ByteView data);

}  // namespace quotemill
