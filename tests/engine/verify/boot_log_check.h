// A log beside the honest quote of a SoftwareHost's true PCRs, put through the verification.
#pragma once

#include <utility>
#include <vector>

#include "engine/verify/verify.h"
#include "tests/engine/verify/verified.h"

namespace quotemill::testing {

// What a log is worth beside an honest quote of the host's true PCRs.
class BootLogCheck {
 public:
  BootLogCheck(const SoftwareHost& host, Bytes log)
      : challenge_(host.challenge()),
        quote_(host, challenge_, host.draft(challenge_).seal()),
        log_(std::move(log)),
        evidence_(verify_boot_log(quote_.quote(), log_)) {}

  [[nodiscard]] const VerifiedEvidence& operator*() const { return evidence_; }

  [[nodiscard]] const VerifiedEvidence* operator->() const { return &evidence_; }

  // Codes of what fails.
  [[nodiscard]] std::vector<FindingCode> failures() const {
    return testing::codes(at_least(Severity::kFail, evidence_.findings()));
  }

  [[nodiscard]] std::vector<FindingCode> all() const {
    return testing::codes(evidence_.findings());
  }

 private:
  Challenge challenge_;
  QuoteCheck quote_;
  Bytes log_;
  VerifiedEvidence evidence_;
};

inline Bytes log_without_pcr(const SoftwareHost& host, std::uint32_t pcr) {
  std::vector<Measured> boot = host.boot;
  std::erase_if(boot, [pcr](const Measured& event) { return event.pcr == pcr; });
  return log_of(boot, host.banks, host.locality);
}

}  // namespace quotemill::testing
