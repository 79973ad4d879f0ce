#include "transport/agent/agent_state.h"

#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"

namespace quotemill::agent {
namespace {

constexpr std::string_view kMagic{"QMAGENT\0", 8};
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kChecksumSize = 32;

template <class Kind, std::size_t N>
Kind read_kind(ByteReader& in, const std::array<Kind, N>& known) {
  const std::uint8_t value = in.u8();
  for (const Kind kind : known) {
    if (value == static_cast<std::uint8_t>(kind)) {
      return kind;
    }
  }
  in.fail(ErrorCode::kUnsupported);
  return known.front();
}

Enrolment read_enrolment(ByteReader& in) {
  Enrolment out;
  out.host.bytes = in.array<16>();
  out.generation = in.u32_le();
  out.receipt = in.u64_le();
  return out;
}

}  // namespace

Bytes encode_agent_state(const AgentState& state) {
  ByteWriter out;
  out.bytes(as_bytes(kMagic)).u16_le(kVersion);
  out.u8(static_cast<std::uint8_t>(state.ek_kind)).u8(static_cast<std::uint8_t>(state.ak_kind));
  out.sized16_le(state.ak.public_blob).sized16_le(state.ak.private_blob);
  out.u8(state.enrolment ? 1 : 0);
  if (state.enrolment) {
    out.bytes(state.enrolment->host.view());
    out.u32_le(state.enrolment->generation).u64_le(state.enrolment->receipt);
  }
  const Digest checksum = hash(HashAlgorithm::kSha256, out.view());
  return out.bytes(checksum.view()).take();
}

Result<AgentState> decode_agent_state(ByteView bytes) {
  constexpr const char* kContext = "agent state";
  if (bytes.size() < kChecksumSize) {
    return Error{ErrorCode::kTruncated, kContext, bytes.size(), {}};
  }
  const ByteView body = bytes.first(bytes.size() - kChecksumSize);
  if (!equal(hash(HashAlgorithm::kSha256, body).view(), bytes.last(kChecksumSize))) {
    return Error{ErrorCode::kMalformed, kContext, body.size(), "the checksum does not match"};
  }
  ByteReader in(body);
  if (!equal(in.bytes(kMagic.size()), as_bytes(kMagic))) {
    in.fail(ErrorCode::kMalformed);
  }
  if (in.u16_le() != kVersion) {
    in.fail(ErrorCode::kUnsupported);
  }
  AgentState state;
  state.ek_kind = read_kind(in, std::array{EkKind::kRsa2048, EkKind::kEccP256, EkKind::kEccP384});
  state.ak_kind =
      read_kind(in, std::array{AkKind::kRsassa2048, AkKind::kRsapss2048, AkKind::kEcdsaP256});
  state.ak.public_blob = to_bytes(in.sized16_le(limits::kPublicSizeMax));
  state.ak.private_blob = to_bytes(in.sized16_le(limits::kPublicSizeMax));
  const std::uint8_t enrolled = in.u8();
  if (enrolled > 1) {
    in.fail(ErrorCode::kMalformed);
  }
  if (enrolled == 1) {
    state.enrolment = read_enrolment(in);
  }
  return in.finish(std::move(state), kContext);
}

}  // namespace quotemill::agent
