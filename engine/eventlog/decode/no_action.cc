#include "engine/eventlog/decode/no_action.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/base/byte_reader.h"
#include "engine/base/digest.h"
#include "engine/base/limits.h"
#include "engine/eventlog/decode/device_path.h"
#include "engine/eventlog/decode/guid.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

constexpr std::size_t kSignatureSize = 16;
constexpr std::size_t kShownMax = 64;

// TCG_EfiSpecIDEvent behind its signature.
void add_spec_id(ByteReader& in, Fields& fields) {
  fields.push_back({"platform_class", std::uint64_t{in.u32_le()}});  // platformClass
  const std::uint8_t minor = in.u8();                                // specVersionMinor
  const std::uint8_t major = in.u8();                                // specVersionMajor
  const std::uint8_t errata = in.u8();                               // specErrata
  (void)in.u8();                                                     // uintnSize
  fields.push_back({"version", std::to_string(major) + "." + std::to_string(minor) + " errata " +
                                   std::to_string(errata)});
  std::vector<std::string> banks;
  const std::uint32_t count = in.count32_le(limits::kLogAlgorithmsMax);  // numberOfAlgorithms
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const std::uint16_t id = in.u16_le();  // algorithmId
    (void)in.u16_le();                     // digestSize
    const std::optional<HashAlgorithm> bank = hash_algorithm(id);
    banks.push_back(bank ? std::string(name_of(*bank)) : hex_number(id));
  }
  fields.push_back({"banks", std::move(banks)});
  const ByteView vendor_info = in.bytes(in.u8());  // vendorInfoSize, vendorInfo
  if (!vendor_info.empty()) {
    fields.push_back({"vendor_info", to_hex(without_secrets(vendor_info))});
  }
}

// TCG_HCRTMComponentEvent behind its signature: what an H-CRTM measured before the TPM started.
void add_hcrtm_component(ByteReader& in, Fields& fields) {
  constexpr std::uint8_t kDigest = 0;                  // a TPMT_HA, as a TPM writes it
  const ByteView description = in.bytes(in.u8());      // ComponentDescription
  const std::uint8_t format = in.u8();                 // MeasurementFormatType
  const ByteView measurement = in.bytes(in.u16_le());  // ComponentMeasurement
  if (!in.ok()) {
    return;
  }
  fields.push_back({"component", text_of_ascii(description)});
  ByteReader digest(measurement);
  const std::optional<HashAlgorithm> bank =
      format == kDigest ? hash_algorithm(digest.u16_be()) : std::nullopt;  // hashAlg
  if (bank && digest.remaining() == digest_size(*bank)) {
    fields.push_back({"digest", std::string(name_of(*bank)) + ":" + to_hex(digest.rest())});
  } else {
    fields.push_back({"format", hex_number(format)});
    fields.push_back({"size", std::uint64_t{measurement.size()}});
    fields.push_back({"hex", to_hex(without_secrets(
                                 measurement.first(std::min(measurement.size(), kShownMax))))});
  }
}

// A text with its size before it; false if it does not fit.
bool add_text(std::string_view name, ByteReader& in, Fields& fields) {
  const ByteView text = in.bytes(in.u8());
  if (in.ok()) {
    fields.push_back({name, text_of_ascii(text)});
  }
  return in.ok();
}

// Where something can be had: its type, length and the locator itself.
void add_locator(std::string_view name, ByteReader& in, Fields& fields) {
  constexpr std::array<std::string_view, 4> kTypes = {"raw", "uri", "device_path", "variable"};
  const std::uint32_t type = in.u32_le();
  const ByteView locator = in.sized32_le(limits::kEventDataSizeMax);
  if (!in.ok() || locator.empty()) {
    return;
  }
  Fields shown = {{"type", type < kTypes.size() ? std::string(kTypes.at(type)) : hex_number(type)}};
  if (is_ascii_text(locator)) {
    shown.push_back({"text", text_of_ascii(locator)});
  } else if (type == 2) {
    shown.push_back({"text", device_path_text(locator)});
  } else if (type == 3) {
    ByteReader variable(locator);
    shown.push_back({"vendor", text_of(read_guid(variable))});
    shown.push_back({"text", text_of_utf16(variable.rest())});
  } else {
    shown.push_back({"size", std::uint64_t{locator.size()}});
  }
  fields.push_back({name, std::move(shown)});
}

// TCG_Sp800_155_PlatformId_Event, Event2 or Event3 behind its signature. The first form ends with
// the manifest's GUID, the second with the firmware's version.
void add_reference_manifest(ByteReader& in, Fields& fields) {
  fields.push_back({"vendor_id", std::uint64_t{in.u32_le()}});  // PlatformManufacturerId
  fields.push_back({"manifest", read_guid(in).to_string()});    // ReferenceManifestGuid
  for (const char* const name :
       {"platform_manufacturer", "platform_model", "platform_version", "firmware_manufacturer"}) {
    if (in.remaining() == 0 || !add_text(name, in, fields)) {
      return;
    }
  }
  const std::uint32_t firmware_manufacturer = in.u32_le();  // FirmwareManufacturerId
  if (!in.ok()) {
    return;
  }
  fields.push_back({"firmware_manufacturer_id", std::uint64_t{firmware_manufacturer}});
  if (add_text("firmware_version", in, fields) && in.remaining() > 0) {
    add_locator("rim", in, fields);                   // RimLocatorType, RimLocator
    add_locator("platform_certificate", in, fields);  // PlatformCertLocatorType, ...
  }
}

}  // namespace

Fields describe_no_action(ByteView data) {
  ByteReader in(data);
  const ByteView signature = in.bytes(std::min(kSignatureSize, data.size()));
  const std::string name = text_of_ascii(signature);
  Fields fields = {{"signature", name}};
  if (name == "Spec ID Event03") {
    add_spec_id(in, fields);
  } else if (name == "StartupLocality") {
    fields.push_back({"locality", std::uint64_t{in.u8()}});
  } else if (name == "H-CRTM CompMeas") {
    add_hcrtm_component(in, fields);
  } else if (name.rfind("SP800-155 Event", 0) == 0) {
    add_reference_manifest(in, fields);
  }
  return fields;
}

}  // namespace quotemill
