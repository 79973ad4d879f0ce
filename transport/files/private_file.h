// Files that hold secrets: readable by their owner alone, replaced atomically.
//
// A folder or file that others may read or write is refused with kDenied and a remedy, never
// repaired silently: somebody may have read the secret already. After a crash there is the old file
// or the new one. Any thread, one at a time per file.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill::transport {

// A file descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}

  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}

  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

// Makes the folder (not its parents) with mode 0700 if it is not there. `setting` is what the
// folder was read from ("state.folder"): Errors say what to do, and name it.
Result<void> prepare_private_folder(const std::string& folder, const std::string& setting);

// nullopt if the file is not there; kTooLarge beyond `size_max` bytes.
Result<std::optional<Bytes>> read_private_file(const std::string& path, std::size_t size_max);

// Written beside, synced, renamed, its folder synced: durable when it returns. Mode 0600.
Result<void> replace_private_file(const std::string& path, ByteView contents);

// The same for a file that must not be there yet: kConflict if it is, and it stays as it was.
Result<void> create_private_file(const std::string& path, ByteView contents);

}  // namespace quotemill::transport
