// What the specification says of each event type: what its digest is of, and which PCRs it belongs
// to (PFP 1.06, table 27 and section 3.3.4; the conventions of shim, GRUB, systemd and Windows for
// PCR 8 and above).
#pragma once

#include <cstdint>
#include <optional>

namespace quotemill {

enum class DigestOf : std::uint8_t {
  kData,          // the whole event data, and nothing else is allowed
  kOutside,       // something that is not in the log
  kDataOrOther,   // the data, or what it describes: both are in use, and both are allowed
  kVariableData,  // EV_EFI_VARIABLE_BOOT: VariableData (1.05 and later), or all (before)
  kIplText,       // EV_IPL: GRUB, shim, systemd: what is hashed depends on who logged it
};

struct EventRule {
  DigestOf digest_of = DigestOf::kData;
  std::uint32_t pcrs = 0;       // bit n: may be in PCR n
  std::uint32_t data_pcrs = 0;  // bit n: in PCR n only data is known to be hashed, as by kData
};

// nullopt: the specification has no such type (or reserves it).
std::optional<EventRule> event_rule(std::uint32_t type);

}  // namespace quotemill
