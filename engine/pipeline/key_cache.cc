#include "engine/pipeline/key_cache.h"

#include <algorithm>

#include "engine/base/prefetch.h"
#include "engine/tpm/public_area.h"

namespace quotemill {

KeyCache::KeyCache(std::size_t keys_max)
    : shard_keys_max_(std::max<std::size_t>(1, keys_max / kShards)) {}

KeyCache::Tally KeyCache::tally() const {
  Tally sum;
  for (const Shard& shard : shards_) {
    const std::lock_guard lock(shard.mutex);
    sum.hits += shard.hits;
    sum.misses += shard.misses;
    sum.keys += shard.entries.size();
  }
  return sum;
}

std::shared_ptr<AttestationKey> KeyCache::Shard::take(const HostRecord& record) {
  const auto found = entries.find(record.uid);
  if (found == entries.end() || found->second->generation != record.generation) {
    return nullptr;
  }
  ++hits;
  by_use.splice(by_use.begin(), by_use, found->second);
  return found->second->key;
}

std::vector<std::shared_ptr<AttestationKey>> KeyCache::cached(
    std::span<const HostRecord* const> records) {
  std::array<std::vector<std::size_t>, kShards> of_shard;
  for (std::size_t i = 0; i < records.size(); ++i) {
    of_shard.at(shard_of(*records[i])).push_back(i);
  }
  std::vector<std::shared_ptr<AttestationKey>> keys(records.size());
  for (std::size_t s = 0; s < kShards; ++s) {
    const std::vector<std::size_t>& of = of_shard.at(s);
    if (of.empty()) {
      continue;
    }
    Shard& shard = shards_.at(s);
    const std::lock_guard lock(shard.mutex);
    // Looks that do not wait for each other; then what each of them led to.
    for (const std::size_t i : of) {
      const auto found = shard.entries.find(records[i]->uid);
      if (found != shard.entries.end()) {
        prefetch_line(&*found->second);
      }
    }
    for (const std::size_t i : of) {
      keys[i] = shard.take(*records[i]);
    }
  }
  return keys;
}

Result<std::shared_ptr<AttestationKey>> KeyCache::attestation_key(const HostRecord& record) {
  Shard& shard = shards_.at(shard_of(record));
  const std::lock_guard lock(shard.mutex);
  if (std::shared_ptr<AttestationKey> key = shard.take(record)) {
    return key;
  }
  const auto found = shard.entries.find(record.uid);
  ++shard.misses;
  Result<PublicArea> area = decode_tpmt_public(record.ak_public);
  if (!area) {
    return area.error();
  }
  auto key = std::make_shared<AttestationKey>(std::move(area->key));
  if (found != shard.entries.end()) {
    shard.by_use.erase(found->second);
    shard.entries.erase(found);
  } else if (shard.entries.size() >= shard_keys_max_) {
    shard.entries.erase(shard.by_use.back().host);
    shard.by_use.pop_back();
  }
  shard.by_use.push_front({record.uid, record.generation, key});
  shard.entries[record.uid] = shard.by_use.begin();
  return key;
}

}  // namespace quotemill
