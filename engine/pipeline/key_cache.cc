#include "engine/pipeline/key_cache.h"

#include <algorithm>

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

Result<std::shared_ptr<AttestationKey>> KeyCache::attestation_key(const HostRecord& record) {
  Shard& shard = shards_.at(record.uid.bytes.back() % kShards);
  const std::lock_guard lock(shard.mutex);
  const auto found = shard.entries.find(record.uid);
  if (found != shard.entries.end() && found->second->generation == record.generation) {
    ++shard.hits;
    shard.by_use.splice(shard.by_use.begin(), shard.by_use, found->second);
    return found->second->key;
  }
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
