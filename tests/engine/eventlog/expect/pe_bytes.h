// PE images, byte by byte, for tests of what is measured of them.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/byte_writer.h"

namespace quotemill::testing {

// An image whose parts follow each other without gaps; every field may be made wrong.
struct PeBytes {
  bool wide = true;  // PE32+
  std::uint32_t directories = 16;
  std::uint32_t headers_size = 0x200;
  std::vector<Bytes> sections{Bytes(0x40, 0xA1), Bytes(0x20, 0xB2)};
  Bytes behind = {};        // bytes between the last section and the certificates
  Bytes certificates = {};  // the attribute certificate table
  std::uint32_t checksum = 0;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> section_table =
      {};  // size, offset: as it is

  static constexpr std::uint32_t kPeAt = 0x40;
  static constexpr std::uint32_t kOptionalAt = kPeAt + 4 + 20;
  static constexpr std::uint32_t kChecksumAt = kOptionalAt + 64;

  [[nodiscard]] std::uint32_t directories_at() const { return kOptionalAt + (wide ? 112 : 96); }

  [[nodiscard]] std::uint32_t certificate_entry_at() const { return directories_at() + 4 * 8; }

  [[nodiscard]] Bytes bytes() const;
};

inline Bytes PeBytes::bytes() const {
  ByteWriter out;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> table = section_table;
  std::uint32_t end = headers_size;
  for (const Bytes& section : sections) {
    if (section_table.empty()) {
      table.emplace_back(section.size(), end);
    }
    end += static_cast<std::uint32_t>(section.size());
  }
  end += static_cast<std::uint32_t>(behind.size());
  out.u16_le(0x5A4D).bytes(Bytes(58, 0)).u32_le(kPeAt);  // MS-DOS header
  out.u32_le(0x00004550);                                // PE signature
  out.u16_le(0x8664).u16_le(static_cast<std::uint16_t>(table.size())).bytes(Bytes(12, 0));
  out.u16_le(static_cast<std::uint16_t>((wide ? 112 : 96) + directories * 8)).u16_le(0x0206);
  out.u16_le(wide ? 0x020B : 0x010B).bytes(Bytes(58, 0x11)).u32_le(headers_size).u32_le(checksum);
  out.u32_le(10).bytes(Bytes(wide ? 32 : 16, 0)).u32_le(0).u32_le(directories);
  for (std::uint32_t i = 0; i < directories; ++i) {
    const bool shown = i == 4 && !certificates.empty();
    out.u32_le(shown ? end : 0).u32_le(shown ? static_cast<std::uint32_t>(certificates.size()) : 0);
  }
  for (const auto& [size, offset] : table) {
    out.bytes(Bytes(16, 0x22)).u32_le(size).u32_le(offset).bytes(Bytes(16, 0x33));
  }
  Bytes image = out.take();
  image.resize(headers_size, 0x44);
  for (const Bytes& section : sections) {
    image.insert(image.end(), section.begin(), section.end());
  }
  image.insert(image.end(), behind.begin(), behind.end());
  image.insert(image.end(), certificates.begin(), certificates.end());
  return image;
}

}  // namespace quotemill::testing
