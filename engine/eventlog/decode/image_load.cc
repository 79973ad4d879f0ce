#include "engine/eventlog/decode/image_load.h"

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/eventlog/decode/device_path.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {

Result<ImageLoad> decode_image_load(ByteView data) {
  ByteReader in(data);
  ImageLoad image;
  image.location = in.u64_le();                 // ImageLocationInMemory
  image.length = in.u64_le();                   // ImageLengthInMemory
  image.link_address = in.u64_le();             // ImageLinkTimeAddress
  const std::uint64_t path_size = in.u64_le();  // LengthOfDevicePath
  if (path_size > limits::kEventDataSizeMax) {
    in.fail(ErrorCode::kTooLarge);
    return in.error("UEFI_IMAGE_LOAD_EVENT");
  }
  image.path = in.bytes(static_cast<std::size_t>(path_size));  // DevicePath
  image.behind = in.rest().size();
  return in.finish(image, "UEFI_IMAGE_LOAD_EVENT");
}

Fields describe_image_load(const ImageLoad& image) {
  return {{"path", device_path_text(image.path)},
          {"file", device_path_file(image.path)},
          {"location", hex_number(image.location)},
          {"length", image.length},
          {"link_address", hex_number(image.link_address)}};
}

}  // namespace quotemill
