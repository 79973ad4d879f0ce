#include "bench/store_load/load.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "bench/storage/verdict_batches.h"
#include "bench/workload/written_bytes.h"
#include "engine/base/limits.h"
#include "storage/records.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kBatch = limits::kBatchItemsMax;
constexpr std::size_t kBatchesAhead = 64;

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begun) {
  return std::chrono::duration<double>(Clock::now() - begun).count();
}

// Spread as random ones are, so that rows are written all over the keys.
HostUid uid_of(unsigned number) {
  HostUid uid;
  const std::uint64_t mixed = (number + 1) * 0x9E3779B97F4A7C15ULL;
  for (std::size_t i = 0; i < uid.bytes.size(); ++i) {
    uid.bytes.at(i) = static_cast<std::uint8_t>(mixed >> (8 * (i % 8)));
  }
  return uid;
}

class Verdicts {
 public:
  explicit Verdicts(const LoadShape& shape)
      : shape_(shape), models_(unchanged_verdicts(model_image(), kBatch).reaffirmed) {}

  // Of hosts `begin` to `begin` + kBatch, or the last one.
  [[nodiscard]] CommitBatch batch(unsigned begin, std::uint64_t sequence) const {
    CommitBatch batch;
    for (unsigned host = begin; host < std::min(begin + kBatch, shape_.hosts); ++host) {
      batch.reaffirmed.push_back(verdict(host, sequence));
    }
    return batch;
  }

  // The same as an edge, which is written as rows.
  [[nodiscard]] CommitBatch edges(unsigned begin) const {
    CommitBatch out;
    for (Reaffirmation& one : batch(begin, 1).reaffirmed) {
      out.states.push_back(std::move(one.state));
      out.history.push_back(std::move(one.entry));
    }
    return out;
  }

 private:
  [[nodiscard]] Reaffirmation verdict(unsigned host, std::uint64_t sequence) const {
    const Reaffirmation& model = models_.at(host % models_.size());
    const std::int64_t later = static_cast<std::int64_t>(sequence) * shape_.every_ms;
    auto state = std::make_shared<HostState>(*model.state);
    state->host = uid_of(host);
    state->sequence = sequence;
    state->judged.ms += later;
    Reaffirmation out{nullptr, model.entry};
    out.entry.host = state->host;
    out.entry.sequence = sequence;
    out.entry.time.ms += later;
    out.state = std::move(state);
    return out;
  }

  const LoadShape shape_;
  const std::vector<Reaffirmation> models_;
};

std::uint64_t bytes_of(const CommitBatch& batch) {
  std::uint64_t bytes = 0;
  for (const Reaffirmation& one : batch.reaffirmed) {
    bytes += storage::encode_state(*one.state).size() + storage::encode_appraisal(one.entry).size();
  }
  return bytes;
}

// Goes round the fleet, some batches at a time, made ahead by another thread.
class Round {
 public:
  Round(const Verdicts& verdicts, unsigned hosts) : verdicts_(verdicts), hosts_(hosts) {
    next_ = std::async(std::launch::async, [this] { return make(); });
  }

  ~Round() { next_.wait(); }

  Round(const Round&) = delete;
  Round& operator=(const Round&) = delete;

  std::vector<CommitBatch> take() {
    std::vector<CommitBatch> made = next_.get();
    next_ = std::async(std::launch::async, [this] { return make(); });
    return made;
  }

 private:
  std::vector<CommitBatch> make() {
    std::vector<CommitBatch> made;
    while (made.size() < kBatchesAhead) {
      made.push_back(verdicts_.batch(begin_, sequence_));
      begin_ += kBatch;
      if (begin_ >= hosts_) {
        begin_ = 0;
        ++sequence_;
      }
    }
    return made;
  }

  const Verdicts& verdicts_;
  const unsigned hosts_;
  unsigned begin_ = 0;
  std::uint64_t sequence_ = 2;
  std::future<std::vector<CommitBatch>> next_;
};

Result<void> begin(storage::RocksStore& store, const Verdicts& verdicts, unsigned hosts) {
  for (unsigned first = 0; first < hosts; first += kBatch) {
    if (Result<void> done = store.commit(verdicts.edges(first)); !done) {
      return done;
    }
  }
  return {};
}

}  // namespace

Result<LoadCost> load(storage::RocksStore& store, const LoadShape& shape, double seconds,
                      std::uint64_t sequences) {
  const Verdicts verdicts(shape);
  if (const Result<void> begun = begin(store, verdicts, shape.hosts); !begun) {
    return begun.error();
  }
  LoadCost cost;
  cost.last_sequence = 1;
  Round round(verdicts, shape.hosts);
  std::uint64_t sampled = 0;  // of one verdict, which is as large as the others
  const std::uint64_t before = written_bytes();
  const Clock::time_point begun = Clock::now();
  while (seconds_since(begun) < seconds && cost.last_sequence < sequences) {
    for (const CommitBatch& batch : round.take()) {
      if (cost.last_sequence >= sequences) {
        break;
      }
      const Clock::time_point commit = Clock::now();
      if (const Result<void> done = store.commit(batch); !done) {
        return done.error();
      }
      cost.commit_s += seconds_since(commit);
      cost.verdicts += batch.reaffirmed.size();
      sampled = sampled == 0 ? bytes_of(batch) / batch.reaffirmed.size() : sampled;
      cost.last_sequence = 1 + cost.verdicts / shape.hosts;
    }
  }
  cost.elapsed_s = seconds_since(begun);
  cost.given_bytes = cost.verdicts * sampled;
  cost.written_bytes = written_bytes() - before;
  return cost;
}

Result<bool> is_all_there(const storage::RocksStore& store, const LoadShape& shape,
                          std::uint64_t sequence) {
  for (unsigned host = 0; host < shape.hosts; ++host) {
    const Result<std::vector<HistoryEntry>> newest = store.history(uid_of(host), 0, 1);
    if (!newest) {
      return newest.error();
    }
    if (newest->empty() || newest->front().sequence < sequence) {
      return false;
    }
  }
  return true;
}

}  // namespace quotemill::bench
