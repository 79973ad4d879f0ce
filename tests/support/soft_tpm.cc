#include "tests/support/soft_tpm.h"

#include <openssl/rsa.h>

#include "engine/base/byte_reader.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/hash.h"
#include "engine/tpm/quote.h"

namespace quotemill::testing {
namespace {

constexpr std::size_t kSizeMax = 2048;

const EVP_MD* message_digest(HashAlgorithm algorithm) {
  return algorithm == HashAlgorithm::kSha384 ? EVP_sha384() : EVP_sha256();
}

Bytes decrypt_oaep(evp_pkey_st* key, HashAlgorithm algorithm, ByteView sealed) {
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  const std::string label("IDENTITY\0", 9);
  void* const owned = OPENSSL_memdup(label.data(), label.size());
  std::size_t size = sealed.size();
  Bytes plain(size);
  if (EVP_PKEY_decrypt_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
      EVP_PKEY_CTX_set_rsa_oaep_md(context.get(), message_digest(algorithm)) != 1 ||
      EVP_PKEY_CTX_set0_rsa_oaep_label(context.get(), owned, 9) != 1 ||
      EVP_PKEY_decrypt(context.get(), plain.data(), &size, sealed.data(), sealed.size()) != 1) {
    return {};
  }
  plain.resize(size);
  return plain;
}

Bytes shared_x(evp_pkey_st* key, const PublicKey& peer) {
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  std::size_t size = 0;
  if (EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), peer.handle().get()) != 1 ||
      EVP_PKEY_derive(context.get(), nullptr, &size) != 1) {
    return {};
  }
  Bytes z(size);
  return EVP_PKEY_derive(context.get(), z.data(), &size) == 1 ? z : Bytes{};
}

Bytes seed_of(const PublicArea& ek, evp_pkey_st* key, ByteView sealed) {
  if (ek.key.kind() == KeyKind::kRsa) {
    return decrypt_oaep(key, ek.name_algorithm, sealed);
  }
  ByteReader in(sealed);  // TPMS_ECC_POINT
  const ByteView x = in.sized16_be(kSizeMax);
  const ByteView y = in.sized16_be(kSizeMax);
  const Result<PublicKey> peer = PublicKey::ec(ek.key.kind(), x, y);
  if (!in.ok() || !peer) {
    return {};
  }
  const auto bits = static_cast<unsigned>(digest_size(ek.name_algorithm) * 8);
  return kdf_e(ek.name_algorithm, shared_x(key, *peer), "IDENTITY", x, ek.key.x(), bits);
}

Bytes decrypt_aes128_cfb(ByteView key, ByteView sealed) {
  const EvpCipherCtx context(EVP_CIPHER_CTX_new());
  const Bytes zeros(16);
  Bytes plain(sealed.size());
  int size = 0;
  EVP_DecryptInit_ex(context.get(), EVP_aes_128_cfb128(), nullptr, key.data(), zeros.data());
  EVP_DecryptUpdate(context.get(), plain.data(), &size, sealed.data(),
                    static_cast<int>(sealed.size()));
  return plain;
}

}  // namespace

TpmVendor::TpmVendor()
    : key(SigningKey::generate(KeyKind::kEcP256)),
      root(self_signed({.common_name = "Test TPM root", .ca = true}, key)) {}

Certificate TpmVendor::certify(const PublicKey& ek) const {
  return issue({.critical_tcg_san = true, .extended_usage = "2.23.133.8.1"}, ek, key, root);
}

SoftTpm::SoftTpm(KeyKind kind)
    : ek_key(SigningKey::generate(kind)),
      ak_key(SigningKey::generate(kind)),
      ek(good_endorsement_key(ek_key.public_key())),
      ak(good_attestation_key(ak_key.public_key())) {}

void SoftTpm::replace_ak() {
  ak_key = SigningKey::generate(ak.key.kind());
  ak = good_attestation_key(ak_key.public_key());
}

// Part 3, 12.5, with Part 1, 24.
Result<Bytes> SoftTpm::activate(ByteView id_object, ByteView encrypted_secret) const {
  ByteReader secret_in(encrypted_secret);
  const Bytes seed = seed_of(ek, ek_key.handle(), secret_in.sized16_be(kSizeMax));
  ByteReader id_in(id_object);
  ByteReader content(id_in.sized16_be(kSizeMax));
  const ByteView mac = content.sized16_be(kDigestSizeMax);
  const ByteView identity = content.rest();
  const auto bits = static_cast<unsigned>(digest_size(ek.name_algorithm) * 8);
  const Bytes mac_key = kdf_a(ek.name_algorithm, seed, "INTEGRITY", {}, {}, bits);
  Bytes covered = to_bytes(identity);
  const Bytes name = ak.name();
  covered.insert(covered.end(), name.begin(), name.end());
  if (seed.empty() || !equal(mac, hmac(ek.name_algorithm, mac_key, covered).view())) {
    return Error{ErrorCode::kTpm, "TPM2_ActivateCredential"};
  }
  const Bytes key = kdf_a(ek.name_algorithm, seed, "STORAGE", name, {}, 128);
  const Bytes plain = decrypt_aes128_cfb(key, identity);
  ByteReader plain_in(plain);
  return to_bytes(plain_in.sized16_be(kDigestSizeMax));
}

EnrolmentProof SoftTpm::quote(ByteView qualifying_data) const {
  const Digest pcrs;
  const Bytes signer = ak.qualified_name(endorsement_qualified_name(ek));
  const Quote quote{.qualified_signer = signer,
                    .extra_data = qualifying_data,
                    .clock = {.clock_ms = 1000, .reset_count = 1, .restart_count = 0, .safe = true},
                    .firmware_version = 1,
                    .selections = {{HashAlgorithm::kSha256, 1}},
                    .pcr_digest = pcrs.view()};
  EnrolmentProof proof;
  proof.attest = encode_quote(quote);
  proof.signature = ak_key.sign_as_tpm(proof.attest);
  return proof;
}

EnrolmentProof SoftTpm::prove(const OpenEnrolment& open) const {
  const Result<Bytes> secret =
      activate(open.credential.id_object, open.credential.encrypted_secret);
  EnrolmentProof proof = quote(enrolment_qualifying_data(open.transcript).view());
  if (secret) {
    proof.hmac = to_bytes(enrolment_hmac(*secret, open.transcript).view());
  }
  return proof;
}

EnrolRequest SoftTpm::request(const std::string& name, const TpmVendor& vendor) const {
  return {.name = name,
          .ek_certificate = vendor.certify(ek.key).der(),
          .ek_public = ek.encoded,
          .ak_public = ak.encoded,
          .token = {}};
}

}  // namespace quotemill::testing
