// NonceAuthority: the epoch keys from which pre-issued nonces are derived, and their change.
//
// The current key makes new nonces; the one before is still accepted. The caller keeps them in a
// 0600 file outside store and backups (encode/decode). Shared: any thread.
#pragma once

#include <array>
#include <mutex>
#include <optional>

#include "engine/base/bytes.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/nonce_key.h"

namespace quotemill {

class NonceAuthority {
 public:
  struct Keys {
    EpochKey current{};
    WallTime since;
    std::optional<EpochKey> previous;
  };

  explicit NonceAuthority(const Keys& keys);

  // Whether the current key is older than `age_ms` (or from the future) and should be rotated.
  [[nodiscard]] bool is_due(WallTime now, std::int64_t age_ms) const;
  // The next keys; they count only after the caller made them durable and gave them to adopt().
  [[nodiscard]] Keys successor(const EpochKey& fresh, WallTime now) const;
  void adopt(const Keys& keys);

  // With the current key.
  [[nodiscard]] Nonce issue(const HostUid& host, std::uint32_t generation,
                            std::uint64_t sequence) const;
  // With the current and, if there is one, the previous key: what a quote may answer.
  [[nodiscard]] std::vector<Nonce> acceptable(const HostUid& host, std::uint32_t generation,
                                              std::uint64_t sequence) const;

  static Bytes encode(const Keys& keys);
  static Result<Keys> decode(ByteView bytes);

 private:
  // The keys, ready for use.
  struct Ready {
    explicit Ready(const Keys& keys) : current(keys.current) {
      if (keys.previous) {
        previous.emplace(*keys.previous);
      }
    }

    NonceKey current;
    std::optional<NonceKey> previous;
  };

  mutable std::mutex mutex_;
  Keys keys_;
  Ready ready_;  // keys_
};

}  // namespace quotemill
