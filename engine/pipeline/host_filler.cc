#include "engine/pipeline/host_filler.h"

#include <mutex>
#include <utility>

#include "engine/pipeline/host_rooms.h"

namespace quotemill {

bool HostFiller::put(const HostRow& row) {
  Pools& pools = table_.rooms_->pools;
  const auto in = [](auto& pool) {
    return [&pool](const auto& value) { return pool.share(value); };
  };
  std::optional<PackedRecord> record =
      PackedRecord::pack(row, commons_.of(row.common, in(pools.records)), pools.memory);
  if (!record) {
    return false;
  }
  const StateRow& state = row.state;
  PackedState::Shared shared{verdicts_.of(state.verdict, in(pools.states.verdicts)), nullptr,
                             facts_.of(state.facts, in(pools.states.facts)),
                             receipt_end(PackedState::receipt_end(row.uid, state))};
  std::shared_ptr<const std::string> pcrs;
  if (state.proof) {
    shared.proof = proofs_.of(state.proof, in(pools.states.proofs));
    pcrs = pools.states.pcrs.share(PackedState::own_pcrs(*state.proof, *shared.proof));
  }
  if (!whole_.empty()) {
    finish();
  }
  packed_.push_back(packed_host(
      {row.uid, *std::move(record),
       PackedState::pack(row.uid, state, pools.states.all.share(shared), std::move(pcrs))},
      pools));
  if (packed_.size() == kAtOnce) {
    finish();
  }
  return true;
}

void HostFiller::put(HostRecord record, std::optional<HostState> state) {
  if (!packed_.empty()) {
    finish();
  }
  whole_.push_back({std::make_shared<const HostRecord>(std::move(record)), std::move(state)});
  if (whole_.size() == kAtOnce) {
    finish();
  }
}

void HostFiller::finish() {
  if (!packed_.empty()) {
    const std::unique_lock lock(table_.rooms_->mutex);
    table_.rooms_->put_packed(packed_);
  }
  packed_.clear();
  if (!whole_.empty()) {
    table_.put_stored(std::exchange(whole_, {}));
  }
}

std::shared_ptr<const std::string> HostFiller::receipt_end(std::string_view text) {
  if (const auto found = receipt_ends_.find(text); found != receipt_ends_.end()) {
    return found->second;
  }
  if (receipt_ends_.size() == kKnownMax) {
    receipt_ends_.clear();
  }
  std::shared_ptr<const std::string> end = table_.rooms_->pools.states.receipts.share(text);
  receipt_ends_.emplace(*end, end);
  return end;
}

}  // namespace quotemill
