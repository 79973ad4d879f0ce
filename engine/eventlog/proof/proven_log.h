// ProvenLog: a boot log with what its digests prove, event by event, in one bank; and where the
// firmware's part of each PCR ends.
//
// "Proven" is: by the digests, if the PCR is. Whoever has a quote says which PCRs it reproduced;
// who has the log alone takes those that replay() gives, and must say so.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/limits.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/proof/event_proof.h"
#include "engine/eventlog/proof/proof_memo.h"

namespace quotemill {

class ProvenLog {
 public:
  // Borrows the log. `pcrs`: bit n: PCR n is reproduced. `memo`: of the calling thread, borrowed;
  // null if there is none. REQUIRES: can_hash(bank)
  ProvenLog(const BootLog& log, HashAlgorithm bank, std::uint32_t pcrs, ProofMemo* memo = nullptr);

  [[nodiscard]] const BootLog& log() const { return *log_; }

  [[nodiscard]] HashAlgorithm bank() const { return bank_; }

  [[nodiscard]] bool has_pcr(std::uint32_t pcr) const {
    return pcr < 32 && (pcrs_ >> pcr & 1U) != 0;
  }

  // Of the event with this index in log().events.
  [[nodiscard]] const EventProof& proof(std::size_t index) const { return proofs_[index]; }

  // prove() in another bank.
  [[nodiscard]] EventProof proof_in(const BootEvent& event, HashAlgorithm bank) const {
    return memo_ != nullptr ? memo_->prove(event, bank) : prove(event, bank);
  }

  // The data, or the part of it that is hashed, is what was measured, and its PCR is reproduced.
  [[nodiscard]] bool is_data_proven(const BootEvent& event) const;

  // The digest was measured, and its type is possible.
  [[nodiscard]] bool is_digest_proven(const BootEvent& event) const;

  // The number of the event that ends the firmware's part of a PCR: the first whose *digest* is a
  // separator's, whatever its type says. nullopt: there is none. REQUIRES: pcr < limits::kPcrCount
  [[nodiscard]] std::optional<std::uint32_t> separator(std::uint32_t pcr) const {
    return separators_[pcr];
  }

  // How many events of the PCR have a separator's digest.
  [[nodiscard]] std::uint32_t separator_count(std::uint32_t pcr) const {
    return separator_counts_[pcr];
  }

  // Measured into its PCR before the separator there.
  [[nodiscard]] bool is_before_separator(const BootEvent& event) const;

 private:
  void note_separator(const BootEvent& event, const std::array<Digest, 2>& digests);

  const BootLog* log_;
  HashAlgorithm bank_;
  std::uint32_t pcrs_;
  ProofMemo* memo_;
  std::vector<EventProof> proofs_;
  std::array<std::optional<std::uint32_t>, limits::kPcrCount> separators_{};
  std::array<std::uint32_t, limits::kPcrCount> separator_counts_{};
};

// The bank that tells most: of those that can be computed here the one in which most events have a
// digest, of equal ones SHA-256, which reference values are published in; nullopt if there is none.
// For readers without a quote.
std::optional<HashAlgorithm> fullest_bank(const BootLog& log);

}  // namespace quotemill
