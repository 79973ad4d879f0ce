// Uploads: files that operators send in parts, because a request is small, until a request uses
// them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "engine/base/digest.h"
#include "engine/base/result.h"

namespace quotemill::daemon {

// Any thread. At most limits::kUploadsMax of limits::kReferenceFileSizeMax are kept; the one begun
// first goes when another one begins.
class Uploads {
 public:
  // A part of the file with this SHA-256 and size. Parts come in order; returns how much of the
  // file is there. The part at offset 0 begins it anew. kTooLarge beyond the bound; kConflict for a
  // part that does not follow; kMismatch if the whole is no file of that SHA-256: it is forgotten.
  Result<std::uint64_t> add(const Digest& id, std::uint64_t size, std::uint64_t offset,
                            ByteView part);

  // kNotFound if it is not there, or not as a whole.
  [[nodiscard]] Result<std::shared_ptr<const std::string>> find(const Digest& id) const;

  void forget(const Digest& id);

 private:
  struct Upload {
    Digest id;
    std::uint64_t size = 0;
    std::shared_ptr<std::string> content;
  };

  mutable std::mutex mutex_;
  std::deque<Upload> uploads_;  // the one begun first is in front
};

}  // namespace quotemill::daemon
