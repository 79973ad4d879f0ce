#include "engine/eventlog/decode/decode_event.h"

#include <algorithm>
#include <array>

#include "engine/base/limits.h"
#include "engine/eventlog/decode/authority.h"
#include "engine/eventlog/decode/device_path.h"
#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/decode/firmware_blob.h"
#include "engine/eventlog/decode/image_load.h"
#include "engine/eventlog/decode/loader_text.h"
#include "engine/eventlog/decode/no_action.h"
#include "engine/eventlog/decode/partition_table.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/decode/tagged_event.h"
#include "engine/eventlog/decode/text.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::size_t kHexShownMax = 64;

// Texts, with and without their NULs, in ASCII or UTF-16; else bytes.
DecodedEvent decode_plain(const BootEvent& event) {
  if (is_utf16_text(event.data)) {
    const std::string text = text_of_utf16(event.data);
    return {"text", text, {{"text", text}}, {}};
  }
  if (is_ascii_text(event.data)) {
    const std::string text = text_of_ascii(event.data);
    return {"text", text, {{"text", text}}, {}};
  }
  const ByteView shown = event.data.first(std::min(event.data.size(), kHexShownMax));
  return {"binary",
          {},
          {{"size", std::uint64_t{event.data.size()}}, {"hex", to_hex(without_secrets(shown))}},
          {}};
}

// EV_NONHOST_*: of a manageability engine or a hypervisor. The specification leaves the form to
// vendors, who begin it with 16 characters that name it (Intel's CSxE, Google's virtual machines).
DecodedEvent decode_non_host(const BootEvent& event) {
  constexpr std::size_t kSignatureSize = 16;
  if (event.data.size() <= kSignatureSize || is_ascii_text(event.data) ||
      !is_ascii_text(event.data.first(kSignatureSize))) {
    return decode_plain(event);
  }
  const std::string signature = text_of_ascii(event.data.first(kSignatureSize));
  const ByteView rest = event.data.subspan(kSignatureSize);
  Fields fields = {{"signature", signature}};
  if (signature == "GCE NonHostInfo") {
    // Enumeration GCEConfidentialTechnology of go-tpm-tools, proto/attest.proto.
    constexpr std::array<std::string_view, 5> kTechnologies = {"none", "AMD SEV", "AMD SEV-ES",
                                                               "Intel TDX", "AMD SEV-SNP"};
    const bool is_known = rest[0] < kTechnologies.size();
    fields.push_back({"confidential_technology",
                      is_known ? std::string(kTechnologies.at(rest[0])) : hex_number(rest[0])});
  }
  fields.push_back({"size", std::uint64_t{rest.size()}});
  fields.push_back({"hex", to_hex(rest.first(std::min(rest.size(), kHexShownMax)))});
  return {"non_host", signature, std::move(fields), {}};
}

// What could not be decoded as its type says: as bytes, with the reason.
DecodedEvent undecoded(const BootEvent& event, const Error& error) {
  DecodedEvent decoded = decode_plain(event);
  decoded.problem = error.to_string();
  return decoded;
}

// Firmware writes texts into events whose type promises a structure ("ACPI DATA"): those are shown,
// and are no problem, where the data is a hint anyway.
DecodedEvent text_or(const BootEvent& event, const Error& error) {
  return is_ascii_text(event.data) || event.data.empty() ? decode_plain(event)
                                                         : undecoded(event, error);
}

DecodedEvent decode_variable(const BootEvent& event) {
  const Result<EfiVariable> variable = decode_efi_variable(event.data);
  if (!variable) {
    return undecoded(event, variable.error());
  }
  const VariableRole role = event.type == event_type::kEfiVariableAuthority
                                ? VariableRole::kAuthority
                                : VariableRole::kValue;
  return {"efi_variable", variable->name, describe_variable(*variable, role), {}};
}

DecodedEvent decode_image(const BootEvent& event) {
  const Result<ImageLoad> image = decode_image_load(event.data);
  if (!image) {
    return text_or(event, image.error());
  }
  std::string summary = device_path_file(image->path);
  if (summary.empty()) {
    summary = device_path_text(image->path);
  }
  return {"image_load", std::move(summary), describe_image_load(*image), {}};
}

DecodedEvent decode_gpt(const BootEvent& event) {
  const Result<PartitionTable> table = decode_partition_table(event.data);
  if (!table) {
    return undecoded(event, table.error());
  }
  return {"partition_table",
          "disk " + table->disk.to_string() + ", " + std::to_string(table->partitions.size()) +
              " partitions",
          describe_partition_table(*table),
          {}};
}

DecodedEvent decode_blob(const BootEvent& event) {
  const Result<FirmwareBlob> blob = event.type == event_type::kEfiPlatformFirmwareBlob2
                                        ? decode_firmware_blob2(event.data)
                                        : decode_firmware_blob(event.data);
  if (!blob) {
    return text_or(event, blob.error());
  }
  const std::string place = std::to_string(blob->length) + " bytes at " + hex_number(blob->base);
  return {"firmware_blob",
          blob->description.empty() ? place : blob->description + ", " + place,
          describe_firmware_blob(*blob),
          {}};
}

