#include "engine/eventlog/proof/event_rule.h"

#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

// Confidential VMs log the index of a measurement register, 1 to 4, in place of a PCR: what belongs
// into PCR 7 is in register 1 there, what belongs into PCR 2 to 5 in 2, the loader's in 3.
constexpr std::uint32_t kAny = 0x00FFFFFF;
constexpr std::uint32_t kFirmware = 0x000000FF;    // PCR 0 to 7
constexpr std::uint32_t kCode = 0b0000'0111;       // 0, 2; 1 for registers
constexpr std::uint32_t kVariables = 0b1010'1010;  // 1, 3, 5, 7
constexpr std::uint32_t kAuthorities = 0b1000'0010;
constexpr std::uint32_t kApplications = 0b0001'0100;   // 2, 4
constexpr std::uint32_t kDrivers = 0b0000'0101;        // 0, 2
constexpr std::uint32_t kPartitions = 0b0010'0100;     // 5; 2 for registers
constexpr std::uint32_t kConfiguration = 0b0000'0111;  // 1; 0 and 2 are seen
constexpr std::uint32_t kHandoff = 0b0000'0011;
constexpr std::uint32_t kScrtm = 0b0000'0001;
constexpr std::uint32_t kDevices = 0b1000'0100;  // SPDM: 2, 7
// 3: the register of a confidential VM; 5: systemd-boot's loader.conf
constexpr std::uint32_t kTaggedOutside = 0b0010'1000;
constexpr std::uint32_t kCompactOutside = 0b0100'0000;  // 6: the vendor's own

std::optional<EventRule> bios_rule(std::uint32_t type) {
  switch (type) {
    case event_type::kPostCode:
    case event_type::kPostCode2:
      return EventRule{DigestOf::kDataOrOther, kScrtm};
    case event_type::kSeparator:
      return EventRule{DigestOf::kData, kAny};
    case event_type::kAction:
    case event_type::kOmitBootDeviceEvents:
      return EventRule{DigestOf::kData, kFirmware};
    // An image under one of these labels would pass as something measured by its digest: real logs
    // have such digests in the PCRs that are left out.
    case event_type::kEventTag:
      return EventRule{DigestOf::kDataOrOther, kAny, kFirmware & ~kTaggedOutside};
    case event_type::kCompactHash:
      return EventRule{DigestOf::kDataOrOther, kAny, kFirmware & ~kCompactOutside};
    case event_type::kSCrtmContents:
      return EventRule{DigestOf::kOutside, kScrtm};
    case event_type::kSCrtmVersion:
      return EventRule{DigestOf::kData, kScrtm};
    case event_type::kCpuMicrocode:
    case event_type::kTableOfDevices:
    case event_type::kPlatformConfigFlags:
      return EventRule{DigestOf::kDataOrOther, kConfiguration};
    case event_type::kIpl:
      return EventRule{DigestOf::kIplText, kAny};
    case event_type::kIplPartitionData:
      return EventRule{DigestOf::kDataOrOther, kPartitions};
    case event_type::kNonhostCode:
    case event_type::kNonhostConfig:
    case event_type::kNonhostInfo:
      return EventRule{DigestOf::kDataOrOther, 0b0000'1111};
    default:
      return std::nullopt;
  }
}

std::optional<EventRule> efi_rule(std::uint32_t type) {
  switch (type) {
    case event_type::kEfiVariableDriverConfig:
    case event_type::kEfiVariableBoot2:
      return EventRule{DigestOf::kData, kVariables};
    case event_type::kEfiVariableBoot:
      return EventRule{DigestOf::kVariableData, kVariables};
    case event_type::kEfiVariableAuthority:
      return EventRule{DigestOf::kData, kAuthorities};
    case event_type::kEfiBootServicesApplication:
      return EventRule{DigestOf::kOutside, kApplications};
    case event_type::kEfiBootServicesDriver:
    case event_type::kEfiRuntimeServicesDriver:
      return EventRule{DigestOf::kOutside, kDrivers};
    case event_type::kEfiGptEvent:
    case event_type::kEfiGptEvent2:
      return EventRule{DigestOf::kData, kPartitions};
    case event_type::kEfiAction:
      return EventRule{DigestOf::kData, kFirmware};
    case event_type::kEfiPlatformFirmwareBlob:
    case event_type::kEfiPlatformFirmwareBlob2:
      return EventRule{DigestOf::kOutside, kCode};
    case event_type::kEfiHandoffTables:
    case event_type::kEfiHandoffTables2:
      return EventRule{DigestOf::kOutside, kHandoff};
    case event_type::kEfiHcrtmEvent:
      return EventRule{DigestOf::kOutside, kScrtm};
    case event_type::kEfiSpdmFirmwareBlob:
    case event_type::kEfiSpdmFirmwareConfig:
      return EventRule{DigestOf::kData, kDevices | 0b1000};
    case event_type::kEfiSpdmDevicePolicy:
    case event_type::kEfiSpdmDeviceAuthority:
      return EventRule{DigestOf::kData, kDevices};
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<EventRule> event_rule(std::uint32_t type) {
  return type < event_type::kEfiEventBase ? bios_rule(type) : efi_rule(type);
}

}  // namespace quotemill
