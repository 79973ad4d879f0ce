// SoftwareHost: a host without a TPM that knows what its machine measured, and signs quotes over
// it, so that hostile evidence can be built *and validly signed*.
//
//   SoftwareHost host;
//   const Challenge challenge = host.challenge();
//   EvidenceDraft draft = host.draft(challenge);
//   draft.selections = {{HashAlgorithm::kSha256, 1U << 16U}};   // the attack
//   const Bytes item = draft.seal();
//
// What the PCRs hold is computed here from what was measured, beside engine/eventlog, so that the
// two check each other. Not for sharing between threads.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "bench/fleet/signing_host.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/event_type.h"
#include "tests/support/signing_key.h"

namespace quotemill::testing {

using bench::EvidenceDraft;

// One measurement of the machine: what was extended, and what the log shows.
struct Measured {
  std::uint32_t pcr = 0;
  std::uint32_t type = event_type::kEfiAction;
  Bytes measured;
  Bytes data;
};

Measured measured(std::uint32_t pcr, std::uint32_t type, std::string_view text);

// A boot like those of real machines: locality 3, PCRs 0 to 7 with their separators, boot loader
// and kernel in PCR 4, grub's words in 8 and 9, shim's in 14. 29 events.
std::vector<Measured> ordinary_boot();

// PCRs after `boot`, those of `mask`, all of `banks` extended. PCRs never extended are in it, too.
PcrBank pcrs_after(const std::vector<Measured>& boot, HashAlgorithm bank, std::uint32_t mask,
                   std::uint8_t locality);

// The same boot as a log.
Bytes log_of(const std::vector<Measured>& boot, const std::vector<HashAlgorithm>& banks,
             std::uint8_t locality);

class SoftwareHost : public bench::SigningHost {
 public:
  explicit SoftwareHost(KeyKind kind = KeyKind::kEcP256, unsigned number = 0)
      : SigningHost(kind, number) {}

  // The honest answer.
  [[nodiscard]] EvidenceDraft draft(const Challenge& challenge) const;

  [[nodiscard]] Bytes log() const { return log_of(boot, banks, locality); }

  [[nodiscard]] PcrBank pcrs(HashAlgorithm bank, std::uint32_t mask) const;

  // The kernel's binary list: the boot_aggregate and `files`; empty if there are none.
  [[nodiscard]] Bytes runtime_list() const;

  // What the machine measured; change at will.
  std::vector<HashAlgorithm> banks = {HashAlgorithm::kSha1, HashAlgorithm::kSha256};
  std::vector<Measured> boot = ordinary_boot();
  std::uint8_t locality = 3;
  // What its kernel measured into PCR 10 since: paths, and what the files held.
  std::vector<std::pair<std::string, std::string>> files;
};

}  // namespace quotemill::testing
