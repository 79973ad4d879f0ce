// SBAT levels (shim's SBAT.md): which generations of boot components are revoked. The text that
// shim measures as SbatLevel: "sbat,1,2023012900\nshim,2\ngrub,3\n".
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/eventlog/decode/field.h"

namespace quotemill {

struct SbatComponent {
  std::string name;              // printable
  std::uint32_t generation = 0;  // the lowest that may run
};

struct SbatLevel {
  std::string date;                       // "2023012900"; printable; empty if it has none
  std::vector<SbatComponent> components;  // at most limits::kSbatComponentsMax

  // Of "shim", "grub", …; 0 if it is not listed.
  [[nodiscard]] std::uint32_t generation_of(std::string_view name) const;
};

Result<SbatLevel> decode_sbat_level(ByteView text);

Fields describe_sbat_level(const SbatLevel& level);

}  // namespace quotemill
