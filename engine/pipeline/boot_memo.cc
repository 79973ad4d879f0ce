#include "engine/pipeline/boot_memo.h"

#include <algorithm>
#include <utility>

#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"

namespace quotemill {

std::size_t BootMemo::KeyHash::operator()(const Key& key) const noexcept {
  return std::hash<std::uint32_t>{}(key.content) * 31 + std::hash<const void*>{}(key.snapshot);
}

BootMemo::BootMemo(const LogClasses& logs, const History& history)
    : logs_(logs), history_(history), contents_(logs.count()) {}

Result<BootMemo::Content> BootMemo::content_of(const Digest& log) {
  const std::optional<std::uint32_t> known = logs_.find(log);
  if (known) {
    if (const std::uint32_t content = contents_[*known].load(); content != 0) {
      return Content{content - 1, std::nullopt};
    }
  }
  Result<Bytes> bytes = history_.boot_log(log);
  if (!bytes) {
    return bytes.error();
  }
  const Digest digest = hash(HashAlgorithm::kSha256, *bytes);
  const std::lock_guard lock(contents_mutex_);
  const auto next = static_cast<std::uint32_t>(numbers_.size());
  const std::uint32_t number = numbers_.try_emplace(digest, next).first->second;
  if (known) {
    contents_[*known].store(number + 1);
  }
  return Content{number, *std::move(bytes)};
}

BootMemo::Entry& BootMemo::entry_of(const Key& key) {
  Shard& shard = shards_.at(key.content % kShards);
  const std::lock_guard lock(shard.mutex);
  std::unique_ptr<Entry>& entry = shard.entries[key];
  if (!entry) {
    entry = std::make_unique<Entry>();
  }
  return *entry;
}

BootMemo::Proof BootMemo::find_or_prove(const BootProof& proof, const Snapshot& snapshot,
                                        const std::function<Proof(const Bytes* log)>& prove) {
  const Result<Content> content = content_of(proof.log);
  if (!content) {
    return content.error();
  }
  Entry& entry = entry_of({content->number, &snapshot});
  const std::lock_guard lock(entry.mutex);
  const auto found =
      std::find_if(entry.proofs.begin(), entry.proofs.end(), [&proof](const auto& other) {
        return other->pcrs.values().equals_but(kImaPcr, proof.pcrs.values());
      });
  if (found != entry.proofs.end()) {
    return *found;
  }
  Proof proven = prove(content->bytes ? &*content->bytes : nullptr);
  if (proven) {
    entry.proofs.push_back(*proven);
  }
  return proven;
}

}  // namespace quotemill
