// Baseline: a named, versioned set of reference values. Here: the boot of a golden host, event by
// event, as it was captured. Immutable; hosts are compared with it per PCR (engine/appraise).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/time.h"
#include "engine/eventlog/boot_log.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

// One measured event of the golden boot, with its digest in every bank of the log.
struct ReferenceEvent {
  std::uint32_t number = 0;  // in the golden log
  std::uint32_t pcr = 0;
  std::uint32_t type = 0;
  std::vector<Digest> digests;
  std::string description;  // what it is, in words; already escaped
};

struct Baseline {
  std::string name;           // as host names: [a-z0-9._-]{1,64}
  std::uint32_t version = 1;  // + 1 with each capture under the same name
  WallTime captured;
  HostUid source;  // the golden host
  std::string source_name;
  std::vector<ReferenceEvent> events;  // in the log's order
};

// The measured events of a log as references. Whoever calls this has proven the log by a quote.
std::vector<ReferenceEvent> reference_events(const BootLog& log);

// SHA-256 over everything in it: what snapshot ids are made of.
Digest content_id(const Baseline& baseline);

}  // namespace quotemill
