#include "engine/pipeline/packed_state.h"

#include <algorithm>
#include <functional>
#include <tuple>

namespace quotemill {
namespace {

// A hash over several parts.
class Mixed {
 public:
  Mixed& add(std::string_view text) { return add(std::hash<std::string_view>{}(text)); }

  Mixed& add(ByteView bytes) { return add(as_text(bytes)); }

  Mixed& add(std::size_t number) {
    value_ = (value_ ^ number) * 0x9E37'79B9'7F4A'7C15U;
    value_ ^= value_ >> 32U;
    return *this;
  }

  Mixed& add(const Findings& findings) {
    for (const Finding& finding : findings) {
      add(static_cast<std::size_t>(finding.code)).add(finding.subject);
      if (finding.digest) {
        add(finding.digest->view());
      }
    }
    return *this;
  }

  [[nodiscard]] std::size_t value() const { return value_; }

 private:
  std::size_t value_ = 0;
};

bool is_sha256(const Digest& digest) {
  return digest.algorithm() == HashAlgorithm::kSha256;
}

template <class Id>
Id id_of(const Digest& digest) {
  Id id{};
  std::copy_n(digest.view().begin(), id.size(), id.begin());
  return id;
}

Digest digest_of(ByteView id) {
  return Digest::from(HashAlgorithm::kSha256, id).value_or(Digest());
}

// With a field more or less this does not compile: what becomes of it must then be said in pack(),
// unpack() and Alike, or it would be forgotten of every host that is packed.
[[maybe_unused]] void all_fields(const HostState& state) {
  [[maybe_unused]] const auto& [host, generation, sequence, trust, since, verdict, judged, counters,
                                proof, runtime, latches, facts, evidence, receipt, nonce_issued,
                                nonce_deadline, host_changes, trust_lost] = state;
  [[maybe_unused]] const auto& [worst, findings, dropped, snapshot, fresh_from, valid_until] =
      verdict;
  [[maybe_unused]] const auto& [of_generation, reset_count, pcrs, log, of_snapshot, found, events] =
      *proof;
  [[maybe_unused]] const auto& [clock, firmware_version, boot_id, received] = *counters;
  [[maybe_unused]] const auto& [clock_ms, resets, restarts, safe] = clock;
}

// The values of the host itself, in a copy of the shared proof.
void restore(const std::string& own, BootProof& proof) {
  if (own.empty()) {
    return;
  }
  PcrBank values = proof.pcrs.values();
  const std::size_t step = 1 + digest_size(values.algorithm());
  for (std::size_t at = 0; at + step <= own.size(); at += step) {
    const ByteView value = as_bytes(own).subspan(at + 1, step - 1);
    values.set(static_cast<std::uint8_t>(own[at]), *Digest::from(values.algorithm(), value));
  }
  proof.pcrs = KnownPcrs(values);
}

// Borrows; without what is shared, and without latches.
StateRow row_of(const HostState& state) {
  StateRow row;
  row.generation = state.generation;
  row.sequence = state.sequence;
  row.state = state.state;
  row.since = state.since;
  row.fresh_from = state.verdict.fresh_from;
  row.valid_until = state.verdict.valid_until;
  row.judged = state.judged;
  row.counters = state.counters;
  if (state.proof) {
    row.proof_generation = state.proof->generation;
    row.proof_reset_count = state.proof->reset_count;
    row.proof_log = id_of<StateRow::Id>(state.proof->log);
  }
  row.runtime = state.runtime;
  row.evidence = id_of<StateRow::Id>(state.evidence);
  row.receipt = state.receipt;
  row.nonce_issued = state.nonce_issued;
  row.nonce_deadline = state.nonce_deadline;
  row.host_changes = state.host_changes;
  row.trust_lost = state.trust_lost;
  return row;
}

}  // namespace

std::size_t PackedState::Hash::operator()(const Verdict& verdict) const {
  return Mixed().add(ByteView(verdict.snapshot)).add(verdict.findings).value();
}

std::size_t PackedState::Hash::operator()(const BootProof& proof) const {
  return Mixed().add(ByteView(proof.snapshot)).add(proof.findings).value();
}

std::size_t PackedState::Hash::operator()(const FactsRecord& facts) const {
  return Mixed()
      .add(facts.os_id)
      .add(facts.os_version)
      .add(facts.kernel)
      .add(facts.vendor)
      .add(facts.model)
      .add(facts.agent)
      .add(facts.firmware)
      .value();
}

std::size_t PackedState::Hash::operator()(std::string_view text) const {
  return std::hash<std::string_view>{}(text);
}

bool PackedState::Alike::operator()(const Verdict& left, const Verdict& right) const {
  return std::tie(left.state, left.findings_dropped, left.snapshot, left.findings) ==
         std::tie(right.state, right.findings_dropped, right.snapshot, right.findings);
}

bool PackedState::Alike::operator()(const BootProof& left, const BootProof& right) const {
  return left.pcrs.values().selection() == right.pcrs.values().selection() &&
         std::tie(left.event_count, left.snapshot, left.findings) ==
             std::tie(right.event_count, right.snapshot, right.findings);
}

bool PackedState::Alike::operator()(const FactsRecord& left, const FactsRecord& right) const {
  return left == right;
}

bool PackedState::Alike::operator()(std::string_view left, std::string_view right) const {
  return left == right;
}

std::size_t PackedState::HashOfShared::operator()(const Shared& shared) const {
  const auto number_of = [](const auto& pointer) {
    return std::hash<const void*>{}(pointer.get());
  };
  return Mixed()
      .add(number_of(shared.verdict))
      .add(number_of(shared.proof))
      .add(number_of(shared.facts))
      .add(number_of(shared.receipt_end))
      .value();
}

bool PackedState::SameShared::operator()(const Shared& left, const Shared& right) const {
  return std::tie(left.verdict, left.proof, left.facts, left.receipt_end) ==
         std::tie(right.verdict, right.proof, right.facts, right.receipt_end);
}

std::string PackedState::own_pcrs(const BootProof& own, const BootProof& shared) {
  const PcrBank& values = own.pcrs.values();
  std::string out;
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (values.has(pcr) && values.at(pcr) != shared.pcrs.values().at(pcr)) {
      out += static_cast<char>(pcr);
      out += as_text(values.at(pcr).view());
    }
  }
  return out;
}

