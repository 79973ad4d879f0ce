#include "bench/storage/verdict_batches.h"

#include <cstdint>
#include <span>
#include <utility>

#include "bench/workload/engine.h"
#include "storage/memory_store.h"

namespace quotemill::bench {
namespace {

// Keeps what the commit stage last asked to be made durable.
class LastCommit final : public VerdictLog {
 public:
  Result<void> commit(const CommitBatch& batch) override {
    batch_ = batch;
    return {};
  }

  Result<std::string> renew_stream() override { return std::string("bench"); }

  [[nodiscard]] const CommitBatch& batch() const { return batch_; }

 private:
  CommitBatch batch_;
};

// What makes uids and ids of one turn those of another: taken on and off by exclusive or.
std::uint64_t mark_of(std::uint64_t turn) {
  return turn * 0x9E37'79B9'7F4A'7C15U;
}

void mark(std::span<std::uint8_t> id, std::uint64_t by) {
  for (std::size_t i = 0; i < sizeof by; ++i) {
    id[i] ^= static_cast<std::uint8_t>(by >> (8 * i));
  }
}

}  // namespace

CommitBatch unchanged_verdicts(const BootImage& image, unsigned hosts) {
  LastCommit last;
  const storage::MemoryStore history;
  Engine engine(last, history, image);
  const std::vector<Machine> machines = boot_machines(KeyKind::kRsa, image, hosts);
  engine.enrol(machines);
  engine.prove(first_evidence(machines));
  Judge judge(engine.knowledge());
  std::vector<Judgement> batch;
  for (const Machine& machine : machines) {
    batch.push_back(judge.judge(machine.unchanged_evidence(), engine.state_of(machine)));
  }
  engine.commit(std::move(batch));
  return last.batch();
}

void advance(CommitBatch& batch) {
  for (Reaffirmation& one : batch.reaffirmed) {
    auto next = std::make_shared<HostState>(*one.state);
    ++next->sequence;
    one.entry.sequence = next->sequence;
    one.state = std::move(next);
  }
}

BootedFleet::BootedFleet(const BootImage& image, unsigned hosts) {
  LastCommit last;
  const storage::MemoryStore history;
  Engine engine(last, history, image);
  const std::vector<Machine> machines = boot_machines(KeyKind::kRsa, image, hosts);
  engine.enrol(machines);
  Judge judge(engine.knowledge());
  std::vector<Judgement> batch;
  for (const Machine& machine : machines) {
    batch.push_back(judge.judge(machine.first_evidence(), engine.state_of(machine)));
  }
  engine.commit(std::move(batch));
  batch_ = last.batch();
}

void BootedFleet::tell(const LogTeller& teller) {
  for (BootLogRecord& log : batch_.boot_logs) {
    log.telling = teller.tell(log.content);
  }
}

void BootedFleet::advance() {
  const std::uint64_t before = turn_++;
  const std::uint64_t group = mark_of(before % kGroups) ^ mark_of(turn_ % kGroups);
  const std::uint64_t boot = mark_of(before) ^ mark_of(turn_);
  const std::uint64_t sequences = turn_ % kGroups == 0 ? 1 : 0;
  for (auto& state : batch_.states) {
    auto next = std::make_shared<HostState>(*state);
    auto proof = std::make_shared<BootProof>(*next->proof);
    mark(next->host.bytes, group);
    next->sequence += sequences;
    mark(next->evidence.writable(), boot);
    mark(proof->log.writable(), boot);
    next->proof = std::move(proof);
    state = std::move(next);
  }
  for (HistoryEntry& entry : batch_.history) {
    mark(entry.host.bytes, group);
    entry.sequence += sequences;
    mark(entry.boot_log.writable(), boot);
  }
  for (BootLogRecord& log : batch_.boot_logs) {
    mark(log.id.writable(), boot);
  }
  for (Change& change : batch_.changes) {
    mark(change.host.bytes, group);
    mark(change.evidence.writable(), boot);
    change.sequence += batch_.changes.size();
  }
}

}  // namespace quotemill::bench
