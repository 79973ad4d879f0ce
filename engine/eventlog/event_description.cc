#include "engine/eventlog/event_description.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::size_t kDescriptionMax = 120;
constexpr std::size_t kVariableNameMax = 1024;  // UTF-16 units

// Device path nodes: UEFI 2.10, 10.3.
constexpr std::uint8_t kMediaDevicePath = 0x04;
constexpr std::uint8_t kMediaFilePath = 0x04;
constexpr std::uint8_t kEndOfPath = 0x7F;

bool is_printable(unsigned c) {
  return c >= 0x20 && c < 0x7F;
}

// UTF-16LE to printable ASCII up to the first NUL; everything else becomes '?'.
std::string from_utf16(ByteView bytes) {
  std::string text;
  for (std::size_t i = 0; i + 1 < bytes.size() && text.size() < kDescriptionMax; i += 2) {
    const unsigned unit = bytes[i] | static_cast<unsigned>(bytes[i + 1]) << 8U;
    if (unit == 0) {
      break;
    }
    text.push_back(is_printable(unit) ? static_cast<char>(unit) : '?');
  }
  return text;
}

// UEFI_VARIABLE_DATA (PFP 1.06, 10.2.6): GUID, name length in characters, data length, name.
std::string variable_name(ByteView data) {
  ByteReader in(data);
  (void)in.bytes(16);
  const std::uint64_t name_units = in.u64_le();
  (void)in.u64_le();
  if (name_units > kVariableNameMax) {
    return {};
  }
  return from_utf16(in.bytes(static_cast<std::size_t>(name_units) * 2));
}

// UEFI_IMAGE_LOAD_EVENT (PFP 1.06, 10.2.3): address, length, link address, path length, path. The
// last file path node names the file.
std::string image_path(ByteView data) {
  ByteReader in(data);
  (void)in.bytes(24);
  const std::uint64_t path_size = in.u64_le();
  ByteReader path(
      in.bytes(static_cast<std::size_t>(std::min<std::uint64_t>(path_size, in.remaining()))));
  std::string file;
  while (path.remaining() >= 4) {
    const std::uint8_t type = path.u8();
    const std::uint8_t subtype = path.u8();
    const std::uint16_t size = path.u16_le();
    if (size < 4 || type == kEndOfPath) {
      break;
    }
    const ByteView node = path.bytes(size - 4U);
    if (type == kMediaDevicePath && subtype == kMediaFilePath) {
      file += from_utf16(node);
    }
  }
  return file;
}

// Texts are logged with and without their NUL. Binary data says nothing to people.
std::string plain_text(ByteView data) {
  std::string_view text = as_text(data);
  while (!text.empty() && text.back() == '\0') {
    text.remove_suffix(1);
  }
  const bool readable = std::all_of(
      text.begin(), text.end(), [](char c) { return is_printable(static_cast<unsigned char>(c)); });
  return readable ? std::string(text) : std::string();
}

}  // namespace

// Printable already, so nothing is escaped: paths keep their single backslashes.
std::string describe(const BootEvent& event) {
  switch (event.type) {
    case event_type::kEfiVariableDriverConfig:
    case event_type::kEfiVariableBoot:
    case event_type::kEfiVariableBoot2:
    case event_type::kEfiVariableAuthority:
      return variable_name(event.data);
    case event_type::kEfiBootServicesApplication:
    case event_type::kEfiBootServicesDriver:
      return image_path(event.data).substr(0, kDescriptionMax);
    default:
      return plain_text(event.data).substr(0, kDescriptionMax);
  }
}

}  // namespace quotemill
