// PackedState: the state of a host to which nothing happens, in as little memory as it takes.
//
// A HostState takes some 1.6 kB in a dozen pieces, and nearly all of it says what the states of
// other hosts say: an image has few sets of PCR values and findings, a model few sets of facts, and
// receipts differ only in how they begin. So what is a host's own is packed into one piece, and the
// rest is kept once for all hosts that have it.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/pipeline/shared_values.h"
#include "engine/ports/host_rows.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

// Immutable once packed: any thread.
class PackedState {
  struct Hash {
    std::size_t operator()(const Verdict& verdict) const;
    std::size_t operator()(const BootProof& proof) const;
    std::size_t operator()(const FactsRecord& facts) const;
    std::size_t operator()(std::string_view text) const;
  };

  // Equal but for what is a host's own.
  struct Alike {
    bool operator()(const Verdict& left, const Verdict& right) const;
    bool operator()(const BootProof& left, const BootProof& right) const;
    bool operator()(const FactsRecord& left, const FactsRecord& right) const;
    bool operator()(std::string_view left, std::string_view right) const;
  };

 public:
  // Of one state, as the pool has it: hosts of one image and model have all of it in common.
  struct Shared {
    std::shared_ptr<const Verdict> verdict;
    std::shared_ptr<const BootProof> proof;  // null if there is none
    std::shared_ptr<const FactsRecord> facts;
    std::shared_ptr<const std::string> receipt_end;
  };

 private:
  struct HashOfShared {
    std::size_t operator()(const Shared& shared) const;
  };

  // The very same values.
  struct SameShared {
    bool operator()(const Shared& left, const Shared& right) const;
  };

 public:
  // What the states of a fleet have in common. Any thread.
  struct Pool {
    SharedValues<Verdict, Hash, Alike> verdicts;  // without their times
    // Without generation, resetCount and log; its PCR values are those of the first host. What was
    // found is the same on hosts that have values of their own (each ESXi host has, of its
    // configuration).
    SharedValues<BootProof, Hash, Alike> proofs;
    SharedValues<std::string, Hash, Alike> pcrs;  // what differs from those (own_pcrs())
    SharedValues<FactsRecord, Hash, Alike> facts;
    SharedValues<std::string, Hash, Alike> receipts;  // how they end
    SharedValues<Shared, HashOfShared, SameShared> all;
  };

  // nullopt if it does not fit: ids of evidence and logs are SHA-256 digests.
  static std::optional<PackedState> pack(const HostState& state, Pool& pool);
  // The same for a stored host, whose own verdict, proof and facts are not looked at; `pcrs` is
  // own_pcrs() of its proof, null if there is none.
  static PackedState pack(const HostUid& host, const StateRow& row,
                          std::shared_ptr<const Shared> shared,
                          std::shared_ptr<const std::string> pcrs);

  // Of the host's receipt, what goes to Pool::receipts.
  [[nodiscard]] static std::string_view receipt_end(const HostUid& host, const StateRow& row);

  // Of the values of a proof, what goes to Pool::pcrs: for each that is not that of the shared one
  // u8 PCR ‖ value. REQUIRES: they are alike
  [[nodiscard]] static std::string own_pcrs(const BootProof& own, const BootProof& shared);

  // The state as it was.
  [[nodiscard]] HostState unpack(const HostUid& host) const;

  // Of the state, without unpacking it.
  [[nodiscard]] TrustState state() const { return state_; }

  [[nodiscard]] WallTime fresh_from() const { return fresh_from_; }

  [[nodiscard]] WallTime valid_until() const { return valid_until_; }

  [[nodiscard]] const SnapshotId& snapshot() const { return shared_->verdict->snapshot; }

  // When the evidence came that the counters are of.
  [[nodiscard]] std::optional<WallTime> received() const {
    return has_counters_ ? std::optional(received_) : std::nullopt;
  }

  [[nodiscard]] const FactsRecord& facts() const { return *shared_->facts; }

  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

  [[nodiscard]] std::uint32_t generation() const { return generation_; }

  [[nodiscard]] bool has_evidence() const { return evidence_ != Id{}; }

