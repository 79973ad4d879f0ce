#include "deploy/quotemilld/key_files.h"

#include <algorithm>
#include <optional>

#include "engine/crypto/random.h"
#include "transport/files/private_file.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kFileSizeMax = 256;

std::string nonce_file(const std::string& folder) {
  return folder + "/nonce.keys";
}

}  // namespace

Result<EpochKey> fresh_epoch_key() {
  const Result<Bytes> random = random_bytes(EpochKey{}.size());
  if (!random) {
    return random.error();
  }
  EpochKey key{};
  std::copy(random->begin(), random->end(), key.begin());
  return key;
}

Result<NonceAuthority::Keys> load_nonce_keys(const std::string& folder, WallTime now) {
  const Result<std::optional<Bytes>> stored =
      transport::read_private_file(nonce_file(folder), kFileSizeMax);
  if (!stored) {
    return stored.error();
  }
  if (stored->has_value()) {
    const Result<NonceAuthority::Keys> keys = NonceAuthority::decode(**stored);
    return keys ? keys
                : Error{ErrorCode::kMalformed, "nonce keys", 0,
                        nonce_file(folder) +
                            " is damaged; remove it: hosts then ask for a challenge once"};
  }
  const Result<EpochKey> fresh = fresh_epoch_key();
  if (!fresh) {
    return fresh.error();
  }
  const NonceAuthority::Keys keys{*fresh, now, std::nullopt};
  if (const Result<void> written = store_nonce_keys(folder, keys); !written) {
    return written.error();
  }
  return keys;
}

Result<void> store_nonce_keys(const std::string& folder, const NonceAuthority::Keys& keys) {
  return transport::replace_private_file(nonce_file(folder), NonceAuthority::encode(keys));
}

}  // namespace quotemill::daemon
