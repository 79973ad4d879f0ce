// ArchiveReader: an archive read entry by entry, from a file or from an entry of another archive.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"

struct archive;
struct archive_entry;

namespace quotemill::cli {

enum class ArchiveKind : std::uint8_t {
  kAr,       // what a .deb is
  kTar,      // what is in it
  kRpmCpio,  // an .rpm: a header, and a cpio archive
  kZip,      // an offline bundle of ESXi
  kGzip,     // no archive: one file, compressed by gzip or not at all
  kPlain,    // one file as it is
};

// Not for sharing between threads.
class ArchiveReader {
 public:
  ArchiveReader(ArchiveReader&&) noexcept;
  ArchiveReader& operator=(ArchiveReader&&) = delete;
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;
  ~ArchiveReader();

  static Result<ArchiveReader> open_file(ArchiveKind kind, const std::string& file_name);
  // Of bytes, which are borrowed and must outlive it.
  static Result<ArchiveReader> open_bytes(ArchiveKind kind, std::string_view bytes);
  // The entry that `outer` is at, which is an archive itself. `outer` is borrowed, and is not to
  // be used meanwhile.
  static Result<ArchiveReader> open_entry(ArchiveKind kind, ArchiveReader& outer);

  // False at the end.
  Result<bool> next();

  // Of the entry that it is at.
  [[nodiscard]] std::string path() const;
  [[nodiscard]] bool is_file() const;
  [[nodiscard]] bool is_folder() const;
  // Of its content; 0 if nobody says.
  [[nodiscard]] std::uint64_t size() const;
  // The path of the entry whose content this one shares; empty if it has its own.
  [[nodiscard]] std::string hard_link() const;

  // The next bytes of the entry's content; 0 at its end. What is unpacked is counted, over all
  // entries: kTooLarge beyond limits::kPackageUnpackedSizeMax.
  Result<std::size_t> read(std::span<std::uint8_t> into);

 private:
  struct State;
  explicit ArchiveReader(std::unique_ptr<State> state);
  [[nodiscard]] Error failure() const;

  std::unique_ptr<State> state_;
};

}  // namespace quotemill::cli
