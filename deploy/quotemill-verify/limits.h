// Bounds of what the offline verifier reads of vCenter's reports.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quotemill::limits {

inline constexpr std::size_t kEsxiReportSizeMax = std::size_t{16} * 1024 * 1024;  // of the file
inline constexpr std::size_t kEsxiReportEntriesMax = 20'000;
inline constexpr std::size_t kEsxiReportBinarySizeMax = std::size_t{64} * 1024;  // of one value

}  // namespace quotemill::limits
