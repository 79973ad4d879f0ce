// Whether an event of the boot log can have loaded anything, by what is measured of it.
#pragma once

#include "engine/eventlog/boot_log.h"

namespace quotemill {

// False unless the event's data alone shows that nothing was loaded. The type of an event is not
// measured, so nothing is passed over for its type: it must be a separator (TCG PC Client 3.3.4.9;
// not that of an error) or, in the firmware's PCRs, the short text of an action ("Calling EFI
// Application from Boot Option"), and its data must have the digest. Behind the firmware a text is
// what was loaded.
bool loads_nothing(const BootEvent& event, HashAlgorithm bank);

}  // namespace quotemill
