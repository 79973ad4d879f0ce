#include "transport/agent/whole_file.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <system_error>
#include <unistd.h>

namespace quotemill::agent {

Error file_error(const char* context, const std::string& path) {
  const int code = errno;
  return {code == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, context, 0,
          path + ": " + std::generic_category().message(code)};
}

Result<Bytes> read_whole_file(int descriptor, const std::string& path, std::size_t max) {
  Bytes out;
  std::array<std::uint8_t, 65536> chunk{};
  for (;;) {
    const ssize_t got = read(descriptor, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return file_error("read", path);
    }
    if (got == 0) {
      return out;
    }
    if (out.size() + static_cast<std::size_t>(got) > max) {
      return Error{ErrorCode::kTooLarge, "read", max, path};
    }
    out.insert(out.end(), chunk.begin(), chunk.begin() + got);
  }
}

Result<Bytes> read_whole_file(const std::string& path, std::size_t max) {
  return read_file_from(path, 0, max);
}

Result<Bytes> read_file_from(const std::string& path, std::uint64_t from, std::size_t max) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) {
    return file_error("read", path);
  }
  if (from > 0 && lseek(descriptor, static_cast<off_t>(from), SEEK_SET) < 0) {
    const Error error = file_error("seek", path);
    close(descriptor);
    return error;
  }
  Result<Bytes> contents = read_whole_file(descriptor, path, max);
  close(descriptor);
  return contents;
}

}  // namespace quotemill::agent
