#include "engine/baseline/baseline.h"

#include <algorithm>

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

namespace {

// What the boot loader measures a payload as, by the name under which the image boots it.
void add_values(const BaseImage& image, std::vector<ReferenceValue>& out) {
  for (const Vib& vib : image.vibs) {
    for (const VibPayload& payload : vib.payloads) {
      const bool is_booted = !payload.boot_file.empty();
      out.push_back({payload.digest,
                     ReferenceKind::kFile,
                     {},
                     is_booted ? payload.boot_file : vib.name + "/" + payload.name,
                     vib.version,
                     vib.vendor,
                     vib.name});
    }
  }
}

}  // namespace

std::vector<ReferenceValue> values_of(const Baseline& baseline) {
  std::vector<ReferenceValue> values = baseline.values;
  for (const ReferenceEvent& event : baseline.events) {
    for (const Digest& digest : event.digests) {
      ReferenceValue value{digest, ReferenceKind::kEvent, event.pcr, event.description, {}, {}, {}};
      values.push_back(std::move(value));
    }
  }
  if (baseline.image) {
    add_values(*baseline.image, values);
  }
  std::sort(values.begin(), values.end(), in_value_order);
  return values;
}

namespace {

// Time takes some of a file's values away (validity.h): those that it can take are hashed one by
// one.
void add_bounded(const std::vector<ReferenceValue>& values, ByteWriter& out) {
  for (const ReferenceValue& value : values) {
    if (value.valid_from.ms != 0 || value.valid_until.ms != 0) {
      out.u16_le(static_cast<std::uint16_t>(value.digest.algorithm())).bytes(value.digest.view());
      out.u8(static_cast<std::uint8_t>(value.kind)).u32_le(value.pcr.value_or(UINT32_MAX));
      out.sized16_le(as_bytes(value.name));
      out.u64_le(static_cast<std::uint64_t>(value.valid_from.ms))
          .u64_le(static_cast<std::uint64_t>(value.valid_until.ms));
    }
  }
}

}  // namespace

Digest content_id(const Baseline& baseline) {
  ByteWriter out;
  out.sized16_le(as_bytes(baseline.name)).u32_le(baseline.version);
  if (baseline.file) {
    // The file gave the values: hashing half a million of them at each change would tell no more.
    out.bytes(baseline.file->id.view()).sized16_le(as_bytes(baseline.file->format));
    out.u64_le(baseline.file->values);
    add_bounded(baseline.values, out);
  }
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
