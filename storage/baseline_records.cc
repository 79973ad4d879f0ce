// Baselines: of version 1 as they are captured, of version 2 what is imported or retired, of
// version 3 images of ESXi.
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

void write(const Vib& from, pb::EsxiVib& to) {
  to.set_name(from.name);
  to.set_version(from.version);
  to.set_vendor(from.vendor);
  to.set_acceptance(static_cast<std::uint32_t>(from.acceptance));
  for (const VibPayload& payload : from.payloads) {
    pb::EsxiPayload& out = *to.add_payloads();
    out.set_name(payload.name);
    out.set_boot_file(payload.boot_file);
    storage::write(payload.digest, *out.mutable_digest());
  }
}

void write(const BaseImage& from, pb::EsxiImage& to) {
  to.set_name(from.name);
  to.set_vendor(from.vendor);
  if (from.database) {
    storage::write(*from.database, *to.mutable_database());
  }
  for (const Vib& vib : from.vibs) {
    write(vib, *to.add_vibs());
  }
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

Vib read(const pb::EsxiVib& from, FieldReader& in) {
  Vib out{from.name(), from.version(), from.vendor(), {}, {}};
  out.acceptance =
      in.enumerator("acceptance level", from.acceptance(), AcceptanceLevel::kCertified);
  for (const pb::EsxiPayload& payload : from.payloads()) {
    out.payloads.push_back({payload.name(), payload.boot_file(), in.digest(payload.digest())});
  }
  return out;
}

std::shared_ptr<const BaseImage> read(const pb::EsxiImage& from, FieldReader& in) {
  BaseImage out;
  out.name = from.name();
  out.vendor = from.vendor();
  if (from.has_database()) {
    out.database = in.digest(from.database());
  }
  for (const pb::EsxiVib& vib : from.vibs()) {
    out.vibs.push_back(read(vib, in));
  }
  derive_from_vibs(out);
  return std::make_shared<const BaseImage>(std::move(out));
}

std::uint8_t version_of(const Baseline& baseline) {
  if (baseline.is_image()) {
    return kImageRecordVersion;
  }
  const bool is_as_captured = !baseline.is_imported() && !baseline.is_retired();
  return is_as_captured ? kRecordVersion : kBaselineRecordVersion;
}

std::uint8_t version_of(std::string_view value) {
  const auto version = value.empty() ? kRecordVersion : static_cast<std::uint8_t>(value.front());
  return std::min(version, kImageRecordVersion);
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
  if (baseline.image) {
    write(*baseline.image, *out.mutable_image());
    out.set_approved_ms(baseline.approved.ms);
    out.set_approved_by(baseline.approved_by);
  }
  return seal_record(out, version_of(baseline));
}

Result<Baseline> decode_baseline(std::string_view value) {
  const Result<pb::Baseline> from =
      open_record<pb::Baseline>("baseline record", value, version_of(value));
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
  if (from->has_image()) {
    out.image = read(from->image(), in);
    out.approved.ms = from->approved_ms();
    out.approved_by = from->approved_by();
  }
  return in.finish(std::move(out));
}

}  // namespace quotemill::storage
