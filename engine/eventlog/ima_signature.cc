#include "engine/eventlog/ima_signature.h"

#include <array>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kVersion2 = 2;
constexpr std::uint8_t kVersion3 = 3;

// Linux, include/uapi/linux/hash_info.h, enum hash_algo.
std::optional<HashAlgorithm> kernel_hash(std::uint8_t number) {
  switch (number) {
    case 2:
      return HashAlgorithm::kSha1;
    case 4:
      return HashAlgorithm::kSha256;
    case 5:
      return HashAlgorithm::kSha384;
    case 6:
      return HashAlgorithm::kSha512;
    case 17:
      return HashAlgorithm::kSm3_256;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Digest> ImaSignature::signed_digest(const Digest& file) const {
  if (hash != file.algorithm() || !can_hash(file.algorithm())) {
    return std::nullopt;
  }
  if (version != kVersion3) {
    return file;
  }
  const std::array<std::uint8_t, 2> id = {type, hash_number};  // struct ima_file_id
  return quotemill::hash(file.algorithm(), {id, file.view()});
}

Result<ImaSignature> read_ima_signature(ByteView field) {
  ImaSignature signature;
  ByteReader in(field);
  signature.type = in.u8();     // u8 type
  signature.version = in.u8();  // u8 version
  const bool known = signature.version == kVersion3
                         ? signature.type == kImaDigsig || signature.type == kImaVerityDigsig
                         : signature.version == kVersion2 && signature.type == kImaDigsig;
  if (in.ok() && !known) {
    in.fail(ErrorCode::kUnsupported);
  }
  signature.hash_number = in.u8();                             // u8 hash_algo
  signature.key_id = in.u32_be();                              // __be32 keyid
  signature.bytes = in.sized16_be(limits::kSignatureSizeMax);  // __be16 sig_size, sig
  signature.hash = kernel_hash(signature.hash_number);
  return in.finish(signature, "IMA signature");
}

}  // namespace quotemill
