// OCSF 1.8.0 as far as our events go: class 5019 (Device Config State Change), class 2004
// (Detection Finding) and the base event, with the objects that are in them.
//
// The tables are written by hand, not compiled from the schema: events/base_event,
// events/discovery/device_config_state_change, events/findings/finding and detection_finding and
// objects/ of the same names (github.com/ocsf/ocsf-schema, read at commits of several versions),
// and hold the attributes that our events have, all of which exist since 1.5.0.
#pragma once

#include <string>
#include <vector>

#include "transport/render/json.h"

namespace quotemill::testing {

// What a validator would say of the event: attributes that are unknown, required and missing, of
// another type, numbers that are none of the enumeration's, captions that are another number's.
// Empty: it conforms.
std::vector<std::string> ocsf_problems(const transport::Json& event);

}  // namespace quotemill::testing
