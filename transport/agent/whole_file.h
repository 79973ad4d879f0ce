// Reads files whose size is not known beforehand, with a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/bytes.h"
#include "engine/base/result.h"

namespace quotemill::agent {

// The whole file, read until its end whatever its size says: files of securityfs, sysfs and procfs
// claim 0 or 4096 bytes and come in short pieces. kNotFound if it is not there, kTooLarge beyond
// `max` bytes, else kIo; the detail names the path.
Result<Bytes> read_whole_file(const std::string& path, std::size_t max);

// From byte `from` on; empty if there is nothing behind it.
Result<Bytes> read_file_from(const std::string& path, std::uint64_t from, std::size_t max);

// The same from an open descriptor, which stays open; `path` is for the error only.
Result<Bytes> read_whole_file(int descriptor, const std::string& path, std::size_t max);

// An Error of the last system call (errno) about `path`.
Error file_error(const char* context, const std::string& path);

}  // namespace quotemill::agent
