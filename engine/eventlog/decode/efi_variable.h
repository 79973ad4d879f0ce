// UEFI variables as logs hold them: UEFI_VARIABLE_DATA (PFP 1.06, 10.2.6) and what is in the
// variables that decide how a machine boots (UEFI 2.10, section 3; shim).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/eventlog/decode/field.h"
#include "engine/eventlog/decode/guid.h"

namespace quotemill {

struct EfiVariable {
  Guid vendor;
  std::string name;        // printable; at most limits::kVariableNameUnitsMax characters
  ByteView value;          // borrowed
  std::size_t behind = 0;  // bytes behind the structure: old versions of shim log some

  [[nodiscard]] bool is(const Guid& guid, std::string_view text) const {
    return vendor == guid && name == text;
  }
};

// One UEFI_VARIABLE_DATA; bytes behind it are counted, and mean nothing.
Result<EfiVariable> decode_efi_variable(ByteView data);

// EFI_LOAD_OPTION (UEFI 2.10, 3.1.3): Boot####, Driver####.
struct LoadOption {
  bool active = false;
  std::string description;  // printable
  ByteView path;            // a device path, borrowed
  ByteView optional_data;
};

Result<LoadOption> decode_load_option(ByteView value);

// The numbers of a BootOrder; at most limits::kBootEntriesMax.
Result<std::vector<std::uint16_t>> decode_boot_order(ByteView value);

// "Boot0001", "Driver0001": names with a load option.
bool names_load_option(std::string_view name);

// What the variable says, by its name: a flag, signature lists, a boot order, a load option, a
// text; of others the size only. `authority`: the value is one EFI_SIGNATURE_DATA, or a certificate
// alone, as in EV_EFI_VARIABLE_AUTHORITY.
enum class VariableRole : std::uint8_t { kValue, kAuthority };
Fields describe_variable(const EfiVariable& variable, VariableRole role);

}  // namespace quotemill
