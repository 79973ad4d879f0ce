// Bounds of what is read of an ESXi host's boot log.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quotemill::limits::esxi {

inline constexpr std::size_t kProblemsMax = 64;     // kept; all are counted
inline constexpr std::size_t kModuleNameMax = 255;  // characters
inline constexpr std::size_t kAssetTagMax = 512;    // bytes: of NV index 0x01C10110
inline constexpr std::size_t kAuthoritiesMax = 16;  // more are no boot of ESXi's
inline constexpr std::size_t kLoadersMax = 64;      // likewise
inline constexpr std::size_t kSignersMax = 16;      // more certificates are no order of ESXi's
inline constexpr std::size_t kVersionsMax = 2;      // of b and k
inline constexpr std::size_t kCertificateSizeMax = 0xFFFF;
inline constexpr std::size_t kVersionRecordMax = 4096;  // bytes; four short texts and a path
// The kernel keeps the first thousand events; what is behind them nobody has seen.
inline constexpr std::uint32_t kEventsMax = 1000;

}  // namespace quotemill::limits::esxi
