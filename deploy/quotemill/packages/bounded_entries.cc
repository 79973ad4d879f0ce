#include "deploy/quotemill/packages/bounded_entries.h"

#include <array>
#include <set>

#include "engine/base/text.h"
#include "engine/crypto/hash_stream.h"

namespace quotemill::cli {
namespace {

constexpr std::size_t kBlockSize = std::size_t{64} * 1024;

// The path without "./" before it; kMalformed for one that leads elsewhere.
Result<std::string> plain_path(std::string path) {
  while (path.starts_with("./")) {
    path.erase(0, 2);
  }
  const std::string guarded = "/" + path + "/";
  const bool is_odd = path.starts_with('/') || path.find('\\') != std::string::npos ||
                      guarded.find("/../") != std::string::npos || path.size() > 1'024;
  return is_odd ? Result<std::string>(image_error(
                      ErrorCode::kMalformed, "has a path that leads elsewhere: " + escaped(path)))
                : Result<std::string>(std::move(path));
}

using Sink = std::function<Result<void>(ByteView)>;

// All bytes of the entry that it is at.
Result<void> drain(ArchiveReader& reader, Budget& budget, const Sink& sink) {
  std::array<std::uint8_t, kBlockSize> block;
  while (true) {
    const Result<std::size_t> size = reader.read(block);
    if (!size) {
      return size.error();
    }
    if (*size == 0) {
      return {};
    }
    if (Result<void> taken = budget.take(*size); !taken) {
      return taken;
    }
    if (Result<void> given = sink(ByteView(block).first(*size)); !given) {
      return given;
    }
  }
}

}  // namespace

Error image_error(ErrorCode code, std::string detail) {
  return {code, "image", 0, std::move(detail)};
}

Error in_file(Error error, std::string_view name) {
  error.detail = escaped(name, 200) + ": " + error.detail;
  return error;
}

Result<void> Budget::take(std::size_t size) {
  used_ += size;
  return used_ <= size_
             ? Result<void>()
             : image_error(ErrorCode::kTooLarge, "unpacks to more than such a file may have");
}

Result<void> Budget::count_entry() {
  return ++entries_ <= limits::kEsxiEntriesMax
             ? Result<void>()
             : image_error(ErrorCode::kTooLarge, "has more entries than such a file may have");
}

Result<std::string> content_of(ArchiveReader& reader, Budget& budget, std::size_t size_max) {
  std::string content;
  const Result<void> read = drain(reader, budget, [&](ByteView part) {
    content += as_text(part);
    return content.size() <= size_max
               ? Result<void>()
               : image_error(ErrorCode::kTooLarge,
                             "is larger than " + std::to_string(size_max) + " bytes");
  });
  return read ? Result<std::string>(std::move(content)) : read.error();
}

Result<void> pass_over(ArchiveReader& reader, Budget& budget) {
  return drain(reader, budget, [](ByteView) { return Result<void>(); });
}

Result<Digest> digest_of(ArchiveReader& reader, bool is_there, Budget& budget) {
  HashStream stream(HashAlgorithm::kSha256);
  const Result<void> read = is_there ? drain(reader, budget,
                                             [&stream](ByteView part) {
                                               stream.add(part);
                                               return Result<void>();
                                             })
                                     : Result<void>();
  return read ? Result<Digest>(stream.finish()) : read.error();
}

Result<void> for_each_file(
    ArchiveReader& reader, Budget& budget,
    const std::function<Result<void>(const std::string& path, ArchiveReader& reader)>& visit) {
  std::set<std::string> seen;
  while (true) {
    const Result<bool> is_there = reader.next();
    if (!is_there) {
      return is_there.error();
    }
    if (!*is_there) {
      return {};
    }
    if (Result<void> counted = budget.count_entry(); !counted) {
      return counted;
    }
    const Result<std::string> path = plain_path(reader.path());
    if (!path) {
      return path.error();
    }
    if (reader.is_folder()) {
      continue;
    }
    if (!reader.is_file() || !reader.hard_link().empty()) {
      return image_error(ErrorCode::kMalformed,
                         "has a link, or what is neither file nor folder: " + escaped(*path));
    }
    if (!seen.insert(*path).second) {
      return image_error(ErrorCode::kConflict, "has a file twice: " + escaped(*path));
    }
    if (Result<void> visited = visit(*path, reader); !visited) {
      return in_file(visited.error(), *path);
    }
  }
}

}  // namespace quotemill::cli
