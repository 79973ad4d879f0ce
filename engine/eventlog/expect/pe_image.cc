#include "engine/eventlog/expect/pe_image.h"

#include <algorithm>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"

namespace quotemill {
namespace {

constexpr std::uint16_t kMsDosMagic = 0x5A4D;       // "MZ"
constexpr std::uint32_t kPeSignature = 0x00004550;  // "PE\0\0"
constexpr std::uint16_t kPe32 = 0x010B;
constexpr std::uint16_t kPe32Plus = 0x020B;
constexpr std::size_t kStackAndHeap32 = 16;  // four sizes, 64 bits wide in PE32+
constexpr std::size_t kStackAndHeap64 = 32;
constexpr std::uint32_t kDirectoriesMax = 16;
constexpr std::uint32_t kCertificateDirectory = 4;
constexpr std::size_t kDirectoryEntrySize = 8;

void require(ByteReader& in, bool holds) {
  if (!holds) {
    in.fail(ErrorCode::kMalformed);
  }
}

void read_stub(ByteReader& in) {
  require(in, in.u16_le() == kMsDosMagic);  // e_magic
  in.bytes(58);                             // e_cblp … e_res2
  const std::uint32_t pe = in.u32_le();     // e_lfanew
  require(in, pe >= in.offset());
  in.bytes(in.ok() ? pe - in.offset() : 0);
  require(in, in.u32_le() == kPeSignature);
}

struct CoffHeader {
  std::uint16_t sections = 0;
  std::uint16_t optional_size = 0;
};

CoffHeader read_coff_header(ByteReader& in) {
  CoffHeader header;
  in.u16_le();                                                     // Machine
  header.sections = in.count16_le(limits::kBootImageSectionsMax);  // NumberOfSections
  in.bytes(12);                        // TimeDateStamp … NumberOfSymbols
  header.optional_size = in.u16_le();  // SizeOfOptionalHeader
  in.u16_le();                         // Characteristics
  return header;
}

// `begin` is where the optional header lies in the file.
void read_optional_header(ByteReader& in, std::size_t begin, PeImage& image) {
  const std::uint16_t magic = in.u16_le();  // Magic
  require(in, magic == kPe32 || magic == kPe32Plus);
  in.bytes(30);                      // MajorLinkerVersion … ImageBase
  in.bytes(28);                      // SectionAlignment … SizeOfImage
  image.headers_size = in.u32_le();  // SizeOfHeaders
  image.checksum = {begin + in.offset(), sizeof(std::uint32_t)};
  in.u32_le();                                                       // CheckSum
  in.u32_le();                                                       // Subsystem …
  in.bytes(magic == kPe32Plus ? kStackAndHeap64 : kStackAndHeap32);  // SizeOfStackReserve …
  in.u32_le();                                                       // LoaderFlags
  const std::uint32_t directories = in.count32_le(kDirectoriesMax);  // NumberOfRvaAndSizes
  image.certificate_entry = {begin + in.offset(), 0};
  if (directories > kCertificateDirectory) {
    in.bytes(kCertificateDirectory * kDirectoryEntrySize);
    image.certificate_entry = {begin + in.offset(), kDirectoryEntrySize};
    image.certificates.offset = in.u32_le();  // VirtualAddress: an offset in the file, here alone
    image.certificates.size = in.u32_le();    // Size
  }
}

void read_sections(ByteReader& in, std::uint16_t count, PeImage& image) {
  for (std::uint16_t i = 0; i < count; ++i) {
    in.bytes(16);  // Name, VirtualSize, VirtualAddress
    FileRange section;
    section.size = in.u32_le();    // SizeOfRawData
    section.offset = in.u32_le();  // PointerToRawData
    in.bytes(16);                  // PointerToRelocations … Characteristics
    if (section.size != 0) {
      image.sections.push_back(section);
    }
  }
  std::sort(image.sections.begin(), image.sections.end(),
            [](const FileRange& a, const FileRange& b) { return a.offset < b.offset; });
}

// Whether headers, sections and certificates follow each other within the file.
bool is_laid_out(const PeImage& image, std::size_t headers_end, std::size_t file_size) {
  std::size_t end = image.headers_size;
  bool ordered = headers_end <= end;
  for (const FileRange& section : image.sections) {
    ordered = ordered && section.offset >= end;
    end = section.end();
  }
  if (image.certificates.size == 0) {
    return ordered && end <= file_size;
  }
  return ordered && image.certificates.offset >= end && image.certificates.end() == file_size;
}

}  // namespace

Result<PeImage> read_pe_image(ByteView file) {
  ByteReader in(file);
  PeImage image;
  read_stub(in);
  const CoffHeader header = read_coff_header(in);
  const std::size_t begin = in.offset();
  ByteReader optional = in.sub(header.optional_size);
  read_optional_header(optional, begin, image);
  require(in, optional.ok());
  read_sections(in, in.ok() ? header.sections : 0, image);
  const std::size_t headers_end = in.offset();
  require(in, !in.ok() || is_laid_out(image, headers_end, file.size()));
  in.rest();
  return in.finish(std::move(image), "PE image");
}

}  // namespace quotemill
