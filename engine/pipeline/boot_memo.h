// BootMemo: what was found in a boot, by the log's content, the quoted values and the snapshot.
//
// Kept for one re-appraisal. Logs are found to be equal by how they are stored (LogClasses) or else
// by the SHA-256 of their content; values are compared. Who looks up what another thread is just
// judging waits for it, so that nothing is judged twice. Shared: any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/pipeline/log_classes.h"
#include "engine/policy/snapshot.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

class BootMemo {
 public:
  using Proof = Result<std::shared_ptr<const BootProof>>;

  // `logs` and `history` are borrowed.
  BootMemo(const LogClasses& logs, const History& history);

  // A proof of the same boot as `proof`, under `snapshot`; made by `prove` if there is none, which
  // is given the log if it had to be read, else null. What that cannot prove is not kept.
  Proof find_or_prove(const BootProof& proof, const Snapshot& snapshot,
                      const std::function<Proof(const Bytes* log)>& prove);

 private:
  // Proofs of one log under one snapshot: one, unless hosts were asked for other PCRs.
  struct Entry {
    std::mutex mutex;
    std::vector<std::shared_ptr<const BootProof>> proofs;
  };

  struct Key {
    std::uint32_t content = 0;
    const Snapshot* snapshot = nullptr;
    friend auto operator<=>(const Key&, const Key&) = default;
  };

  struct KeyHash {
    std::size_t operator()(const Key& key) const noexcept;
  };

  // A shard has its own lock, so that threads seldom meet.
  struct Shard {
    std::mutex mutex;
    std::unordered_map<Key, std::unique_ptr<Entry>, KeyHash> entries;
  };

  static constexpr std::size_t kShards = 16;

  struct Content {
    std::uint32_t number = 0;    // equal for equal logs
    std::optional<Bytes> bytes;  // if they had to be read
  };

  Result<Content> content_of(const Digest& log);
  Entry& entry_of(const Key& key);

  const LogClasses& logs_;
  const History& history_;
  std::vector<std::atomic<std::uint32_t>> contents_;  // by class: content + 1; 0 if not read yet
  std::mutex contents_mutex_;
  std::map<Digest, std::uint32_t> numbers_;  // by SHA-256 of the content
  std::array<Shard, kShards> shards_;
};

}  // namespace quotemill
