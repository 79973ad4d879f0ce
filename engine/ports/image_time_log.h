// ImageTimeLog: when a host last attested to each image of ESXi, durable. Implemented by storage
// (RocksDB, and in memory).
#pragma once

#include <span>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/base/time.h"

namespace quotemill {

struct ImageTime {
  Digest image;  // ImportedFile::id of its baseline
  WallTime attested;

  friend bool operator==(const ImageTime&, const ImageTime&) = default;
};

class ImageTimeLog {
 public:
  ImageTimeLog() = default;
  ImageTimeLog(const ImageTimeLog&) = delete;
  ImageTimeLog& operator=(const ImageTimeLog&) = delete;
  virtual ~ImageTimeLog() = default;

  // One atomic, synced write: all of them take the place of what was kept of their images, or none
  // does. Called by the commit thread alone. REQUIRES: images are SHA-256 digests
  virtual Result<void> keep_image_times(std::span<const ImageTime> times) = 0;

  // All that is kept, in no order that means anything. Any thread.
  [[nodiscard]] virtual Result<std::vector<ImageTime>> image_times() const = 0;
};

}  // namespace quotemill
