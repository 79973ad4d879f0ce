#include "engine/crypto/public_key.h"

#include <algorithm>
#include <bit>

#include <openssl/pem.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/der_writer.h"
#include "engine/crypto/handles.h"
#include "engine/crypto/key_name.h"
#include "engine/crypto/openssl_values.h"

namespace quotemill {
namespace {

constexpr unsigned kRsaBitsMin = 1024;
constexpr unsigned kRsaBitsMax = 4096;
constexpr std::uint8_t kUncompressedPoint = 0x04;

// AlgorithmIdentifier of rsaEncryption, with NULL as its parameters (RFC 3279, 2.3.1), and of
// id-ecPublicKey with a named curve (RFC 5480, 2.1.1).
constexpr std::uint8_t kRsaAlgorithm[] = {0x30, 0x0D, 0x06, 0x09, 0x2A, 0x86, 0x48, 0x86,
                                          0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00};
constexpr std::uint8_t kP256Algorithm[] = {0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48,
                                           0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A,
                                           0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07};
constexpr std::uint8_t kP384Algorithm[] = {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                                           0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x22};
constexpr std::uint8_t kP521Algorithm[] = {0x30, 0x10, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D,
                                           0x02, 0x01, 0x06, 0x05, 0x2B, 0x81, 0x04, 0x00, 0x23};

struct Curve {
  KeyKind kind;
  const char* group;
  int nid;
  unsigned bits;
  ByteView algorithm;
};

constexpr Curve kCurves[] = {
    {KeyKind::kEcP256, "P-256", NID_X9_62_prime256v1, 256, kP256Algorithm},
    {KeyKind::kEcP384, "P-384", NID_secp384r1, 384, kP384Algorithm},
    {KeyKind::kEcP521, "P-521", NID_secp521r1, 521, kP521Algorithm},
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

EvpPkey rsa_key(ByteView modulus, std::uint32_t exponent) {
  const Bignum n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  const Bignum e(BN_new());
  const OsslParamBuild build(OSSL_PARAM_BLD_new());
  if (!n || !e || !build || BN_set_word(e.get(), exponent) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
      OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
    return nullptr;
  }
  return key_from("RSA", build.get());
}

// SEC 1, 2.3.3.
Bytes uncompressed(ByteView coordinates) {
  return ByteWriter().u8(kUncompressedPoint).bytes(coordinates).take();
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

// What copies of a key share.
struct PublicKey::Parts {
  // The first or second of the two coordinates.
  [[nodiscard]] Bytes coordinate(std::size_t index) const {
    const std::size_t size = numbers.size() / 2;
    return exponent == 0 ? to_bytes(ByteView(numbers).subspan(index * size, size)) : Bytes();
  }

  Bytes numbers;                      // the modulus, or both coordinates; each of full length
  std::uint32_t exponent = 0;         // 0: an EC key
  std::shared_ptr<EVP_PKEY> openssl;  // null: of an RSA key, made when it is asked for
};

Result<PublicKey> PublicKey::rsa(ByteView modulus, std::uint32_t exponent) {
  if (modulus.size() > kRsaBitsMax / 8) {
    return malformed("RSA modulus");
  }
  const ByteView number = der::digits_of(modulus);
  const auto bits = number.empty() ? 0U
                                   : static_cast<unsigned>(8 * number.size()) -
                                         static_cast<unsigned>(std::countl_zero(number.front()));
  if (bits < kRsaBitsMin || number.back() % 2 == 0) {
    return malformed("RSA modulus");
  }
  if (exponent < 3 || exponent % 2 == 0) {
    return malformed("RSA exponent");
  }
  return PublicKey(std::make_shared<const Parts>(Parts{to_bytes(number), exponent, nullptr}),
                   KeyKind::kRsa, bits);
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
  Bytes coordinates(2 * size);
  std::copy(x.begin(), x.end(), std::span(coordinates).subspan(size - x.size()).begin());
  std::copy(y.begin(), y.end(), std::span(coordinates).subspan(2 * size - y.size()).begin());
  const Bytes point = uncompressed(coordinates);
  const OsslParamBuild build(OSSL_PARAM_BLD_new());
  if (!build ||
      OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) !=
          1 ||
      OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                       point.size()) != 1) {
    return Error{ErrorCode::kCrypto, "EC key"};
  }
  // Decoding the point checks that it is on the curve; the cofactor of these curves is 1.
  EvpPkey key = key_from("EC", build.get());
  if (!key) {
    return malformed("EC point");
  }
  return PublicKey(std::make_shared<const Parts>(Parts{std::move(coordinates), 0, std::move(key)}),
                   kind, curve->bits);
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
    case NID_rsaesOaep: {  // EK certificates of STMicroelectronics, a type that OpenSSL has no key
                           // of
      const Result<PublicKey> numbers = rsa_from(content);
      return numbers ? numbers->with_handle() : numbers;
    }
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

std::shared_ptr<EVP_PKEY> PublicKey::handle() const {
  if (parts_->openssl != nullptr || kind_ != KeyKind::kRsa) {
    return parts_->openssl;
  }
  return rsa_key(parts_->numbers, parts_->exponent);
}

Result<PublicKey> PublicKey::with_handle() const {
  std::shared_ptr<EVP_PKEY> key = handle();
  if (!key) {
    return malformed("RSA key");
  }
  return PublicKey(
      std::make_shared<const Parts>(Parts{parts_->numbers, parts_->exponent, std::move(key)}),
      kind_, bits_);
}

bool PublicKey::same_as(const PublicKey& other) const {
  return kind_ == other.kind_ && parts_->exponent == other.parts_->exponent &&
         parts_->numbers == other.parts_->numbers;
}

bool PublicKey::is_above(ByteView number) const {
  return number.size() == parts_->numbers.size() &&
         std::lexicographical_compare(number.begin(), number.end(), parts_->numbers.begin(),
                                      parts_->numbers.end());
}

Bytes PublicKey::spki_der() const {
  ByteWriter info;
  ByteWriter key;
  key.u8(0);  // no unused bits
  if (const Curve* const curve = find_curve(kind_)) {
    info.bytes(curve->algorithm);
    key.bytes(uncompressed(parts_->numbers));
  } else {
    const Bytes e = ByteWriter().u32_be(parts_->exponent).take();
    info.bytes(kRsaAlgorithm);
    key.bytes(der::element(  // RSAPublicKey
        der::kSequence,
        ByteWriter().bytes(der::integer(parts_->numbers)).bytes(der::integer(e)).view()));
  }
  info.bytes(der::element(der::kBitString, key.view()));
  return der::element(der::kSequence, info.view());
}

Bytes PublicKey::modulus() const {
  return kind_ == KeyKind::kRsa ? parts_->numbers : Bytes();
}

std::uint32_t PublicKey::exponent() const {
  return parts_->exponent;
}

Bytes PublicKey::x() const {
  return parts_->coordinate(0);
}

Bytes PublicKey::y() const {
  return parts_->coordinate(1);
}

}  // namespace quotemill
