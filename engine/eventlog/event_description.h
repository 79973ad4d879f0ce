// What an event is about, in a few words for people: a boot application's path, a variable's name,
// an action's text. The same words wherever an event is named: findings, verdicts, baselines, the
// offline verifier. A hint: how far it is proven, engine/eventlog/proof says.
#pragma once

#include <string>

#include "engine/eventlog/boot_log.h"

namespace quotemill {

// At most 120 printable ASCII characters; empty if the data says nothing readable. Cheap: nothing
// of a variable's value is decoded for its name.
std::string describe(const BootEvent& event);

}  // namespace quotemill
