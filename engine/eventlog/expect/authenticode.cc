#include "engine/eventlog/expect/authenticode.h"

#include "engine/crypto/hash.h"
#include "engine/eventlog/expect/pe_image.h"

namespace quotemill {
namespace {

ByteView between(ByteView file, std::size_t begin, std::size_t end) {
  return file.subspan(begin, end - begin);
}

}  // namespace

Result<std::vector<ByteView>> authenticode_parts(ByteView file) {
  const Result<PeImage> image = read_pe_image(file);
  if (!image) {
    return image.error();
  }
  const FileRange& checksum = image->checksum;
  const FileRange& entry = image->certificate_entry;
  std::vector<ByteView> parts{between(file, 0, checksum.offset),
                              between(file, checksum.end(), entry.offset),
                              between(file, entry.end(), image->headers_size)};
  std::size_t sum = image->headers_size;
  for (const FileRange& section : image->sections) {
    parts.push_back(between(file, section.offset, section.end()));
    sum += section.size;
  }
  // Where there are gaps between sections this is not what is behind the last one; all who check
  // signatures follow the specification here.
  const std::size_t end = file.size() - image->certificates.size;
  if (sum < end) {
    parts.push_back(between(file, sum, end));
  }
  return parts;
}

Result<Digest> authenticode(HashAlgorithm algorithm, ByteView file) {
  const Result<std::vector<ByteView>> parts = authenticode_parts(file);
  if (!parts) {
    return parts.error();
  }
  return hash(algorithm, *parts);
}

}  // namespace quotemill
