#include "engine/tpm/credential.h"

#include <string_view>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "engine/crypto/random.h"
#include "engine/crypto/seal.h"

namespace quotemill {
namespace {

using namespace std::string_view_literals;

// Part 1, B.10.4: the label of OAEP ends with its zero byte; the KDFs add theirs.
constexpr std::string_view kOaepLabel = "IDENTITY\0"sv;
constexpr std::string_view kKdfLabel = "IDENTITY";

// The seed, and how it travels.
struct Seed {
  Bytes value;
  Bytes sealed;  // TPMU_ENCRYPTED_SECRET
};

unsigned bits_of(HashAlgorithm algorithm) {
  return static_cast<unsigned>(digest_size(algorithm) * 8);
}

// Part 1, B.10.4 "Secret Sharing" for RSA.
Result<Seed> share_by_rsa(const PublicArea& ek, ByteView random) {
  Result<Bytes> sealed = encrypt_oaep(ek.key, ek.name_algorithm, kOaepLabel, random);
  if (!sealed) {
    return sealed.error();
  }
  return Seed{to_bytes(random), std::move(*sealed)};
}

// Part 1, C.6.4 "ECC Secret Sharing".
Result<Seed> share_by_ecdh(const PublicArea& ek) {
  const Result<Agreement> agreement = agree_once(ek.key);
  if (!agreement) {
    return agreement.error();
  }
  ByteWriter point;  // TPMS_ECC_POINT
  point.sized16_be(agreement->x).sized16_be(agreement->y);
  return Seed{kdf_e(ek.name_algorithm, agreement->z, kKdfLabel, agreement->x, ek.ecc_x,
                    bits_of(ek.name_algorithm)),
              point.take()};
}

Result<Seed> share_seed(const PublicArea& ek) {
  if (ek.key.kind() != KeyKind::kRsa) {
    return share_by_ecdh(ek);
  }
  const Result<Bytes> random = random_bytes(digest_size(ek.name_algorithm));
  if (!random) {
    return random.error();
  }
  return share_by_rsa(ek, *random);
}

}  // namespace

Result<Credential> make_credential(const PublicArea& ek, ByteView ak_name, ByteView secret) {
  const HashAlgorithm algorithm = ek.name_algorithm;
  if (secret.size() > digest_size(algorithm)) {
    return Error{ErrorCode::kTooLarge, "activation secret"};
  }
  if (ek.symmetric_bits == 0) {
    return Error{ErrorCode::kUnsupported, "endorsement key without AES"};
  }
  const Result<Seed> seed = share_seed(ek);
  if (!seed) {
    return seed.error();
  }
  const Bytes aes_key = kdf_a(algorithm, seed->value, "STORAGE", ak_name, {}, ek.symmetric_bits);
  const Bytes plain = ByteWriter().sized16_be(secret).take();  // TPM2B_DIGEST
  const Result<Bytes> identity = encrypt_aes_cfb(aes_key, plain);
  if (!identity) {
    return identity.error();
  }
  const Bytes mac_key = kdf_a(algorithm, seed->value, "INTEGRITY", {}, {}, bits_of(algorithm));
  const Bytes covered = ByteWriter().bytes(*identity).bytes(ak_name).take();
  const Digest mac = hmac(algorithm, mac_key, covered);
  // TPMS_ID_OBJECT: TPM2B_DIGEST integrityHMAC, then encIdentity without a length of its own.
  const Bytes object = ByteWriter().sized16_be(mac.view()).bytes(*identity).take();
  return Credential{ByteWriter().sized16_be(object).take(),
                    ByteWriter().sized16_be(seed->sealed).take()};
}

}  // namespace quotemill