std::optional<PackedState> PackedState::pack(const HostState& state, Pool& pool) {
  if (!is_sha256(state.evidence) || (state.proof && !is_sha256(state.proof->log))) {
    return std::nullopt;
  }
  const StateRow row = row_of(state);
  Shared shared{pool.verdicts.share(state.verdict), nullptr, pool.facts.share(state.facts),
                pool.receipts.share(receipt_end(state.host, row))};
  std::shared_ptr<const std::string> pcrs;
  if (state.proof) {
    shared.proof = pool.proofs.share(*state.proof);
    pcrs = pool.pcrs.share(own_pcrs(*state.proof, *shared.proof));
  }
  PackedState out = pack(state.host, row, pool.all.share(shared), std::move(pcrs));
  out.rare_ = rare_of(state.runtime, state.latches);
  return out;
}

PackedState PackedState::pack(const HostUid& host, const StateRow& row,
                              std::shared_ptr<const Shared> shared,
                              std::shared_ptr<const std::string> pcrs) {
  PackedState out;
  out.sequence_ = row.sequence;
  out.host_changes_ = row.host_changes;
  out.trust_lost_ = row.trust_lost;
  out.since_ = row.since;
  out.judged_ = row.judged;
  out.fresh_from_ = row.fresh_from;
  out.valid_until_ = row.valid_until;
  out.nonce_issued_ = row.nonce_issued.value_or(WallTime());
  out.has_nonce_issued_ = row.nonce_issued.has_value();
  out.nonce_deadline_ = row.nonce_deadline;
  if (row.counters) {
    out.has_counters_ = true;
    out.received_ = row.counters->received;
    out.clock_ms_ = row.counters->clock.clock_ms;
    out.reset_count_ = row.counters->clock.reset_count;
    out.restart_count_ = row.counters->clock.restart_count;
    out.is_clock_safe_ = row.counters->clock.safe;
    out.firmware_version_ = row.counters->firmware_version;
    out.boot_id_ = row.counters->boot_id;
  }
  out.shared_ = std::move(shared);
  out.pcrs_ = std::move(pcrs);
  if (out.shared_->proof) {
    out.proof_generation_ = row.proof_generation;
    out.proof_reset_count_ = row.proof_reset_count;
    out.proof_log_ = row.proof_log;
  }
  out.rare_ = rare_of(row.runtime, nullptr);
  out.generation_ = row.generation;
  out.evidence_ = row.evidence;
  if (begins_as_ours(host, row)) {
    out.has_receipt_begin_ = true;
    const auto behind = std::copy_n(row.receipt.begin(), kReceiptNames, out.receipt_begin_.begin());
    std::copy(row.receipt.begin() + kReceiptNamed, row.receipt.begin() + kReceiptBegin, behind);
  }
  out.state_ = row.state;
  return out;
}

