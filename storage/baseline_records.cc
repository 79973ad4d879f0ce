// Baselines: of version 1 as they are captured, of version 2 what is imported or retired.
#include <algorithm>

#include "storage/record_fields.h"
#include "storage/records.h"

namespace quotemill::storage {
namespace {

void write(const ReferenceEvent& from, pb::ReferenceEvent& to) {
  to.set_number(from.number);
  to.set_pcr(from.pcr);
  to.set_type(from.type);
  for (const Digest& digest : from.digests) {
    storage::write(digest, *to.add_digests());
  }
  to.set_description(from.description);
}

void write(const ReferenceValue& from, pb::ReferenceValue& to) {
  storage::write(from.digest, *to.mutable_digest());
  to.set_kind(static_cast<std::uint32_t>(from.kind));
  if (from.pcr) {
    to.set_pcr(*from.pcr);
  }
  to.set_name(from.name);
  to.set_version(from.version);
  to.set_vendor(from.vendor);
  to.set_source(from.source);
  to.set_valid_from_ms(from.valid_from.ms);
  to.set_valid_until_ms(from.valid_until.ms);
}

void write(const ImportedFile& from, pb::ImportedFile& to) {
  storage::write(from.id, *to.mutable_id());
  to.set_size(from.size);
  to.set_format(from.format);
  to.set_name(from.name);
  to.set_by(from.by);
  to.set_values(from.values);
}

ReferenceEvent read(const pb::ReferenceEvent& from, FieldReader& in) {
  ReferenceEvent out{from.number(), from.pcr(), from.type(), {}, from.description()};
  for (const pb::Digest& digest : from.digests()) {
    out.digests.push_back(in.digest(digest));
  }
  return out;
}

ReferenceValue read(const pb::ReferenceValue& from, FieldReader& in) {
  ReferenceValue out;
  out.digest = in.digest(from.digest());
  out.kind = in.enumerator("reference kind", from.kind(), ReferenceKind::kFile);
  if (from.has_pcr()) {
    out.pcr = from.pcr();
  }
  out.name = from.name();
  out.version = from.version();
  out.vendor = from.vendor();
  out.source = from.source();
  out.valid_from.ms = from.valid_from_ms();
  out.valid_until.ms = from.valid_until_ms();
  return out;
}

ImportedFile read(const pb::ImportedFile& from, FieldReader& in) {
  return {in.digest(from.id()), from.size(), from.format(), from.name(), from.by(), from.values()};
}

}  // namespace

std::string encode_baseline(const Baseline& baseline) {
  pb::Baseline out;
  out.set_name(baseline.name);
  out.set_version(baseline.version);
  out.set_captured_ms(baseline.captured.ms);
  out.set_source(to_text(baseline.source.view()));
  out.set_source_name(baseline.source_name);
  for (const ReferenceEvent& event : baseline.events) {
    write(event, *out.add_events());
  }
  if (baseline.file) {
    write(*baseline.file, *out.mutable_file());
  }
  for (const ReferenceValue& value : baseline.values) {
    write(value, *out.add_values());
  }
  out.set_retired_ms(baseline.retired.ms);
  out.set_retired_by(baseline.retired_by);
  const bool is_as_captured = !baseline.is_imported() && !baseline.is_retired();
  return seal_record(out, is_as_captured ? kRecordVersion : kBaselineRecordVersion);
}

Result<Baseline> decode_baseline(std::string_view value) {
  const bool is_newer =
      !value.empty() && static_cast<std::uint8_t>(value.front()) != kRecordVersion;
  const Result<pb::Baseline> from = open_record<pb::Baseline>(
      "baseline record", value, is_newer ? kBaselineRecordVersion : kRecordVersion);
  if (!from) {
    return from.error();
  }
  FieldReader in("baseline record");
  Baseline out;
  out.name = from->name();
  out.version = from->version();
  out.captured.ms = from->captured_ms();
  out.source.bytes = in.array<16>(from->source());
  out.source_name = from->source_name();
  out.events.reserve(static_cast<std::size_t>(from->events_size()));
  for (const pb::ReferenceEvent& event : from->events()) {
    out.events.push_back(read(event, in));
  }
  if (from->has_file()) {
    out.file = read(from->file(), in);
  }
  out.values.reserve(static_cast<std::size_t>(from->values_size()));
  for (const pb::ReferenceValue& reference : from->values()) {
    out.values.push_back(read(reference, in));
  }
  if (!std::is_sorted(out.values.begin(), out.values.end(), in_value_order)) {
    in.damaged("its values are out of order");
  }
  out.retired.ms = from->retired_ms();
  out.retired_by = from->retired_by();
  return in.finish(std::move(out));
}

}  // namespace quotemill::storage
