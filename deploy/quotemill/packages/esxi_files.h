// Images of ESXi out of what VMware ships: an image database (imgdb.tgz, a host's own or that of an
// installer), VIB files, an offline bundle.
//
// Only descriptors are unpacked, and of a VIB its payloads, to hash them; nothing is written. What
// is unpacked is bounded in size and number, and an archive that has anything odd is refused as a
// whole: a path that leads out, a link, a file that is there twice. The archives' signatures are
// not checked: whoever imports a file says that it is good.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/esxi/image/base_image.h"

namespace quotemill::cli {

struct EsxiReading {
  BaseImage image;
  std::string kind;                   // "image database", "offline bundle", "VIBs"
  std::vector<std::string> left_out;  // of the files, in words
};

// One image database or one bundle, or any number of VIBs, which are one set. What a file is, is
// told by its first bytes. `profile`: of a bundle with several of them, the one that is wanted.
// kMalformed, kTooLarge, kConflict, kNotFound, kIo, and kMismatch for a VIB whose payloads are not
// what its descriptor says; the detail names the file. kConfig if the profile must be named, with
// the names.
Result<EsxiReading> read_esxi_files(const std::vector<std::string>& files,
                                    const std::string& profile);

}  // namespace quotemill::cli
