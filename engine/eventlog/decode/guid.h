// Guid: EFI_GUID, and the names of those that boot logs are full of.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/byte_reader.h"

namespace quotemill {

struct Guid {
  std::array<std::uint8_t, 16> bytes{};  // as in memory: three little-endian fields, then 8 bytes

  // "8be4df61-93ca-11d2-aa0d-00e098032b8c".
  [[nodiscard]] std::string to_string() const;

  friend bool operator==(const Guid&, const Guid&) = default;
};

Guid read_guid(ByteReader& in);

// "EFI_GLOBAL_VARIABLE"; empty if we have no name for it.
std::string_view name_of(const Guid& guid);

// The name, or the number if it has none.
std::string text_of(const Guid& guid);

// UEFI 2.10: 3.3, 32.4.1; shim.
namespace guids {
extern const Guid kGlobalVariable;
extern const Guid kImageSecurityDatabase;
extern const Guid kShimLock;
extern const Guid kCertX509;
extern const Guid kCertSha256;
}  // namespace guids

}  // namespace quotemill