DecodedEvent decode_handoff(const BootEvent& event) {
  const Result<HandoffTables> handoff = event.type == event_type::kEfiHandoffTables2
                                            ? decode_handoff_tables2(event.data)
                                            : decode_handoff_tables(event.data);
  if (!handoff) {
    return text_or(event, handoff.error());
  }
  std::string summary = handoff->description;
  for (const HandoffTable& table : handoff->tables) {
    summary += (summary.empty() ? "" : ", ") + text_of(table.id);
  }
  return {"handoff_tables", std::move(summary), describe_handoff_tables(*handoff), {}};
}

DecodedEvent decode_tagged(const BootEvent& event) {
  const Result<std::vector<TaggedEvent>> tagged = decode_tagged_events(event.data);
  if (!tagged) {
    return text_or(event, tagged.error());
  }
  std::string summary;
  for (const TaggedEvent& each : *tagged) {
    const std::string_view name = tagged_event_name(each.id);
    if (each.depth == 0) {
      summary += (summary.empty() ? "" : ", ") +
                 (name.empty() ? "tag " + hex_number(each.id) : std::string(name));
    }
  }
  // A tag without a name says something by its text only: VMware's name files so.
  if (tagged->size() == 1 && tagged_event_name(tagged->front().id).empty() &&
      is_ascii_text(tagged->front().data)) {
    summary += ": " + text_of_ascii(tagged->front().data);
  }
  return {"tagged_events", std::move(summary), describe_tagged_events(*tagged), {}};
}

DecodedEvent decode_ipl(const BootEvent& event) {
  const LoaderText text = decode_loader_text(event);
  if (text.kind == LoaderTextKind::kBinary) {
    return decode_plain(event);
  }
  // With its prefix: those are the words that GRUB's users know.
  const bool is_named = text.kind == LoaderTextKind::kShimList || is_utf16_text(event.data);
  std::string summary = is_named ? text.text : text_of_ascii(event.data);
  return {"loader_text", std::move(summary), describe_loader_text(text), {}};
}

DecodedEvent decode_separator(const BootEvent& event) {
  constexpr std::uint32_t kError = 1;
  if (event.data.size() != 4 || is_ascii_text(event.data)) {
    return decode_plain(event);
  }
  const std::uint32_t value = ByteReader(event.data).u32_le();
  const bool normal = value == 0 || value == 0xFFFFFFFF;
  return {"separator",
          normal ? "end of the firmware's part" : "error " + hex_number(value),
          {{"value", hex_number(value)}, {"error", value == kError}},
          {}};
}

// A blob of 16 bytes, or a text (PFP 1.06, table 27).
DecodedEvent decode_post_code(const BootEvent& event) {
  return is_ascii_text(event.data) || event.data.size() != 16 ? decode_plain(event)
                                                              : decode_blob(event);
}

// A version in UTF-16 or ASCII, or a GUID.
DecodedEvent decode_crtm_version(const BootEvent& event) {
  if (event.data.size() == 16 && !is_ascii_text(event.data) && !is_utf16_text(event.data)) {
    ByteReader in(event.data);
    const std::string guid = text_of(read_guid(in));
    return {"guid", guid, {{"guid", guid}}, {}};
  }
  if (event.data.size() == 2 && event.data[0] == 0 && event.data[1] == 0) {
    return {"text", {}, {{"text", std::string()}}, {}};
  }
  return decode_plain(event);
}

DecodedEvent decode_no_action(const BootEvent& event) {
  Fields fields = describe_no_action(event.data);
  const auto* const name = fields.empty() ? nullptr : std::get_if<std::string>(&fields[0].value);
  return {"no_action", name == nullptr ? std::string() : *name, std::move(fields), {}};
}

}  // namespace

DecodedEvent decode_event(const BootEvent& event) {
  switch (event.type) {
    case event_type::kNoAction:
      return decode_no_action(event);
    case event_type::kEfiVariableDriverConfig:
    case event_type::kEfiVariableBoot:
    case event_type::kEfiVariableBoot2:
    case event_type::kEfiVariableAuthority:
    case event_type::kEfiSpdmDevicePolicy:
    case event_type::kEfiSpdmDeviceAuthority:
      return decode_variable(event);
    case event_type::kEfiBootServicesApplication:
    case event_type::kEfiBootServicesDriver:
    case event_type::kEfiRuntimeServicesDriver:
      return decode_image(event);
    case event_type::kEfiGptEvent:
    case event_type::kEfiGptEvent2:
      return decode_gpt(event);
    case event_type::kEfiPlatformFirmwareBlob:
    case event_type::kEfiPlatformFirmwareBlob2:
      return decode_blob(event);
    case event_type::kEfiHandoffTables:
    case event_type::kEfiHandoffTables2:
    case event_type::kTableOfDevices:
      return decode_handoff(event);
    case event_type::kEventTag:
      return decode_tagged(event);
    case event_type::kIpl:
      return decode_ipl(event);
    case event_type::kSeparator:
      return decode_separator(event);
    case event_type::kPostCode:
    case event_type::kPostCode2:
    case event_type::kSCrtmContents:
      return decode_post_code(event);
    case event_type::kNonhostCode:
    case event_type::kNonhostConfig:
    case event_type::kNonhostInfo:
      return decode_non_host(event);
    case event_type::kSCrtmVersion:
      return decode_crtm_version(event);
    default:
      return decode_plain(event);
  }
}

}  // namespace quotemill
