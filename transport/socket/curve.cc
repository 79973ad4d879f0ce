#include "transport/socket/curve.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <vector>
#include <zmq.h>

#include <sys/stat.h>

#include "engine/base/bytes.h"
#include "transport/socket/zmq_error.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kZ85Size = 40;
constexpr std::string_view kPublicLabel = "public ";
constexpr std::string_view kSecretLabel = "secret ";
constexpr std::size_t kKeyFileSize = 2 * (7 + kZ85Size + 1);

constexpr std::string_view kZ85Alphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}

  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

Error file_error(ErrorCode code, const std::filesystem::path& path, const std::string& why) {
  return {code, "key file", 0, path.string() + ": " + why};
}

Error errno_error(const std::filesystem::path& path) {
  return file_error(errno == EEXIST ? ErrorCode::kConflict : ErrorCode::kIo, path,
                    std::strerror(errno));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    text.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

// One line "label Z85\n", taken off `text`.
std::optional<CurveKey> take_line(std::string_view& text, std::string_view label) {
  if (text.size() < label.size() + kZ85Size + 1 || !text.starts_with(label) ||
      text[label.size() + kZ85Size] != '\n') {
    return std::nullopt;
  }
  const std::optional<CurveKey> key = from_z85(text.substr(label.size(), kZ85Size));
  text.remove_prefix(label.size() + kZ85Size + 1);
  return key;
}

Result<CurveKeyPair> parse_key_file(const std::filesystem::path& path, std::string_view text) {
  const std::optional<CurveKey> public_key = take_line(text, kPublicLabel);
  const std::optional<CurveKey> secret_key =
      public_key ? take_line(text, kSecretLabel) : std::nullopt;
  if (!secret_key || !text.empty()) {
    return file_error(ErrorCode::kMalformed, path, "not a CURVE key pair");
  }
  // A pair whose halves do not belong together fails every handshake without a word.
  std::array<char, kZ85Size + 1> derived{};
  if (zmq_curve_public(derived.data(), to_z85(*secret_key).c_str()) != 0 ||
      to_z85(*public_key) != derived.data()) {
    return file_error(ErrorCode::kMalformed, path, "the public key is not that of the secret key");
  }
  return CurveKeyPair{*public_key, *secret_key};
}

Result<void> write_new(const std::filesystem::path& path, std::string_view text) {
  const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                             S_IRUSR | S_IWUSR));
  if (fd.get() < 0 || !write_all(fd.get(), text) || ::fsync(fd.get()) != 0) {
    return errno_error(path);
  }
  return {};
}

void sync_folder(const std::filesystem::path& path) {
  const Descriptor fd(::open(path.has_parent_path() ? path.parent_path().c_str() : ".",
                             O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() >= 0) {
    ::fsync(fd.get());
  }
}

}  // namespace

Result<CurveKeyPair> generate_key_pair() {
  std::array<char, kZ85Size + 1> public_text{};
  std::array<char, kZ85Size + 1> secret_text{};
  if (zmq_curve_keypair(public_text.data(), secret_text.data()) != 0) {
    return zmq_failure("CURVE key pair", {});
  }
  const auto public_key = from_z85({public_text.data(), kZ85Size});
  const auto secret_key = from_z85({secret_text.data(), kZ85Size});
  explicit_bzero(secret_text.data(), secret_text.size());
  if (!public_key || !secret_key) {
    return Error{ErrorCode::kInternal, "CURVE key pair", 0, {}};
  }
  return CurveKeyPair{*public_key, *secret_key};
}

std::string to_z85(const CurveKey& key) {
  std::array<char, kZ85Size + 1> text{};
  zmq_z85_encode(text.data(), key.data(), key.size());
  return {text.data(), kZ85Size};
}

std::optional<CurveKey> from_z85(std::string_view text) {
  // libzmq 4.3.4 checks neither the characters' range nor all overflows; the round trip does.
  if (text.size() != kZ85Size || text.find_first_not_of(kZ85Alphabet) != std::string_view::npos) {
    return std::nullopt;
  }
  CurveKey key{};
  if (zmq_z85_decode(key.data(), std::string(text).c_str()) == nullptr || to_z85(key) != text) {
    return std::nullopt;
  }
  return key;
}

Result<CurveKeyPair> read_key_file(const std::filesystem::path& path) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));

  struct stat info {};

  if (fd.get() < 0 || ::fstat(fd.get(), &info) != 0) {
    return file_error(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, path,
                      std::strerror(errno));
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return file_error(ErrorCode::kDenied, path, "others may read it; run chmod 600 on it");
  }
  std::array<char, kKeyFileSize + 1> text{};
  const ssize_t size = ::read(fd.get(), text.data(), text.size());
  if (size < 0) {
    return errno_error(path);
  }
  return parse_key_file(path, {text.data(), static_cast<std::size_t>(size)});
}

Result<void> write_key_file(const std::filesystem::path& path, const CurveKeyPair& pair) {
  std::string text;
  text.append(kPublicLabel).append(to_z85(pair.public_key)).append("\n");
  text.append(kSecretLabel).append(to_z85(pair.secret_key)).append("\n");
  // Written aside and linked into place: the name never leads to half a key.
  const std::filesystem::path aside = path.string() + ".new." + std::to_string(::getpid());
  ::unlink(aside.c_str());
  if (Result<void> written = write_new(aside, text); !written) {
    return written.error();
  }
  const int linked = ::link(aside.c_str(), path.c_str());
  const Error error = linked == 0 ? Error{} : errno_error(path);
  ::unlink(aside.c_str());
  if (linked != 0) {
    return error;
  }
  sync_folder(path);
  return {};
}

Result<CurveKeyPair> load_or_create_key_file(const std::filesystem::path& path) {
  Result<CurveKeyPair> existing = read_key_file(path);
  if (existing || existing.error().code != ErrorCode::kNotFound) {
    return existing;
  }
  Result<CurveKeyPair> fresh = generate_key_pair();
  if (!fresh) {
    return fresh.error();
  }
  if (Result<void> written = write_key_file(path, *fresh); !written) {
    return written.error();
  }
  return fresh;
}

}  // namespace quotemill::transport
