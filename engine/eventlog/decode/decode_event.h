// DecodedEvent: a boot event in words, for people and reports.
//
// Lazy: nothing here is called while evidence is judged, unless a finding or a claim needs it.
// Never reads outside the event's data; linear time; no recursion; every count is bounded by
// limits.h.
#pragma once

#include <string>
#include <string_view>

#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/decode/field.h"

namespace quotemill {

struct DecodedEvent {
  std::string_view kind;  // "efi_variable", "image_load", "partition_table", "text", "binary", ...
  std::string summary;    // one line, printable ASCII; may be empty
  Fields fields;
  std::string problem;  // set if the data is not what the event's type says
};

DecodedEvent decode_event(const BootEvent& event);

}  // namespace quotemill
