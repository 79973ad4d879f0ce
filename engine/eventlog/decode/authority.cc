#include "engine/eventlog/decode/authority.h"

#include "engine/eventlog/decode/signature_list.h"

namespace quotemill {
namespace {

constexpr std::size_t kOwnerSize = 16;
constexpr std::uint8_t kDerSequence = 0x30;
constexpr std::uint8_t kDerLengthOfTwoBytes = 0x82;

bool begins_like_certificate(ByteView bytes) {
  return bytes.size() > 4 && bytes[0] == kDerSequence && bytes[1] == kDerLengthOfTwoBytes;
}

bool is_digest_size(std::size_t size) {
  return size == 20 || size == 28 || size == 32 || size == 48 || size == 64;
}

}  // namespace

Authority decode_authority(ByteView value) {
  Authority authority;
  if (begins_like_certificate(value)) {
    authority.certificate = value;
    return authority;
  }
  if (value.size() <= kOwnerSize) {
    return authority;
  }
  ByteReader in(value);
  authority.owner = read_guid(in);
  const ByteView data = in.rest();
  if (begins_like_certificate(data)) {
    authority.certificate = data;
  } else if (is_digest_size(data.size())) {
    authority.digest = data;
  }
  return authority;
}

Fields describe_authority(const Authority& authority) {
  if (!authority.certificate.empty()) {
    return describe_signature({guids::kCertX509, authority.owner, authority.certificate});
  }
  if (!authority.digest.empty()) {
    return describe_signature({guids::kCertSha256, authority.owner, authority.digest});
  }
  return {};
}

}  // namespace quotemill
