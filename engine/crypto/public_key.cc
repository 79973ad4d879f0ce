#include "engine/crypto/public_key.h"

#include <optional>

#include <openssl/pem.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/key_name.h"
#include "engine/crypto/openssl_values.h"

namespace quotemill {
namespace {

constexpr unsigned kRsaBitsMin = 1024;
constexpr unsigned kRsaBitsMax = 4096;
constexpr std::uint8_t kUncompressedPoint = 0x04;  // SEC 1, 2.3.3

struct Curve {
  KeyKind kind;
  const char* group;
  int nid;
  unsigned bits;
};

constexpr Curve kCurves[] = {
    {KeyKind::kEcP256, "P-256", NID_X9_62_prime256v1, 256},
    {KeyKind::kEcP384, "P-384", NID_secp384r1, 384},
    {KeyKind::kEcP521, "P-521", NID_secp521r1, 521},
};

const Curve* find_curve(KeyKind kind) {
  for (const Curve& curve : kCurves) {
    if (curve.kind == kind) {
      return &curve;
    }
  }
  return nullptr;
}

Error malformed(const char* context) {
  return {ErrorCode::kMalformed, context};
}

EvpPkey key_from(const char* type, OSSL_PARAM_BLD* build) {
  const OsslParams params(OSSL_PARAM_BLD_to_param(build));
  const EvpPkeyCtx context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
    return nullptr;
  }
  return EvpPkey(key);
}

Bytes padded(ByteView value, std::size_t size) {
  Bytes bytes(size - value.size());
  bytes.insert(bytes.end(), value.begin(), value.end());
  return bytes;
}

using SubjectPublicKey = std::unique_ptr<X509_PUBKEY, OpensslFree<X509_PUBKEY_free>>;

// RSAPublicKey (RFC 8017, A.1.1) through OpenSSL, then rebuilt from its numbers, so that a key has
// one form however it came.
Result<PublicKey> rsa_from(ByteView der) {
  const unsigned char* at = der.data();
  const EvpPkey key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  if (!key || at != der.data() + der.size()) {
    return malformed("RSAPublicKey");
  }
  BIGNUM* raw = nullptr;
  if (EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_E, &raw) != 1) {
    return malformed("RSAPublicKey");
  }
  const Bignum exponent(raw);
  const int bits = EVP_PKEY_get_bits(key.get());
  if (BN_num_bits(exponent.get()) > 32 || bits > static_cast<int>(kRsaBitsMax)) {
    return malformed("RSAPublicKey");
  }
  const std::size_t size = (static_cast<std::size_t>(bits) + 7) / 8;
  return PublicKey::rsa(key_number(key.get(), OSSL_PKEY_PARAM_RSA_N, size),
                        static_cast<std::uint32_t>(BN_get_word(exponent.get())));
}

// ECPoint (RFC 5480, 2.2) on a named curve; explicit parameters could name a curve of the sender's.
Result<PublicKey> ec_from(const X509_ALGOR* algorithm, ByteView point) {
  int type = 0;
  const void* parameter = nullptr;
  X509_ALGOR_get0(nullptr, &type, &parameter, algorithm);
  if (type != V_ASN1_OBJECT) {
    return Error{ErrorCode::kUnsupported, "ECParameters"};
  }
  const int nid = OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter));
  for (const Curve& curve : kCurves) {
    const std::size_t size = (curve.bits + 7) / 8;
    if (curve.nid == nid) {
      if (point.size() != 1 + 2 * size || point[0] != kUncompressedPoint) {
        return malformed("ECPoint");
      }
      return PublicKey::ec(curve.kind, point.subspan(1, size), point.subspan(1 + size));
    }
  }
  return Error{ErrorCode::kUnsupported, "ECParameters"};
}

}  // namespace

Result<PublicKey> PublicKey::rsa(ByteView modulus, std::uint32_t exponent) {
  if (modulus.size() > kRsaBitsMax / 8) {
    return malformed("RSA modulus");
  }
  const Bignum n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const Bignum e(BN_new());
  if (!n || !e || BN_set_word(e.get(), exponent) != 1) {
    return Error{ErrorCode::kCrypto, "RSA modulus"};
  }
  const auto bits = static_cast<unsigned>(BN_num_bits(n.get()));
  if (bits < kRsaBitsMin || BN_is_odd(n.get()) == 0) {
    return malformed("RSA modulus");
  }
  if (exponent < 3 || exponent % 2 == 0) {
    return malformed("RSA exponent");
  }
  const OsslParamBuild build(OSSL_PARAM_BLD_new());
  if (!build || OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return Error{ErrorCode::kCrypto, "RSA key"};
  }
  EvpPkey key = key_from("RSA", build.get());
  if (!key) {
    return malformed("RSA key");
  }
  return PublicKey(std::move(key), KeyKind::kRsa, bits);
}

