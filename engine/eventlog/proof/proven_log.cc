#include "engine/eventlog/proof/proven_log.h"

#include <algorithm>

#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

// PFP 1.06, 3.3.3.2: the data of a separator that is no error.
std::array<Digest, 2> separator_digests(HashAlgorithm bank) {
  constexpr std::array<std::uint8_t, 4> kZeros = {0, 0, 0, 0};
  constexpr std::array<std::uint8_t, 4> kOnes = {0xFF, 0xFF, 0xFF, 0xFF};
  return {hash(bank, kZeros), hash(bank, kOnes)};
}

}  // namespace

ProvenLog::ProvenLog(const BootLog& log, HashAlgorithm bank, std::uint32_t pcrs, ProofMemo* memo)
    : log_(&log), bank_(bank), pcrs_(pcrs), memo_(memo) {
  const std::array<Digest, 2> digests = separator_digests(bank);
  proofs_.reserve(log.events.size());
  for (const BootEvent& event : log.events) {
    proofs_.push_back(proof_in(event, bank));
    note_separator(event, digests);
  }
}

void ProvenLog::note_separator(const BootEvent& event, const std::array<Digest, 2>& digests) {
  if (!event.is_measured() || event.pcr >= limits::kPcrCount) {
    return;
  }
  const ByteView digest = event.digest(bank_);
  if (equal(digest, digests[0].view()) || equal(digest, digests[1].view())) {
    if (!separators_[event.pcr]) {
      separators_[event.pcr] = event.number;
    }
    ++separator_counts_[event.pcr];
  }
}

bool ProvenLog::is_data_proven(const BootEvent& event) const {
  return has_pcr(event.pcr) && proofs_[event.number].proof == ProofClass::kDataProven;
}

bool ProvenLog::is_digest_proven(const BootEvent& event) const {
  return has_pcr(event.pcr) && (proofs_[event.number].proof == ProofClass::kDataProven ||
                                proofs_[event.number].proof == ProofClass::kDigestProven);
}

bool ProvenLog::is_before_separator(const BootEvent& event) const {
  return event.pcr < limits::kPcrCount &&
         (!separators_[event.pcr] || event.number < *separators_[event.pcr]);
}

std::optional<HashAlgorithm> fullest_bank(const BootLog& log) {
  std::optional<HashAlgorithm> fullest;
  std::ptrdiff_t most = -1;
  for (const HashAlgorithm bank : {HashAlgorithm::kSha256, HashAlgorithm::kSha384,
                                   HashAlgorithm::kSha512, HashAlgorithm::kSha1}) {
    const std::ptrdiff_t count =
        std::count_if(log.events.begin(), log.events.end(), [bank](const BootEvent& event) {
          return event.is_measured() && !event.digest(bank).empty();
        });
    if (log.has_bank(bank) && count > most) {
      fullest = bank;
      most = count;
    }
  }
  return fullest;
}

}  // namespace quotemill
