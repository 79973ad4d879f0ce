// The files of an archive that a stranger made, within bounds: what the readers of ESXi's archives
// share.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "deploy/quotemill/packages/archive_reader.h"
#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/esxi/image/limits.h"

namespace quotemill::cli {

// An Error about an image's file; the detail is escaped already.
Error image_error(ErrorCode code, std::string detail);

// With the name in front of the detail.
Error in_file(Error error, std::string_view name);

// What one archive may still unpack: bytes, and entries (limits::kEsxiEntriesMax).
class Budget {
 public:
  explicit Budget(std::uint64_t size = limits::kEsxiUnpackedSizeMax) : size_(size) {}

  // kTooLarge beyond it.
  Result<void> take(std::size_t size);
  Result<void> count_entry();

 private:
  const std::uint64_t size_;
  std::uint64_t used_ = 0;
  std::size_t entries_ = 0;
};

// The content of the entry that `reader` is at: kTooLarge beyond `size_max` or the budget.
Result<std::string> content_of(ArchiveReader& reader, Budget& budget, std::size_t size_max);

// Unpacks it for nothing, so that it is counted.
Result<void> pass_over(ArchiveReader& reader, Budget& budget);

// SHA-256 of it; of nothing, if there is no entry: an empty file is none.
Result<Digest> digest_of(ArchiveReader& reader, bool is_there, Budget& budget);

// Entries with their plain paths, each once, and no links among them; folders are passed over.
// kMalformed for a path that leads elsewhere or what is neither file nor folder, kConflict for a
// file that is there twice. Stops at the first Error of `visit`, which gets the path.
Result<void> for_each_file(
    ArchiveReader& reader, Budget& budget,
    const std::function<Result<void>(const std::string& path, ArchiveReader& reader)>& visit);

}  // namespace quotemill::cli