  [[nodiscard]] std::optional<CounterRecord> counters() const;

  // What the host itself was found to have done, beside its boot: a latch or a runtime list.
  [[nodiscard]] bool has_latches() const { return rare_ && rare_->latches; }

  [[nodiscard]] bool has_runtime() const { return rare_ && rare_->runtime; }

  // Of several hosts as a rule: with the times of any of them, or the generation, resetCount, log
  // and PCR values. Its own log is proven_log(); hosts with one shared proof and one own_pcrs()
  // have the same values.
  [[nodiscard]] const std::shared_ptr<const Verdict>& shared_verdict() const {
    return shared_->verdict;
  }

  // Null if there is none.
  [[nodiscard]] const std::shared_ptr<const BootProof>& shared_proof() const {
    return shared_->proof;
  }

  // Null if there is no proof.
  [[nodiscard]] const std::shared_ptr<const std::string>& own_pcrs() const { return pcrs_; }

  // Of its own proof. REQUIRES: there is one
  [[nodiscard]] std::uint32_t proof_generation() const { return proof_generation_; }

  [[nodiscard]] std::uint32_t proof_reset_count() const { return proof_reset_count_; }

  // The id of the proof's boot log; nullopt if there is no proof.
  [[nodiscard]] std::optional<Digest> proven_log() const;

 private:
  // In a receipt's layout (engine/evidence/receipt.h) all up to the next nonce is the host's own;
  // what is behind it, the same for all that are alike. Behind its first bytes it names host,
  // generation and number, which are those of the state. Nothing depends on that but memory: what
  // is not so is shared as a whole.
  static constexpr std::size_t kReceiptNames = 4;
  static constexpr std::size_t kReceiptNamed = 32;
  static constexpr std::size_t kReceiptBegin = 72;

  using ReceiptNames = std::array<std::uint8_t, kReceiptNamed - kReceiptNames>;

  static ReceiptNames receipt_names(const HostUid& host, std::uint32_t generation,
                                    std::uint64_t number);
  static bool begins_as_ours(const HostUid& host, const StateRow& row);

  using Id = StateRow::Id;

  // Of the host's own, as they are.
  struct Rare {
    std::shared_ptr<const RuntimeProof> runtime;
    std::shared_ptr<const Latches> latches;
  };

  static std::shared_ptr<const Rare> rare_of(std::shared_ptr<const RuntimeProof> runtime,
                                             std::shared_ptr<const Latches> latches);

  // In an order that leaves no gaps: there are as many of them as hosts.
  std::shared_ptr<const Shared> shared_;
  std::shared_ptr<const std::string> pcrs_;  // of the proof: own_pcrs()
  std::shared_ptr<const Rare> rare_;         // null if there is neither
  std::uint64_t sequence_ = 0;
  std::uint64_t host_changes_ = 0;
  std::uint64_t trust_lost_ = 0;
  WallTime since_;
  WallTime judged_;
  WallTime fresh_from_;
  WallTime valid_until_;
  WallTime nonce_issued_;  // if has_nonce_issued_
  WallTime nonce_deadline_;
  // Of the counters, if has_counters_:
  WallTime received_;
  std::uint64_t clock_ms_ = 0;
  std::uint64_t firmware_version_ = 0;
  BootId boot_id_{};
  std::uint32_t reset_count_ = 0;
  std::uint32_t restart_count_ = 0;
  std::uint32_t generation_ = 0;
  std::uint32_t proof_generation_ = 0;
  std::uint32_t proof_reset_count_ = 0;
  Id proof_log_{};
  Id evidence_{};
  // The receipt's, without the names; if has_receipt_begin_.
  std::array<std::uint8_t, kReceiptBegin - kReceiptNamed + kReceiptNames> receipt_begin_{};
  TrustState state_ = TrustState::kUnknown;
  bool has_receipt_begin_ : 1 = false;
  bool has_nonce_issued_ : 1 = false;
  bool has_counters_ : 1 = false;
  bool is_clock_safe_ : 1 = false;  // of the counters
};

}  // namespace quotemill
