// The bounds of what an image of ESXi may have.
#pragma once

#include <cstddef>

namespace quotemill::limits {

inline constexpr std::size_t kEsxiVibsMax = 2'000;       // of an image; real ones have 60 to 150
inline constexpr std::size_t kEsxiPayloadsMax = 10'000;  // of all VIBs of an image
inline constexpr std::size_t kEsxiTextSizeMax = 256;     // names, versions, vendors
inline constexpr std::size_t kEsxiDescriptorSizeMax =
    16 * 1024 * 1024;  // of a VIB or a profile; that of esx-base has about 1 MB
inline constexpr std::size_t kEsxiDescriptorsMax = 20'000;  // read from one archive
inline constexpr std::size_t kEsxiArchiveSizeMax =
    64 * 1024 * 1024;  // of an image database, or of a bundle's metadata
inline constexpr std::size_t kEsxiUnpackedSizeMax = 256 * 1024 * 1024;  // of either
inline constexpr std::size_t kEsxiVibUnpackedSizeMax =
    std::size_t{4} * 1024 * 1024 * 1024;                // of a VIB, to hash it
inline constexpr std::size_t kEsxiEntriesMax = 50'000;  // of either

}  // namespace quotemill::limits
