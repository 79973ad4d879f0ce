#include "engine/eventlog/decode/no_action.h"

#include <algorithm>
#include <string_view>

#include "engine/base/byte_reader.h"
#include "engine/base/digest.h"
#include "engine/base/limits.h"
#include "engine/eventlog/decode/guid.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

constexpr std::size_t kSignatureSize = 16;

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
}

// TCG_Sp800_155_PlatformId_Event(2, 3) behind its signature, as far as it names the manifest.
void add_reference_manifest(ByteReader& in, Fields& fields) {
  fields.push_back({"vendor_id", std::uint64_t{in.u32_le()}});  // VendorId
  fields.push_back({"manifest", read_guid(in).to_string()});    // ReferenceManifestGuid
  for (const char* const name :
       {"platform_manufacturer", "platform_model", "platform_version", "firmware_manufacturer"}) {
    const std::uint8_t size = in.u8();
    const ByteView text = in.bytes(size);
    if (!in.ok()) {
      return;
    }
    fields.push_back({name, text_of_ascii(text)});
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
  } else if (name.rfind("SP800-155 Event", 0) == 0) {
    add_reference_manifest(in, fields);
  }
  return fields;
}

}  // namespace quotemill
