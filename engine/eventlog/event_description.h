// What an event is about, in a few words for people: a boot application's path, a variable's name,
// an action's text. A hint, never proof: nothing here is measured by its meaning.
#pragma once

#include <string>

#include "engine/eventlog/boot_log.h"

namespace quotemill {

// At most 120 printable ASCII characters; empty if the data says nothing readable.
std::string describe(const BootEvent& event);

}  // namespace quotemill
