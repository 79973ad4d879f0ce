#include "engine/crypto/key_agreement.h"

#include "engine/crypto/handles.h"

namespace quotemill {
namespace {

Error failure(const char* what) {
  return {ErrorCode::kCrypto, "x25519", 0, what};
}

}  // namespace

Result<Bytes> agree_x25519(ByteView secret, ByteView public_key) {
  const EvpPkey ours(
      EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, secret.data(), secret.size()));
  const EvpPkey theirs(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, public_key.data(),
                                                      public_key.size()));
  if (!ours || !theirs) {
    return failure("not a key");
  }
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, ours.get(), nullptr));
  Bytes shared(32);
  std::size_t size = shared.size();
  if (!context || EVP_PKEY_derive_init(context.get()) <= 0 ||
      EVP_PKEY_derive_set_peer(context.get(), theirs.get()) <= 0 ||
      EVP_PKEY_derive(context.get(), shared.data(), &size) <= 0 || size != shared.size()) {
    return failure("no agreement");
  }
  return shared;
}

}  // namespace quotemill
