// UEFI_IMAGE_LOAD_EVENT (PFP 1.06, 10.2.3): an application or driver that firmware started. All of
// it is a hint: the digest is of the image (its Authenticode hash).
#pragma once

#include <cstdint>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/eventlog/decode/field.h"

namespace quotemill {

struct ImageLoad {
  std::uint64_t location = 0;  // in memory; 0 from option ROMs' loaders
  std::uint64_t length = 0;    // bytes of the image
  std::uint64_t link_address = 0;
  ByteView path;           // a device path, borrowed
  std::size_t behind = 0;  // bytes behind the structure: old versions of shim log some
};

Result<ImageLoad> decode_image_load(ByteView data);

Fields describe_image_load(const ImageLoad& image);

}  // namespace quotemill
