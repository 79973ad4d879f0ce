#include "deploy/quotemill/packages/package_files.h"

#include <array>
#include <map>
#include <string_view>
#include <vector>

#include "deploy/quotemill/packages/archive_reader.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/crypto/hash_stream.h"

namespace quotemill::cli {
namespace {

constexpr std::size_t kBlockSize = std::size_t{64} * 1024;
constexpr std::string_view kDebianData = "data.tar";

Error refused(ErrorCode code, std::string detail) {
  return {code, "package", 0, std::move(detail)};
}

std::string_view stem_of(std::string_view file_name) {
  const std::string_view base = file_name.substr(file_name.rfind('/') + 1);  // npos + 1 is 0
  return base.substr(0, base.rfind('.'));
}

// "/usr/bin/ls" of "./usr/bin/ls" and "usr/bin/ls". kMalformed for one that leads elsewhere.
Result<std::string> installed_path(std::string_view path) {
  while (path.starts_with("./") || path.starts_with('/')) {
    path.remove_prefix(path.front() == '/' ? 1 : 2);
  }
  const std::string absolute = "/" + std::string(path);
  const bool leads_out = absolute.find("/../") != std::string::npos || absolute.ends_with("/..");
  const bool is_odd = absolute.find('\n') != std::string::npos ||
                      absolute.find('\r') != std::string::npos || path.empty() ||
                      absolute.size() > limits::kImaPathSizeMax;
  return leads_out || is_odd
             ? Result<std::string>(refused(ErrorCode::kMalformed,
                                           "has a path that no package may have: " + escaped(path)))
             : Result<std::string>(absolute);
}

Result<std::string> digest_of_content(ArchiveReader& reader) {
  std::array<std::uint8_t, kBlockSize> block;
  HashStream stream(HashAlgorithm::kSha256);
  while (true) {
    const Result<std::size_t> size = reader.read(block);
    if (!size) {
      return size.error();
    }
    if (*size == 0) {
      return stream.finish().hex();
    }
    stream.add(ByteView(block).first(*size));
  }
}

// The files of one package. Hard links share a content, which a tar has with the first of them and
// a cpio with the last.
class Listing {
 public:
  Result<void> add_all(ArchiveReader& reader) {
    while (true) {
      const Result<bool> is_there = reader.next();
      if (!is_there) {
        return is_there.error();
      }
      if (!*is_there) {
        return {};
      }
      if (Result<void> added = add(reader); !added) {
        return added;
      }
    }
  }

  Result<void> append_to(std::string& list) const {
    for (const auto& [path, content] : files_) {
      list += contents_[content] + "  " + path + "\n";
    }
    return list.size() <= limits::kReferenceFileSizeMax
               ? Result<void>()
               : refused(ErrorCode::kTooLarge,
                         "the list of all files is too long: import fewer packages at once");
  }

 private:
  Result<void> add(ArchiveReader& reader) {
    if (files_.size() == limits::kPackageEntriesMax) {
      return refused(ErrorCode::kTooLarge, "has more files than a package may have");
    }
    const std::string link = reader.hard_link();
    if (link.empty() && !reader.is_file()) {
      return {};
    }
    const Result<std::string> path = installed_path(reader.path());
    const Result<std::size_t> content = path ? content_of(link) : path.error();
    if (!content) {
      return content.error();
    }
    files_.insert_or_assign(*path, *content);
    if (!link.empty() && reader.size() == 0) {
      return {};
    }
    Result<std::string> digest = digest_of_content(reader);
    if (!digest) {
      return digest.error();
    }
    contents_[*content] = *std::move(digest);
    return {};
  }

  // A new one, or that of the file that is linked to, which must have come before.
  Result<std::size_t> content_of(const std::string& link) {
    if (link.empty()) {
      contents_.emplace_back();
      return contents_.size() - 1;
    }
    const Result<std::string> path = installed_path(link);
    const auto found = path ? files_.find(*path) : files_.end();
    return found == files_.end()
               ? Result<std::size_t>(refused(ErrorCode::kMalformed,
                                             "has a link to what is not there: " + escaped(link)))
               : Result<std::size_t>(found->second);
  }

  std::map<std::string, std::size_t, std::less<>> files_;  // the place of each one's content
  std::vector<std::string> contents_;                      // digests
};

Result<void> append_deb(const std::string& file_name, Listing& listing) {
  Result<ArchiveReader> outer = ArchiveReader::open_file(ArchiveKind::kAr, file_name);
  if (!outer) {
    return outer.error();
  }
  while (true) {
    const Result<bool> is_there = outer->next();
    if (!is_there) {
      return is_there.error();
    }
    if (!*is_there) {
      return refused(ErrorCode::kMalformed, "is no Debian package: it has no data.tar");
    }
    if (outer->path().starts_with(kDebianData)) {
      Result<ArchiveReader> data = ArchiveReader::open_entry(ArchiveKind::kTar, *outer);
      return data ? listing.add_all(*data) : data.error();
    }
  }
}

Result<void> append_rpm(const std::string& file_name, Listing& listing) {
  Result<ArchiveReader> reader = ArchiveReader::open_file(ArchiveKind::kRpmCpio, file_name);
  return reader ? listing.add_all(*reader) : reader.error();
}

}  // namespace

bool is_package(const std::string& file_name) {
  return file_name.ends_with(".deb") || file_name.ends_with(".rpm");
}

Result<void> append_package(const std::string& file_name, std::string& list) {
  list += "# package: " + escaped(stem_of(file_name)) + "\n";
  Listing listing;
  Result<void> appended =
      file_name.ends_with(".deb") ? append_deb(file_name, listing) : append_rpm(file_name, listing);
  if (appended) {
    appended = listing.append_to(list);
  }
  if (appended) {
    return {};
  }
  Error error = appended.error();
  error.detail = escaped(file_name) + ": " + error.detail;
  return error;
}

}  // namespace quotemill::cli
