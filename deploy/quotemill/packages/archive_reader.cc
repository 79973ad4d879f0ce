#include "deploy/quotemill/packages/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <array>
#include <utility>

#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::cli {
namespace {

constexpr std::size_t kBlockSize = std::size_t{64} * 1024;

Error malformed(std::string detail) {
  return {ErrorCode::kMalformed, "package", 0, std::move(detail)};
}

struct Free {
  void operator()(archive* open) const { archive_read_free(open); }
};

using Handle = std::unique_ptr<archive, Free>;

// Only the formats that packages have: fewer readers meet a hostile file.
Handle reader_of(ArchiveKind kind) {
  Handle handle(archive_read_new());
  archive* const open = handle.get();
  switch (kind) {
    case ArchiveKind::kAr:
      archive_read_support_format_ar(open);
      return handle;
    case ArchiveKind::kTar:
      archive_read_support_format_tar(open);
      break;
    case ArchiveKind::kRpmCpio:
      archive_read_support_filter_rpm(open);
      archive_read_support_format_cpio(open);
      break;
    case ArchiveKind::kZip:
      // By its central directory: without it a file that is cut short looks whole.
      archive_read_support_format_zip_seekable(open);
      return handle;
    case ArchiveKind::kGzip:
      archive_read_support_format_raw(open);
      archive_read_support_format_empty(open);
      archive_read_support_filter_gzip(open);
      return handle;
    case ArchiveKind::kPlain:
      archive_read_support_format_raw(open);
      archive_read_support_format_empty(open);
      return handle;
  }
  archive_read_support_filter_gzip(open);
  archive_read_support_filter_bzip2(open);
  archive_read_support_filter_xz(open);
  archive_read_support_filter_lzma(open);
  archive_read_support_filter_zstd(open);
  return handle;
}

// What libarchive reads a nested archive with.
struct Nested {
  archive* outer = nullptr;
  std::array<std::uint8_t, kBlockSize> block{};
};

la_ssize_t read_nested(archive* /*reader*/, void* context, const void** buffer) {
  auto* const nested = static_cast<Nested*>(context);
  *buffer = nested->block.data();
  return archive_read_data(nested->outer, nested->block.data(), nested->block.size());
}

}  // namespace

struct ArchiveReader::State {
  Handle handle;
  std::unique_ptr<Nested> nested;
  archive_entry* entry = nullptr;  // the archive's own
  std::uint64_t unpacked = 0;
};

ArchiveReader::ArchiveReader(std::unique_ptr<State> state) : state_(std::move(state)) {}

ArchiveReader::ArchiveReader(ArchiveReader&&) noexcept = default;
ArchiveReader::~ArchiveReader() = default;

Error ArchiveReader::failure() const {
  const char* const text = archive_error_string(state_->handle.get());
  return malformed(text == nullptr ? "is damaged" : escaped(text));
}

Result<ArchiveReader> ArchiveReader::open_file(ArchiveKind kind, const std::string& file_name) {
  ArchiveReader reader(std::make_unique<State>());
  reader.state_->handle = reader_of(kind);
  const int opened =
      archive_read_open_filename(reader.state_->handle.get(), file_name.c_str(), kBlockSize);
  return opened == ARCHIVE_OK ? Result<ArchiveReader>(std::move(reader)) : reader.failure();
}

Result<ArchiveReader> ArchiveReader::open_bytes(ArchiveKind kind, std::string_view bytes) {
  ArchiveReader reader(std::make_unique<State>());
  reader.state_->handle = reader_of(kind);
  const int opened =
      archive_read_open_memory(reader.state_->handle.get(), bytes.data(), bytes.size());
  return opened == ARCHIVE_OK ? Result<ArchiveReader>(std::move(reader)) : reader.failure();
}

Result<ArchiveReader> ArchiveReader::open_entry(ArchiveKind kind, ArchiveReader& outer) {
  ArchiveReader reader(std::make_unique<State>());
  reader.state_->handle = reader_of(kind);
  reader.state_->nested = std::make_unique<Nested>();
  reader.state_->nested->outer = outer.state_->handle.get();
  const int opened = archive_read_open(reader.state_->handle.get(), reader.state_->nested.get(),
                                       nullptr, read_nested, nullptr);
  return opened == ARCHIVE_OK ? Result<ArchiveReader>(std::move(reader)) : reader.failure();
}

Result<bool> ArchiveReader::next() {
  const int read = archive_read_next_header(state_->handle.get(), &state_->entry);
  if (read == ARCHIVE_EOF) {
    return false;
  }
  // A warning says that something of the entry is lost.
  return read == ARCHIVE_OK ? Result<bool>(true) : failure();
}

std::string ArchiveReader::path() const {
  const char* const text = archive_entry_pathname(state_->entry);
  return text == nullptr ? std::string() : text;
}

// An ar archive has files alone, and some writers leave the type out of its modes ("644").
bool ArchiveReader::is_file() const {
  const auto type = archive_entry_filetype(state_->entry);
  const bool is_ar =
      (archive_format(state_->handle.get()) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_AR;
  return type == AE_IFREG || (is_ar && type == 0);
}

bool ArchiveReader::is_folder() const {
  return archive_entry_filetype(state_->entry) == AE_IFDIR;
}

std::uint64_t ArchiveReader::size() const {
  return archive_entry_size_is_set(state_->entry) != 0
             ? static_cast<std::uint64_t>(archive_entry_size(state_->entry))
             : 0;
}

std::string ArchiveReader::hard_link() const {
  const char* const text = archive_entry_hardlink(state_->entry);
  return text == nullptr ? std::string() : text;
}

Result<std::size_t> ArchiveReader::read(std::span<std::uint8_t> into) {
  const la_ssize_t size = archive_read_data(state_->handle.get(), into.data(), into.size());
  if (size < 0) {
    return failure();
  }
  state_->unpacked += static_cast<std::uint64_t>(size);
  if (state_->unpacked > limits::kPackageUnpackedSizeMax) {
    return Error{ErrorCode::kTooLarge, "package", 0, "unpacks to more than a package may have"};
  }
  return static_cast<std::size_t>(size);
}

}  // namespace quotemill::cli
