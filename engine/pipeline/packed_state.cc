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
}

}  // namespace

std::size_t PackedState::Hash::operator()(const Verdict& verdict) const {
  return Mixed().add(ByteView(verdict.snapshot)).add(verdict.findings).value();
}

std::size_t PackedState::Hash::operator()(const BootProof& proof) const {
  Mixed hash;
  const PcrBank& values = proof.pcrs.values();
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (values.has(pcr)) {
      hash.add(values.at(pcr).view());
    }
  }
  return hash.add(ByteView(proof.snapshot)).add(proof.findings).value();
}

std::size_t PackedState::Hash::operator()(const FactsRecord& facts) const {
  return Mixed()
      .add(facts.os_id)
      .add(facts.os_version)
      .add(facts.kernel)
      .add(facts.vendor)
      .add(facts.model)
      .add(facts.agent)
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
  return std::tie(left.event_count, left.snapshot, left.pcrs, left.findings) ==
         std::tie(right.event_count, right.snapshot, right.pcrs, right.findings);
}

bool PackedState::Alike::operator()(const FactsRecord& left, const FactsRecord& right) const {
  return left == right;
}

bool PackedState::Alike::operator()(std::string_view left, std::string_view right) const {
  return left == right;
}

std::optional<PackedState> PackedState::pack(const HostState& state, Pool& pool) {
  if (!is_sha256(state.evidence) || (state.proof && !is_sha256(state.proof->log))) {
    return std::nullopt;
  }
  PackedState out;
  out.sequence_ = state.sequence;
  out.host_changes_ = state.host_changes;
  out.trust_lost_ = state.trust_lost;
  out.since_ = state.since;
  out.judged_ = state.judged;
  out.fresh_from_ = state.verdict.fresh_from;
  out.valid_until_ = state.verdict.valid_until;
  out.nonce_issued_ = state.nonce_issued;
  out.nonce_deadline_ = state.nonce_deadline;
  out.counters_ = state.counters;
  out.verdict_ = pool.verdicts.share(state.verdict);
  if (state.proof) {
    out.proof_ = pool.proofs.share(*state.proof);
    out.proof_generation_ = state.proof->generation;
    out.proof_reset_count_ = state.proof->reset_count;
    out.proof_log_ = id_of<Id>(state.proof->log);
  }
  out.facts_ = pool.facts.share(state.facts);
  out.runtime_ = state.runtime;
  out.latches_ = state.latches;
  out.generation_ = state.generation;
  out.evidence_ = id_of<Id>(state.evidence);
  const std::size_t begin = std::min(kReceiptBegin, state.receipt.size());
  std::copy_n(state.receipt.begin(), begin, out.receipt_begin_.begin());
  out.receipt_begin_size_ = static_cast<std::uint8_t>(begin);
  out.receipt_end_ = pool.receipts.share(as_text(ByteView(state.receipt).subspan(begin)));
  out.state_ = state.state;
  return out;
}

HostState PackedState::unpack(const HostUid& host) const {
  HostState out;
  out.host = host;
  out.generation = generation_;
  out.sequence = sequence_;
  out.state = state_;
  out.since = since_;
  out.verdict = *verdict_;
  out.verdict.fresh_from = fresh_from_;
  out.verdict.valid_until = valid_until_;
  out.judged = judged_;
  out.counters = counters_;
  if (proof_) {
    auto proof = std::make_shared<BootProof>(*proof_);
    proof->generation = proof_generation_;
    proof->reset_count = proof_reset_count_;
    proof->log = digest_of(proof_log_);
    out.proof = std::move(proof);
  }
  out.runtime = runtime_;
  out.latches = latches_;
  out.facts = *facts_;
  out.evidence = digest_of(evidence_);
  out.receipt.reserve(receipt_begin_size_ + receipt_end_->size());
  out.receipt.assign(receipt_begin_.begin(), receipt_begin_.begin() + receipt_begin_size_);
  out.receipt.insert(out.receipt.end(), receipt_end_->begin(), receipt_end_->end());
  out.nonce_issued = nonce_issued_;
  out.nonce_deadline = nonce_deadline_;
  out.host_changes = host_changes_;
  out.trust_lost = trust_lost_;
  return out;
}

std::optional<Digest> PackedState::proven_log() const {
  return proof_ ? std::optional(digest_of(proof_log_)) : std::nullopt;
}

}  // namespace quotemill
