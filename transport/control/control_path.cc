#include "transport/control/control_path.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <unistd.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace quotemill::transport {

namespace {

Error about(ErrorCode code, const std::string& path, const std::string& what) {
  return {code, "control socket", 0, path + ": " + what};
}

Result<void> check_length(const std::string& path) {
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return about(ErrorCode::kConfig, path,
                 "a socket's path has 1 to " + std::to_string(sizeof(sockaddr_un::sun_path) - 1) +
                     " characters");
  }
  return {};
}

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (number_ >= 0) {
      close(number_);
    }
  }

  [[nodiscard]] int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

Result<void> prepare_control_socket(const std::string& socket_path) {
  if (Result<void> fits = check_length(socket_path); !fits) {
    return fits;
  }
  const std::filesystem::path parent = std::filesystem::path(socket_path).parent_path();
  const std::string folder = parent.empty() ? "." : parent.string();
  std::error_code failure;
  if (!std::filesystem::exists(folder, failure)) {
    std::filesystem::create_directories(parent.parent_path(), failure);
    if (mkdir(folder.c_str(), 0750) != 0 && errno != EEXIST) {
      return about(ErrorCode::kIo, folder, std::generic_category().message(errno));
    }
  }

  struct stat status {};

  if (lstat(folder.c_str(), &status) != 0) {
    return about(ErrorCode::kIo, folder, std::generic_category().message(errno));
  }
  if (!S_ISDIR(status.st_mode)) {
    return about(ErrorCode::kConfig, folder, "is no folder");
  }
  if (status.st_uid != geteuid()) {
    return about(ErrorCode::kDenied, folder,
                 "belongs to another user, who could take the socket's place; chown it");
  }
  if ((status.st_mode & 0027U) != 0) {
    return about(ErrorCode::kDenied, folder,
                 "others than its group may enter it, or the group may write to it; chmod 0750");
  }
  if (probe_control_socket(socket_path)) {
    return about(ErrorCode::kConflict, socket_path,
                 "another daemon listens there; stop it, or give this one a path of its own");
  }
  return {};
}

Result<void> restrict_control_socket(const std::string& socket_path) {
  if (chmod(socket_path.c_str(), 0660) != 0) {
    return about(ErrorCode::kIo, socket_path, std::generic_category().message(errno));
  }
  return {};
}

Result<void> probe_control_socket(const std::string& socket_path) {
  if (Result<void> fits = check_length(socket_path); !fits) {
    return fits;
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(socket_path.begin(), socket_path.end(), std::begin(address.sun_path));
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket.number() < 0) {
    return about(ErrorCode::kIo, socket_path, std::generic_category().message(errno));
  }
  const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
  // EAGAIN: somebody listens, and is busy.
  if (connect(socket.number(), generic, sizeof address) == 0 || errno == EAGAIN) {
    return {};
  }
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
      return about(ErrorCode::kNotFound, socket_path, "there is no such socket");
    case EACCES:
    case EPERM:
      return about(ErrorCode::kDenied, socket_path, "you may not use it");
    default:
      return about(ErrorCode::kIo, socket_path, std::generic_category().message(errno));
  }
}

std::string control_endpoint(const std::string& socket_path) {
  return "ipc://" + socket_path;
}

}  // namespace quotemill::transport
