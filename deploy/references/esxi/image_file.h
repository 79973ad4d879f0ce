// An image of ESXi as a file of our own: what importers make of VMware's archives, and the only
// form of an image that the daemon reads. Neither archives nor XML come near it.
//
//   {"quotemill": "esxi-image/1", "name": "ESXi-8.0U3-24280767-standard", "vendor": "VMware, Inc.",
//    "database": "sha256:…",
//    "vibs": [{"name": "esx-base", "version": "8.0.3-0.35.24280767", "vendor": "VMware",
//              "acceptance": "certified",
//              "payloads": [{"name": "b", "boot_file": "b.b00", "digest": "sha256:…"}, …]}, …]}
//
// `database` and `boot_file` may be left out; release and acceptance level of the image are those
// of its VIBs. Unknown members are refused.
#pragma once

#include <string>

#include "deploy/references/strict_json.h"
#include "engine/esxi/image/base_image.h"

namespace quotemill::references {

inline constexpr const char* kImageFileVersion = "esxi-image/1";

// kMalformed with the JSON pointer of the first mistake; kTooLarge beyond the bounds of
// engine/esxi/image/limits.h; kConflict for a VIB or a boot file that is there twice.
Result<BaseImage> read_image_file(const Json& file);

// Its reading gives the same image, and the same image gives the same text.
std::string write_image_file(const BaseImage& image);

// What makes an image contradict itself or pass the bounds, for whoever makes one: as above, with
// the VIB's name instead of a pointer.
Result<void> check_image(const BaseImage& image);

}  // namespace quotemill::references
