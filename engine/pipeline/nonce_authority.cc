#include "engine/pipeline/nonce_authority.h"

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

NonceAuthority::NonceAuthority(const Keys& keys) : keys_(keys), ready_(keys) {}

bool NonceAuthority::is_due(WallTime now, std::int64_t age_ms) const {
  const std::lock_guard lock(mutex_);
  return now.ms - keys_.since.ms >= age_ms || now < keys_.since;
}

NonceAuthority::Keys NonceAuthority::successor(const EpochKey& fresh, WallTime now) const {
  const std::lock_guard lock(mutex_);
  return {fresh, now, keys_.current};
}

void NonceAuthority::adopt(const Keys& keys) {
  const std::lock_guard lock(mutex_);
  keys_ = keys;
  ready_ = Ready(keys);
}

Nonce NonceAuthority::issue(const HostUid& host, std::uint32_t generation,
                            std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  return ready_.current.preissued(host, generation, sequence);
}

std::vector<Nonce> NonceAuthority::acceptable(const HostUid& host, std::uint32_t generation,
                                              std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  std::vector<Nonce> nonces = {ready_.current.preissued(host, generation, sequence)};
  if (ready_.previous) {
    nonces.push_back(ready_.previous->preissued(host, generation, sequence));
  }
  return nonces;
}

Bytes NonceAuthority::encode(const Keys& keys) {
  ByteWriter out;
  out.u8(kVersion).u64_le(static_cast<std::uint64_t>(keys.since.ms)).bytes(keys.current);
  out.u8(keys.previous ? 1 : 0).bytes(keys.previous.value_or(EpochKey{}));
  return out.take();
}

Result<NonceAuthority::Keys> NonceAuthority::decode(ByteView bytes) {
  ByteReader in(bytes);
  Keys keys;
  if (in.u8() != kVersion) {
    in.fail(ErrorCode::kUnsupported);
  }
  keys.since.ms = static_cast<std::int64_t>(in.u64_le());
  keys.current = in.array<32>();
  const std::uint8_t has_previous = in.u8();
  const EpochKey previous = in.array<32>();
  if (has_previous != 0) {
    keys.previous = previous;
  }
  return in.finish(keys, "nonce keys");
}

}  // namespace quotemill