HostState PackedState::unpack(const HostUid& host) const {
  HostState out;
  out.host = host;
  out.generation = generation_;
  out.sequence = sequence_;
  out.state = state_;
  out.since = since_;
  out.verdict = *shared_->verdict;
  out.verdict.fresh_from = fresh_from_;
  out.verdict.valid_until = valid_until_;
  out.judged = judged_;
  out.counters = counters();
  if (shared_->proof) {
    auto proof = std::make_shared<BootProof>(*shared_->proof);
    proof->generation = proof_generation_;
    proof->reset_count = proof_reset_count_;
    proof->log = digest_of(proof_log_);
    restore(*pcrs_, *proof);
    out.proof = std::move(proof);
  }
  if (rare_) {
    out.runtime = rare_->runtime;
    out.latches = rare_->latches;
  }
  out.facts = *shared_->facts;
  out.evidence = digest_of(evidence_);
  const std::string& end = *shared_->receipt_end;
  if (has_receipt_begin_) {
    const ReceiptNames names = receipt_names(host, generation_, sequence_);
    const auto behind = receipt_begin_.begin() + kReceiptNames;
    out.receipt.reserve(kReceiptBegin + end.size());
    out.receipt.assign(receipt_begin_.begin(), behind);
    out.receipt.insert(out.receipt.end(), names.begin(), names.end());
    out.receipt.insert(out.receipt.end(), behind, receipt_begin_.end());
  }
  out.receipt.insert(out.receipt.end(), end.begin(), end.end());
  out.nonce_issued = has_nonce_issued_ ? std::optional(nonce_issued_) : std::nullopt;
  out.nonce_deadline = nonce_deadline_;
  out.host_changes = host_changes_;
  out.trust_lost = trust_lost_;
  return out;
}

std::optional<CounterRecord> PackedState::counters() const {
  return has_counters_ ? std::optional(CounterRecord{
                             {clock_ms_, reset_count_, restart_count_, is_clock_safe_},
                             firmware_version_,
                             boot_id_,
                             received_})
                       : std::nullopt;
}

PackedState::ReceiptNames PackedState::receipt_names(const HostUid& host, std::uint32_t generation,
                                                     std::uint64_t number) {
  ReceiptNames names{};
  auto at = std::copy(host.bytes.begin(), host.bytes.end(), names.begin());
  for (std::size_t i = 0; i < sizeof generation; ++i) {
    *at++ = static_cast<std::uint8_t>(generation >> 8 * i);
  }
  for (std::size_t i = 0; i < sizeof number; ++i) {
    *at++ = static_cast<std::uint8_t>(number >> 8 * i);
  }
  return names;
}

bool PackedState::begins_as_ours(const HostUid& host, const StateRow& row) {
  const ReceiptNames names = receipt_names(host, row.generation, row.sequence);
  return row.receipt.size() >= kReceiptBegin &&
         std::equal(names.begin(), names.end(), row.receipt.begin() + kReceiptNames);
}

std::string_view PackedState::receipt_end(const HostUid& host, const StateRow& row) {
  return as_text(begins_as_ours(host, row) ? row.receipt.subspan(kReceiptBegin) : row.receipt);
}

std::optional<Digest> PackedState::proven_log() const {
  return shared_->proof ? std::optional(digest_of(proof_log_)) : std::nullopt;
}

std::shared_ptr<const PackedState::Rare> PackedState::rare_of(
    std::shared_ptr<const RuntimeProof> runtime, std::shared_ptr<const Latches> latches) {
  return runtime || latches
             ? std::make_shared<const Rare>(Rare{std::move(runtime), std::move(latches)})
             : nullptr;
}

}  // namespace quotemill
