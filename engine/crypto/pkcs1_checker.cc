#include "engine/crypto/pkcs1_checker.h"

#include <algorithm>
#include <array>
#include <span>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kExponent = 65'537;
constexpr int kSquarings = 16;  // kExponent is 2^16 + 1
constexpr std::size_t kModulusSizeMax = 512;

// What stands before the digest in its DER encoding (RFC 8017, 9.2, note 1): DigestInfo, down to
// the length of its OCTET STRING.
constexpr std::array<std::uint8_t, 15> kSha1Info = {0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2B, 0x0E,
                                                    0x03, 0x02, 0x1A, 0x05, 0x00, 0x04, 0x14};

// Those of the SHA-2 family differ in the lengths and the last number of the object identifier.
constexpr std::array<std::uint8_t, 19> sha2_info(std::uint8_t function, std::uint8_t size) {
  return {0x30,     static_cast<std::uint8_t>(17 + size),
          0x30,     0x0D,
          0x06,     0x09,
          0x60,     0x86,
          0x48,     0x01,
          0x65,     0x03,
          0x04,     0x02,
          function, 0x05,
          0x00,     0x04,
          size};
}

constexpr auto kSha256Info = sha2_info(1, 32);
constexpr auto kSha384Info = sha2_info(2, 48);
constexpr auto kSha512Info = sha2_info(3, 64);

ByteView digest_info(HashAlgorithm algorithm) {
  switch (algorithm) {
    case HashAlgorithm::kSha1:
      return kSha1Info;
    case HashAlgorithm::kSha256:
      return kSha256Info;
    case HashAlgorithm::kSha384:
      return kSha384Info;
    case HashAlgorithm::kSha512:
      return kSha512Info;
    case HashAlgorithm::kSm3_256:
      break;
  }
  return {};
}

}  // namespace

Pkcs1Scratch::Pkcs1Scratch()
    : context_(BN_CTX_new()),
      montgomery_(BN_MONT_CTX_new()),
      frame_(BN_new()),
      signature_(BN_new()),
      power_(BN_new()) {}

bool Pkcs1Scratch::is_whole() const {
  return context_ && montgomery_ && frame_ && signature_ && power_;
}

std::unique_ptr<Pkcs1Checker> Pkcs1Checker::create(const PublicKey& key) {
  if (key.kind() != KeyKind::kRsa || key.exponent() != kExponent ||
      key.bits() > 8 * kModulusSizeMax) {
    return nullptr;
  }
  std::unique_ptr<Pkcs1Checker> checker(new Pkcs1Checker(key));
  return checker->make_ready() ? std::move(checker) : nullptr;
}

Pkcs1Checker::Pkcs1Checker(const PublicKey& key)
    : key_(key), size_((key.bits() + 7) / 8), montgomery_(BN_MONT_CTX_new()) {}

// A copy has the room that its numbers need, a quarter of a kilobyte less than the first context.
bool Pkcs1Checker::make_ready() {
  const Bytes number = key_.modulus();
  const Bignum modulus(BN_bin2bn(number.data(), static_cast<int>(number.size()), nullptr));
  const std::unique_ptr<BN_CTX, OpensslFree<BN_CTX_free>> scratch(BN_CTX_new());
  const Montgomery grown(BN_MONT_CTX_new());
  return modulus && montgomery_ && scratch && grown &&
         BN_MONT_CTX_set(grown.get(), modulus.get(), scratch.get()) == 1 &&
         BN_MONT_CTX_copy(montgomery_.get(), grown.get()) != nullptr;
}

bool Pkcs1Checker::holds(ByteView signature, const Digest& digest, Pkcs1Scratch* scratch) const {
  if (scratch == nullptr) {
    Pkcs1Scratch own;
    return holds_in(own, signature, digest);
  }
  return holds_in(*scratch, signature, digest);
}

bool Pkcs1Checker::holds_in(Pkcs1Scratch& scratch, ByteView signature, const Digest& digest) const {
  return scratch.is_whole() && signature.size() == size_ && key_.is_above(signature) &&
         make_frame(scratch, digest.algorithm()) &&
         BN_bin2bn(signature.data(), static_cast<int>(size_), scratch.signature_.get()) !=
             nullptr &&
         raise(scratch) && is_encoded(scratch, digest);
}

// RSAVP1 (RFC 8017, 5.2.2): power = signature^65537 mod modulus.
bool Pkcs1Checker::raise(Pkcs1Scratch& scratch) const {
  const BIGNUM* const signature = scratch.signature_.get();
  BIGNUM* const power = scratch.power_.get();
  BN_CTX* const context = scratch.context_.get();
  // By a copy, which has the key's numbers fetched at once: a multiplication waits for one word of
  // them after another.
  BN_MONT_CTX* const montgomery = BN_MONT_CTX_copy(scratch.montgomery_.get(), montgomery_.get());
  if (montgomery == nullptr || BN_to_montgomery(power, signature, montgomery, context) != 1) {
    return false;
  }
  for (int i = 0; i < kSquarings; ++i) {
    if (BN_mod_mul_montgomery(power, power, power, montgomery, context) != 1) {
      return false;
    }
  }
  // By the signature as it is, not in Montgomery's form: so the product is not in that form,
  // either.
  return BN_mod_mul_montgomery(power, power, signature, montgomery, context) == 1;
}

// EMSA-PKCS1-v1_5 (RFC 8017, 9.2) but for the digest: 00 01 FF … FF 00 DigestInfo 00 … 00.
bool Pkcs1Checker::make_frame(Pkcs1Scratch& scratch, HashAlgorithm algorithm) const {
  const Pkcs1Scratch::FrameKind kind{size_, algorithm};
  if (scratch.frame_kind_ == kind) {
    return true;
  }
  scratch.frame_kind_.reset();
  const ByteView info = digest_info(algorithm);
  const std::size_t info_end = size_ - digest_size(algorithm);
  if (info.empty() || size_ < 11 + info.size() + digest_size(algorithm)) {
    return false;
  }
  std::array<std::uint8_t, kModulusSizeMax> room{};
  const std::span<std::uint8_t> message = std::span(room).first(size_);
  const std::size_t info_at = info_end - info.size();
  message[1] = 0x01;
  std::fill(message.begin() + 2, message.subspan(info_at - 1).begin(), std::uint8_t{0xFF});
  std::copy(info.begin(), info.end(), message.subspan(info_at).begin());
  if (BN_bin2bn(message.data(), static_cast<int>(size_), scratch.frame_.get()) == nullptr) {
    return false;
  }
  scratch.frame_kind_ = kind;
  return true;
}

// Whether the power is the frame with the digest in it. REQUIRES: make_frame() for its algorithm
bool Pkcs1Checker::is_encoded(Pkcs1Scratch& scratch, const Digest& digest) {
  BIGNUM* const encoded = scratch.signature_.get();  // whose power is there
  const ByteView value = digest.view();
  return BN_bin2bn(value.data(), static_cast<int>(value.size()), encoded) != nullptr &&
         BN_uadd(encoded, encoded, scratch.frame_.get()) == 1 &&
         BN_ucmp(scratch.power_.get(), encoded) == 0;
}

}  // namespace quotemill
