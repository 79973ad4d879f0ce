// The folder of transport/agent/agent_state.h.
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <sys/file.h>
#include <sys/stat.h>

#include "transport/agent/agent_state.h"
#include "transport/agent/whole_file.h"

namespace quotemill::agent {
namespace {

constexpr const char* kContext = "state folder";
constexpr const char* kStateFile = "state";
constexpr const char* kCurveKeyFile = "curve_key";
constexpr std::size_t kFileSizeMax = 16 * 1024;  // blobs of an AK are 1 kB

// A descriptor that is closed when it goes.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (value_ >= 0) {
      close(value_);
    }
  }

  [[nodiscard]] int get() const { return value_; }

  int release() { return std::exchange(value_, -1); }

 private:
  int value_;
};

Error denied(const std::string& path, std::string_view what, std::string_view remedy) {
  return {ErrorCode::kDenied, kContext, 0,
          path + " " + std::string(what) + "; if nobody has read it: " + std::string(remedy) + " " +
              path};
}

// Ours (or root's, for whom file modes mean nothing) and nobody else's.
Result<void> check_private(int descriptor, const std::string& path, const char* chmod_remedy) {
  struct stat status {};

  if (fstat(descriptor, &status) != 0) {
    return file_error(kContext, path);
  }
  if (status.st_uid != geteuid()) {
    return denied(path, "belongs to another user", "chown " + std::to_string(geteuid()));
  }
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return denied(path, "may be read or written by others", chmod_remedy);
  }
  return {};
}

Result<void> write_all(int descriptor, const std::string& path, ByteView contents) {
  while (!contents.empty()) {
    const ssize_t wrote = write(descriptor, contents.data(), contents.size());
    if (wrote < 0 && errno != EINTR) {
      return file_error(kContext, path);
    }
    if (wrote > 0) {
      contents = contents.subspan(static_cast<std::size_t>(wrote));
    }
  }
  if (fsync(descriptor) != 0) {
    return file_error(kContext, path);
  }
  return {};
}

}  // namespace

Result<StateFolder> StateFolder::open(const std::string& path) {
  if (mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
    return file_error(kContext, path);
  }
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (folder.get() < 0) {
    return file_error(kContext, path);
  }
  if (const auto is_private = check_private(folder.get(), path, "chmod 0700"); !is_private) {
    return is_private.error();
  }
  StateFolder out(path, folder.release());
  if (const Result<void> locked = out.lock(); !locked) {
    return locked.error();
  }
  return out;
}

StateFolder::StateFolder(StateFolder&& other) noexcept
    : path_(std::move(other.path_)),
      folder_(std::exchange(other.folder_, -1)),
      lock_(std::exchange(other.lock_, -1)) {}

StateFolder::~StateFolder() {
  const Descriptor folder(folder_);
  const Descriptor lock(lock_);
}

Result<void> StateFolder::lock() {
  lock_ = openat(folder_, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (lock_ < 0) {
    return file_error(kContext, path_ + "/lock");
  }
  if (flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    return Error{ErrorCode::kBusy, kContext, 0, path_ + " is in use by another agent"};
  }
  return {};
}

Result<std::optional<AgentState>> StateFolder::load_state() {
  const Result<std::optional<Bytes>> contents = read_private(kStateFile);
  if (!contents) {
    return contents.error();
  }
  if (!contents->has_value()) {
    return std::optional<AgentState>();
  }
  Result<AgentState> state = decode_agent_state(**contents);
  if (!state) {
    Error error = state.error();
    error.detail = path_ + "/" + kStateFile + " is damaged; remove it to enrol this host again";
    return error;
  }
  return std::optional<AgentState>(std::move(*state));
}

Result<void> StateFolder::save_state(const AgentState& state) {
  return replace(kStateFile, encode_agent_state(state));
}

Result<std::optional<Bytes>> StateFolder::load_curve_key() {
  return read_private(kCurveKeyFile);
}

Result<void> StateFolder::save_curve_key(ByteView key_pair) {
  return replace(kCurveKeyFile, key_pair);
}

Result<std::optional<Bytes>> StateFolder::read_private(const char* name) {
  const std::string path = path_ + "/" + name;
  const Descriptor file(openat(folder_, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) {
    const Error error = file_error(kContext, path);
    return error.code == ErrorCode::kNotFound ? Result<std::optional<Bytes>>(std::nullopt) : error;
  }
  if (const auto is_private = check_private(file.get(), path, "chmod 0600"); !is_private) {
    return is_private.error();
  }
  Result<Bytes> contents = read_whole_file(file.get(), path, kFileSizeMax);
  if (!contents) {
    return contents.error();
  }
  return std::optional<Bytes>(std::move(*contents));
}

Result<void> StateFolder::replace(const char* name, ByteView contents) {
  const std::string temporary = std::string(name) + ".new";
  const std::string path = path_ + "/" + temporary;
  unlinkat(folder_, temporary.c_str(), 0);  // left by a crash
  const Descriptor file(openat(folder_, temporary.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                               S_IRUSR | S_IWUSR));
  if (file.get() < 0) {
    return file_error(kContext, path);
  }
  if (Result<void> written = write_all(file.get(), path, contents); !written) {
    return written;
  }
  if (renameat(folder_, temporary.c_str(), folder_, name) != 0 || fsync(folder_) != 0) {
    return file_error(kContext, path_ + "/" + name);
  }
  return {};
}

}  // namespace quotemill::agent
