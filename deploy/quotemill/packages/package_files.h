// The files of packages, hashed: what IMA measures on a host that has them installed.
//
// A package's own list of digests is not enough (dpkg has MD5 sums), so its files are unpacked and
// hashed, never written. What is unpacked is bounded in number and size. This folder alone knows
// libarchive.
#pragma once

#include <string>

#include "engine/base/result.h"

namespace quotemill::cli {

// Whether the name ends as those of packages do: .deb or .rpm.
bool is_package(const std::string& file_name);

// Appends the regular files of a .deb (its data archive) or .rpm, hard links as well, to `list`, a
// list as engine/baseline/reference_list.h has them, under "# package: NAME". Symbolic links are
// none: IMA measures what they lead to. kMalformed if it is no such package, is damaged, or has a
// path that leads out of it ("..") or that a list cannot hold; kTooLarge beyond
// limits::kPackageUnpackedSizeMax, kPackageEntriesMax or kReferenceFileSizeMax; kIo if it cannot be
// read. The detail names the file.
Result<void> append_package(const std::string& file_name, std::string& list);

}  // namespace quotemill::cli
