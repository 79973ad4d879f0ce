// KeyCache: parsed attestation keys, each with the context that checks its signatures. Making one
// costs half a verification and more, so it is done once per key; 1.2 kB each
// (RSA-2048 by RSASSA) to 3.2 kB (RSAPSS, P-256), so their number is bounded. Shared: any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/crypto/check_signature.h"
#include "engine/identity/host_record.h"

namespace quotemill {

// Whoever checks a signature with it holds the mutex meanwhile. Two seldom meet: a host has one
// evidence in flight.
struct AttestationKey {
  explicit AttestationKey(PublicKey key) : checker(std::move(key)) {}

  std::mutex mutex;
  SignatureChecker checker;
};

class KeyCache {
 public:
  // `keys_max` over all shards; the least recently used one goes first.
  explicit KeyCache(std::size_t keys_max);

  struct Tally {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::size_t keys = 0;  // that are kept now
  };

  [[nodiscard]] Tally tally() const;

  // Those of these records that are cached, in their order; null for others. Faster than one by
  // one: memory is fetched for all at once, and a shard is locked once.
  std::vector<std::shared_ptr<AttestationKey>> cached(std::span<const HostRecord* const> records);

  // The AK of this record (of exactly this generation), parsed at most once while it stays cached.
  Result<std::shared_ptr<AttestationKey>> attestation_key(const HostRecord& record);

 private:
  struct Entry {
    HostUid host;
    std::uint32_t generation = 0;
    std::shared_ptr<AttestationKey> key;
  };

  // A shard has its own lock, so that worker threads seldom meet.
  struct Shard {
    // Null if it is not there. REQUIRES: the mutex
    std::shared_ptr<AttestationKey> take(const HostRecord& record);

    mutable std::mutex mutex;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::list<Entry> by_use;  // most recent first
    std::unordered_map<HostUid, std::list<Entry>::iterator> entries;
  };

  static constexpr std::size_t kShards = 16;

  static std::size_t shard_of(const HostRecord& record) {
    return record.uid.bytes.back() % kShards;
  }

  const std::size_t shard_keys_max_;
  std::array<Shard, kShards> shards_;
};

}  // namespace quotemill