Result<PublicKey> PublicKey::ec(KeyKind kind, ByteView x, ByteView y) {
  const Curve* const curve = find_curve(kind);
  if (curve == nullptr) {
    return Error{ErrorCode::kUnsupported, "EC curve"};
  }
  const std::size_t size = (curve->bits + 7) / 8;
  if (x.empty() || y.empty() || x.size() > size || y.size() > size) {
    return malformed("EC point");
  }
  ByteWriter point;
  point.u8(kUncompressedPoint).bytes(padded(x, size)).bytes(padded(y, size));
  const OsslParamBuild build(OSSL_PARAM_BLD_new());
  if (!build ||
      OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.view().data(),
                                       point.size()) != 1) {
    return Error{ErrorCode::kCrypto, "EC key"};
  }
  // Decoding the point checks that it is on the curve; the cofactor of these curves is 1.
  EvpPkey key = key_from("EC", build.get());
  if (!key) {
    return malformed("EC point");
  }
  return PublicKey(std::move(key), kind, curve->bits);
}

Result<PublicKey> PublicKey::from_spki_der(ByteView der) {
  if (der.size() > limits::kCertificateSizeMax) {
    return Error{ErrorCode::kTooLarge, "SubjectPublicKeyInfo"};
  }
  const unsigned char* at = der.data();
  const SubjectPublicKey spki(d2i_X509_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  if (!spki) {
    return malformed("SubjectPublicKeyInfo");
  }
  if (at != der.data() + der.size()) {
    return Error{ErrorCode::kTrailing, "SubjectPublicKeyInfo"};
  }
  ASN1_OBJECT* type = nullptr;
  const unsigned char* key = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  if (X509_PUBKEY_get0_param(&type, &key, &size, &algorithm, spki.get()) != 1) {
    return malformed("SubjectPublicKeyInfo");
  }
  const ByteView content(key, static_cast<std::size_t>(size));
  switch (OBJ_obj2nid(type)) {
    case NID_rsaEncryption:
    case NID_rsaesOaep:  // EK certificates of STMicroelectronics; OpenSSL knows no key of this type
      return rsa_from(content);
    case NID_X9_62_id_ecPublicKey:
      return ec_from(algorithm, content);
    default:
      return Error{ErrorCode::kUnsupported, "SubjectPublicKeyInfo"};
  }
}

Result<PublicKey> PublicKey::from_pem(std::string_view pem) {
  if (pem.size() > limits::kCertificateSizeMax) {
    return Error{ErrorCode::kTooLarge, "PEM public key"};
  }
  const BioHandle in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  unsigned char* raw = nullptr;
  long size = 0;
  if (!in || PEM_bytes_read_bio(&raw, &size, nullptr, PEM_STRING_PUBLIC, in.get(), nullptr,
                                nullptr) != 1) {
    return malformed("PEM public key");
  }
  const Bytes der = to_bytes({raw, static_cast<std::size_t>(size)});
  OPENSSL_free(raw);
  return from_spki_der(der);
}

std::string PublicKey::name() const {
  return key_name(kind_, bits_);
}

bool PublicKey::same_as(const PublicKey& other) const {
  return kind_ == other.kind_ && EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
}

Bytes PublicKey::spki_der() const {
  return to_der<EVP_PKEY>(i2d_PUBKEY, key_.get());
}

Bytes PublicKey::modulus() const {
  return key_number(key_.get(), OSSL_PKEY_PARAM_RSA_N, (bits_ + 7) / 8);
}

std::uint32_t PublicKey::exponent() const {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : key_number(key_.get(), OSSL_PKEY_PARAM_RSA_E, sizeof(value))) {
    value = value << 8U | byte;
  }
  return value;
}

Bytes PublicKey::x() const {
  return key_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, (bits_ + 7) / 8);
}

Bytes PublicKey::y() const {
  return key_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, (bits_ + 7) / 8);
}

}  // namespace quotemill
