#include "transport/files/private_file.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <sys/stat.h>

namespace quotemill::transport {
namespace {

Error system_error(const std::string& path) {
  const ErrorCode code = errno == ENOENT   ? ErrorCode::kNotFound
                         : errno == EEXIST ? ErrorCode::kConflict
                                           : ErrorCode::kIo;
  return {code, "", 0, path + ": " + std::generic_category().message(errno)};
}

Error denied(const std::string& path, const std::string& what, const std::string& remedy) {
  return {ErrorCode::kDenied, "", 0,
          path + " " + what + "; if nobody has read it: " + remedy + " " + path};
}

// Ours and nobody else's.
Result<void> check_private(int descriptor, const std::string& path, const std::string& mode) {
  struct stat status {};

  if (::fstat(descriptor, &status) != 0) {
    return system_error(path);
  }
  if (status.st_uid != ::geteuid()) {
    return denied(path, "belongs to another user", "chown " + std::to_string(::geteuid()));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return denied(path, "may be read or written by others", "chmod " + mode);
  }
  return {};
}

Result<void> write_all(int descriptor, const std::string& path, ByteView contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(descriptor, contents.data(), contents.size());
    if (written < 0 && errno != EINTR) {
      return system_error(path);
    }
    contents = contents.subspan(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return ::fsync(descriptor) == 0 ? Result<void>() : system_error(path);
}

Result<void> sync_folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  const Descriptor descriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (descriptor.get() < 0 || ::fsync(descriptor.get()) != 0) {
    return system_error(folder);
  }
  return {};
}

// The name of a new file with these contents, in the same folder.
Result<std::string> write_beside(const std::string& path, ByteView contents) {
  std::string beside = path + ".new";
  ::unlink(beside.c_str());  // left by a crash
  const Descriptor file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               S_IRUSR | S_IWUSR));
  if (file.get() < 0) {
    return system_error(beside);
  }
  if (const Result<void> written = write_all(file.get(), beside, contents); !written) {
    return written.error();
  }
  return beside;
}

// Why the folder cannot be made or opened (errno), and what to do.
Error folder_error(const std::string& folder, const std::string& setting) {
  Error error = system_error(folder);
  std::string parent = std::filesystem::path(folder).parent_path().string();
  parent = parent.empty() ? "." : parent;
  if (errno == ENOENT) {
    error.detail = folder + " cannot be made: there is no " + parent + "; mkdir -p " + parent;
  } else if (errno == EACCES || errno == EPERM || errno == EROFS) {
    error.detail += "; run it as a user who may write to " + parent;
  } else if (errno == ENOTDIR || errno == ELOOP) {
    error.detail = folder + " is no folder, or a symbolic link; move it away";
  }
  error.detail += ", or set another " + setting;
  return error;
}

}  // namespace

Result<void> prepare_private_folder(const std::string& folder, const std::string& setting) {
  if (::mkdir(folder.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return folder_error(folder, setting);
  }
  const Descriptor descriptor(
      ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (descriptor.get() < 0) {
    return folder_error(folder, setting);
  }
  return check_private(descriptor.get(), folder, "0700");
}

Result<std::optional<Bytes>> read_private_file(const std::string& path, std::size_t size_max) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    const Error error = system_error(path);
    return error.code == ErrorCode::kNotFound ? Result<std::optional<Bytes>>(std::nullopt) : error;
  }
  if (const Result<void> checked = check_private(file.get(), path, "0600"); !checked) {
    return checked.error();
  }
  Bytes contents(size_max + 1);
  std::size_t size = 0;
  while (size < contents.size()) {
    const std::span<std::uint8_t> room = std::span(contents).subspan(size);
    const ssize_t got = ::read(file.get(), room.data(), room.size());
    if (got < 0 && errno != EINTR) {
      return system_error(path);
    }
    if (got == 0) {
      break;
    }
    size += got < 0 ? 0 : static_cast<std::size_t>(got);
  }
  if (size > size_max) {
    return Error{ErrorCode::kTooLarge, "", 0, path + ": larger than it can be"};
  }
  contents.resize(size);
  return std::optional<Bytes>(std::move(contents));
}

Descriptor::~Descriptor() {
  if (value_ >= 0) {
    ::close(value_);
  }
}

Result<void> replace_private_file(const std::string& path, ByteView contents) {
  const Result<std::string> beside = write_beside(path, contents);
  if (!beside) {
    return beside.error();
  }
  if (::rename(beside->c_str(), path.c_str()) != 0) {
    return system_error(path);
  }
  return sync_folder_of(path);
}

Result<void> create_private_file(const std::string& path, ByteView contents) {
  const Result<std::string> beside = write_beside(path, contents);
  if (!beside) {
    return beside.error();
  }
  // Linked into place: the name never leads to half a file, nor replaces one.
  const bool linked = ::link(beside->c_str(), path.c_str()) == 0;
  const Error error = linked ? Error{} : system_error(path);
  ::unlink(beside->c_str());
  return linked ? sync_folder_of(path) : Result<void>(error);
}

}  // namespace quotemill::transport
