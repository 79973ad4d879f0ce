#include "engine/eventlog/event_type.h"

#include <array>

#include "engine/base/bytes.h"

namespace quotemill {
namespace {

// The specification's names of the types that it took over from conventional BIOSes; nullptr if it
// has none.
const char* bios_name(std::uint32_t type) {
  switch (type) {
    case event_type::kPrebootCert:
      return "EV_PREBOOT_CERT";
    case event_type::kPostCode:
      return "EV_POST_CODE";
    case event_type::kUnused:
      return "EV_UNUSED";
    case event_type::kNoAction:
      return "EV_NO_ACTION";
    case event_type::kSeparator:
      return "EV_SEPARATOR";
    case event_type::kAction:
      return "EV_ACTION";
    case event_type::kEventTag:
      return "EV_EVENT_TAG";
    case event_type::kSCrtmContents:
      return "EV_S_CRTM_CONTENTS";
    case event_type::kSCrtmVersion:
      return "EV_S_CRTM_VERSION";
    case event_type::kCpuMicrocode:
      return "EV_CPU_MICROCODE";
    case event_type::kPlatformConfigFlags:
      return "EV_PLATFORM_CONFIG_FLAGS";
    case event_type::kTableOfDevices:
      return "EV_TABLE_OF_DEVICES";
    case event_type::kCompactHash:
      return "EV_COMPACT_HASH";
    case event_type::kIpl:
      return "EV_IPL";
    case event_type::kIplPartitionData:
      return "EV_IPL_PARTITION_DATA";
    case event_type::kNonhostCode:
      return "EV_NONHOST_CODE";
    case event_type::kNonhostConfig:
      return "EV_NONHOST_CONFIG";
    case event_type::kNonhostInfo:
      return "EV_NONHOST_INFO";
    case event_type::kOmitBootDeviceEvents:
      return "EV_OMIT_BOOT_DEVICE_EVENTS";
    case event_type::kPostCode2:
      return "EV_POST_CODE2";
    default:
      return nullptr;
  }
}

const char* efi_name(std::uint32_t type) {
  switch (type) {
    case event_type::kEfiEventBase:
      return "EV_EFI_EVENT_BASE";
    case event_type::kEfiVariableDriverConfig:
      return "EV_EFI_VARIABLE_DRIVER_CONFIG";
    case event_type::kEfiVariableBoot:
      return "EV_EFI_VARIABLE_BOOT";
    case event_type::kEfiBootServicesApplication:
      return "EV_EFI_BOOT_SERVICES_APPLICATION";
    case event_type::kEfiBootServicesDriver:
      return "EV_EFI_BOOT_SERVICES_DRIVER";
    case event_type::kEfiRuntimeServicesDriver:
      return "EV_EFI_RUNTIME_SERVICES_DRIVER";
    case event_type::kEfiGptEvent:
      return "EV_EFI_GPT_EVENT";
    case event_type::kEfiAction:
      return "EV_EFI_ACTION";
    case event_type::kEfiPlatformFirmwareBlob:
      return "EV_EFI_PLATFORM_FIRMWARE_BLOB";
    case event_type::kEfiHandoffTables:
      return "EV_EFI_HANDOFF_TABLES";
    case event_type::kEfiPlatformFirmwareBlob2:
      return "EV_EFI_PLATFORM_FIRMWARE_BLOB2";
    case event_type::kEfiHandoffTables2:
      return "EV_EFI_HANDOFF_TABLES2";
    case event_type::kEfiVariableBoot2:
      return "EV_EFI_VARIABLE_BOOT2";
    case event_type::kEfiGptEvent2:
      return "EV_EFI_GPT_EVENT2";
    case event_type::kEfiHcrtmEvent:
      return "EV_EFI_HCRTM_EVENT";
    case event_type::kEfiVariableAuthority:
      return "EV_EFI_VARIABLE_AUTHORITY";
    case event_type::kEfiSpdmFirmwareBlob:
      return "EV_EFI_SPDM_FIRMWARE_BLOB";
    case event_type::kEfiSpdmFirmwareConfig:
      return "EV_EFI_SPDM_FIRMWARE_CONFIG";
    case event_type::kEfiSpdmDevicePolicy:
      return "EV_EFI_SPDM_DEVICE_POLICY";
    case event_type::kEfiSpdmDeviceAuthority:
      return "EV_EFI_SPDM_DEVICE_AUTHORITY";
    default:
      return nullptr;
  }
}

}  // namespace

std::string event_type_name(std::uint32_t type) {
  const char* const name = type < event_type::kEfiEventBase ? bios_name(type) : efi_name(type);
  if (name != nullptr) {
    return name;
  }
  const std::array<std::uint8_t, 4> big_endian = {
      static_cast<std::uint8_t>(type >> 24U), static_cast<std::uint8_t>(type >> 16U),
      static_cast<std::uint8_t>(type >> 8U), static_cast<std::uint8_t>(type)};
  return "0x" + to_hex(big_endian);
}

}  // namespace quotemill
