#include "engine/eventlog/decode/efi_variable.h"

#include <algorithm>
#include <array>

#include "engine/base/limits.h"
#include "engine/eventlog/decode/authority.h"
#include "engine/eventlog/decode/device_path.h"
#include "engine/eventlog/decode/sbat_level.h"
#include "engine/eventlog/decode/signature_list.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kLoadOptionActive = 1;

constexpr std::array<std::string_view, 9> kSignatureListNames = {
    "PK", "KEK", "db", "dbx", "dbt", "dbr", "MokList", "MokListX", "MokListRT"};
constexpr std::array<std::string_view, 8> kFlagNames = {
    "SecureBoot", "SetupMode",      "AuditMode",         "DeployedMode",
    "VendorKeys", "MokListTrusted", "OsRecoveryCapable", "MokSBState"};

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void add_signatures(ByteView value, Fields& fields) {
  const Result<std::vector<SignatureEntry>> entries = decode_signature_lists(value);
  if (!entries) {
    fields.push_back({"problem", entries.error().to_string()});
    return;
  }
  fields.push_back({"count", std::uint64_t{entries->size()}});
  fields.push_back({"signatures", describe_signatures(*entries)});
}

void add_boot_order(ByteView value, Fields& fields) {
  const Result<std::vector<std::uint16_t>> order = decode_boot_order(value);
  if (!order) {
    fields.push_back({"problem", order.error().to_string()});
    return;
  }
  std::vector<std::string> names;
  for (const std::uint16_t number : *order) {
    const std::array<std::uint8_t, 2> big_endian = {static_cast<std::uint8_t>(number >> 8U),
                                                    static_cast<std::uint8_t>(number)};
    names.push_back("Boot" + to_hex(big_endian));
  }
  fields.push_back({"order", std::move(names)});
}

void add_load_option(ByteView value, Fields& fields) {
  const Result<LoadOption> option = decode_load_option(value);
  if (!option) {
    fields.push_back({"problem", option.error().to_string()});
    return;
  }
  fields.push_back({"active", option->active});
  fields.push_back({"description", option->description});
  fields.push_back({"path", device_path_text(option->path)});
}

void add_authority(ByteView value, Fields& fields) {
  const Authority authority = decode_authority(value);
  Fields shown = describe_authority(authority);
  std::move(shown.begin(), shown.end(), std::back_inserter(fields));
}

void add_sbat_level(ByteView value, Fields& fields) {
  const Result<SbatLevel> level = decode_sbat_level(value);
  if (!level) {
    fields.push_back({"text", text_of_ascii(value)});
    fields.push_back({"problem", level.error().to_string()});
    return;
  }
  Fields shown = describe_sbat_level(*level);
  std::move(shown.begin(), shown.end(), std::back_inserter(fields));
}

bool is_flag(const EfiVariable& variable) {
  return variable.value.size() == 1 && contains(kFlagNames, variable.name);
}

}  // namespace

Result<EfiVariable> decode_efi_variable(ByteView data) {
  ByteReader in(data);
  EfiVariable variable;
  variable.vendor = read_guid(in);               // VariableName
  const std::uint64_t name_units = in.u64_le();  // UnicodeNameLength
  const std::uint64_t value_size = in.u64_le();  // VariableDataLength
  if (name_units > limits::kVariableNameUnitsMax || value_size > limits::kEventDataSizeMax) {
    in.fail(ErrorCode::kTooLarge);
    return in.error("UEFI_VARIABLE_DATA");
  }
  variable.name = text_of_utf16(in.bytes(static_cast<std::size_t>(name_units) * 2));  // UnicodeName
  variable.value = in.bytes(static_cast<std::size_t>(value_size));  // VariableData
  variable.behind = in.rest().size();
  return in.finish(std::move(variable), "UEFI_VARIABLE_DATA");
}

Result<LoadOption> decode_load_option(ByteView value) {
  ByteReader in(value);
  LoadOption option;
  option.active = (in.u32_le() & kLoadOptionActive) != 0;  // Attributes
  const std::uint16_t path_size = in.u16_le();             // FilePathListLength
  const ByteView rest = in.ok() ? value.subspan(in.offset()) : ByteView{};
  std::size_t units = 0;
  while (2 * units + 1 < rest.size() && (rest[2 * units] != 0 || rest[2 * units + 1] != 0)) {
    ++units;
  }
  option.description = text_of_utf16(in.bytes(2 * units));  // Description
  (void)in.u16_le();                                        // its NUL
  option.path = in.bytes(path_size);                        // FilePathList
  option.optional_data = in.rest();                         // OptionalData
  return in.finish(std::move(option), "EFI_LOAD_OPTION");
}

Result<std::vector<std::uint16_t>> decode_boot_order(ByteView value) {
  if (value.size() % 2 != 0) {
    return Error{ErrorCode::kMalformed, "BootOrder"};
  }
  if (value.size() / 2 > limits::kBootEntriesMax) {
    return Error{ErrorCode::kTooLarge, "BootOrder"};
  }
  std::vector<std::uint16_t> order;
  ByteReader in(value);
  while (in.remaining() > 0) {
    order.push_back(in.u16_le());
  }
  return order;
}

bool names_load_option(std::string_view name) {
  const auto is_option_of = [name](std::string_view prefix) {
    return name.size() == prefix.size() + 4 && name.substr(0, prefix.size()) == prefix &&
           name.find_first_not_of("0123456789ABCDEFabcdef", prefix.size()) ==
               std::string_view::npos;
  };
  return is_option_of("Boot") || is_option_of("Driver") || is_option_of("SysPrep");
}

Fields describe_variable(const EfiVariable& variable, VariableRole role) {
  Fields fields = {{"vendor", text_of(variable.vendor)}, {"name", variable.name}};
  if (is_flag(variable)) {
    fields.push_back({"value", std::uint64_t{variable.value.front()}});
  } else if (variable.name == "SbatLevel") {
    add_sbat_level(variable.value, fields);
  } else if (is_ascii_text(variable.value)) {
    fields.push_back({"text", text_of_ascii(variable.value)});
  } else if (role == VariableRole::kAuthority) {
    add_authority(variable.value, fields);
  } else if (contains(kSignatureListNames, variable.name)) {
    add_signatures(variable.value, fields);
  } else if (variable.name == "BootOrder" || variable.name == "DriverOrder") {
    add_boot_order(variable.value, fields);
  } else if (names_load_option(variable.name)) {
    add_load_option(variable.value, fields);
  } else {
    fields.push_back({"size", std::uint64_t{variable.value.size()}});
  }
  if (variable.behind > 0) {
    fields.push_back({"bytes_behind", std::uint64_t{variable.behind}});
  }
  return fields;
}

}  // namespace quotemill
