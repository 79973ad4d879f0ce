// Where the parts of a PE image lie that its Authenticode hash tells apart: EFI applications,
// drivers, kernels with an EFI stub, unified kernel images.
//
// Microsoft PE Format: "MS-DOS Stub", "COFF File Header", "Optional Header", "Section Table", "The
// Attribute Certificate Table".
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill {

// A run of bytes in the file.
struct FileRange {
  std::size_t offset = 0;
  std::size_t size = 0;

  [[nodiscard]] std::size_t end() const { return offset + size; }
};

// All ranges lie within the file that was read.
struct PeImage {
  FileRange checksum;           // the optional header's CheckSum
  FileRange certificate_entry;  // the data directory's entry of the certificate table; may be empty
  FileRange certificates;       // the table itself; empty if the image is not signed
  std::size_t headers_size = 0;
  std::vector<FileRange> sections;  // those with bytes in the file, by offset; none overlap
};

// Reads the headers of an image, PE32 or PE32+. What would make two loaders hash different bytes
// is refused as kMalformed: headers or sections that overlap, a certificate table that is not the
// end of the file.
Result<PeImage> read_pe_image(ByteView file);

}  // namespace quotemill
