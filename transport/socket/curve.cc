#include "transport/socket/curve.h"

#include <cstring>
#include <vector>
#include <zmq.h>

#include "engine/base/bytes.h"
#include "transport/files/private_file.h"
#include "transport/socket/zmq_error.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kZ85Size = 40;
constexpr std::string_view kPublicLabel = "public ";
constexpr std::string_view kSecretLabel = "secret ";
constexpr std::size_t kKeyFileSizeMax = 256;

constexpr std::string_view kZ85Alphabet =
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

Error file_error(ErrorCode code, const std::filesystem::path& path, const std::string& why) {
  return {code, "key file", 0, path.string() + ": " + why};
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
  const Result<CurveKeyPair> derived = key_pair_of(*secret_key);
  if (!derived || derived->public_key != *public_key) {
    return file_error(ErrorCode::kMalformed, path, "the public key is not that of the secret key");
  }
  return CurveKeyPair{*public_key, *secret_key};
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

Result<CurveKeyPair> key_pair_of(const CurveSecret& secret_key) {
  std::array<char, kZ85Size + 1> public_text{};
  if (zmq_curve_public(public_text.data(), to_z85(secret_key).c_str()) != 0) {
    return zmq_failure("CURVE public key", {});
  }
  const auto public_key = from_z85({public_text.data(), kZ85Size});
  if (!public_key) {
    return Error{ErrorCode::kInternal, "CURVE public key", 0, {}};
  }
  return CurveKeyPair{*public_key, secret_key};
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
  const Result<std::optional<Bytes>> contents = read_private_file(path.string(), kKeyFileSizeMax);
  if (!contents) {
    return contents.error();
  }
  if (!contents->has_value()) {
    return file_error(ErrorCode::kNotFound, path, "not there");
  }
  return parse_key_file(path, as_text(**contents));
}

Result<void> write_key_file(const std::filesystem::path& path, const CurveKeyPair& pair) {
  std::string text;
  text.append(kPublicLabel).append(to_z85(pair.public_key)).append("\n");
  text.append(kSecretLabel).append(to_z85(pair.secret_key)).append("\n");
  return create_private_file(path.string(), as_bytes(text));
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
