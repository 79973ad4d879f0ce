// The structures that events hold, for tests of their decoders.
#pragma once

#include <string_view>

#include "engine/base/byte_writer.h"
#include "engine/eventlog/decode/guid.h"

namespace quotemill::testing {

inline Bytes utf16(std::string_view text) {
  ByteWriter out;
  for (const char c : text) {
    out.u16_le(static_cast<std::uint8_t>(c));
  }
  return out.take();
}

// UEFI_VARIABLE_DATA.
inline Bytes variable_data(const Guid& vendor, std::string_view name, ByteView value) {
  ByteWriter out;
  out.bytes(vendor.bytes).u64_le(name.size()).u64_le(value.size()).bytes(utf16(name)).bytes(value);
  return out.take();
}

// One EFI_SIGNATURE_LIST with one entry.
inline Bytes signature_list(const Guid& type, ByteView data) {
  ByteWriter out;
  out.bytes(type.bytes).u32_le(static_cast<std::uint32_t>(28 + 16 + data.size())).u32_le(0);
  out.u32_le(static_cast<std::uint32_t>(16 + data.size())).bytes(Bytes(16, 0x77)).bytes(data);
  return out.take();
}

inline Bytes path_node(std::uint8_t type, std::uint8_t subtype, ByteView data) {
  ByteWriter out;
  out.u8(type).u8(subtype).u16_le(static_cast<std::uint16_t>(data.size() + 4)).bytes(data);
  return out.take();
}

// A file path node and the end of the path.
inline Bytes file_path(std::string_view file) {
  ByteWriter out;
  Bytes name = utf16(file);
  name.insert(name.end(), 2, 0);
  out.bytes(path_node(4, 4, name)).bytes(path_node(0x7F, 0xFF, {}));
  return out.take();
}

// UEFI_IMAGE_LOAD_EVENT.
inline Bytes image_load(ByteView path) {
  ByteWriter out;
  out.u64_le(0x1000).u64_le(0x2000).u64_le(0).u64_le(path.size()).bytes(path);
  return out.take();
}

}  // namespace quotemill::testing
