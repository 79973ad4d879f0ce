#include "engine/policy/baseline.h"

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/event_description.h"

namespace quotemill {

std::vector<ReferenceEvent> reference_events(const BootLog& log) {
  std::vector<ReferenceEvent> events;
  for (const BootEvent& event : log.events) {
    if (!event.is_measured()) {
      continue;
    }
    ReferenceEvent reference;
    reference.number = event.number;
    reference.pcr = event.pcr;
    reference.type = event.type;
    for (const HashAlgorithm bank : log.banks) {
      if (const auto digest = Digest::from(bank, event.digest(bank))) {
        reference.digests.push_back(*digest);
      }
    }
    reference.description = describe(event);
    events.push_back(std::move(reference));
  }
  return events;
}

Digest content_id(const Baseline& baseline) {
  ByteWriter out;
  out.sized16_le(as_bytes(baseline.name)).u32_le(baseline.version);
  for (const ReferenceEvent& event : baseline.events) {
    out.u32_le(event.number).u32_le(event.pcr).u32_le(event.type);
    out.u32_le(static_cast<std::uint32_t>(event.digests.size()));
    for (const Digest& digest : event.digests) {
      out.u16_le(static_cast<std::uint16_t>(digest.algorithm())).bytes(digest.view());
    }
  }
  return hash(HashAlgorithm::kSha256, out.view());
}

}  // namespace quotemill
