// SigningHost: a host without a TPM. It holds an Attestation Key and a channel, and signs quotes
// over whatever PCR values it is told that its machine has.
//
// Hosts are equal in every run of the program, but for their keys. Not for sharing between threads.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/fleet/evidence_draft.h"
#include "engine/evidence/challenge.h"
#include "engine/identity/host_record.h"

namespace quotemill::bench {

class SigningHost {
 public:
  // Hosts of different numbers are different machines with different keys.
  SigningHost(KeyKind kind, unsigned number) : SigningHost(kind, number, number) {}

  // Large fleets share keys, because making one is slow.
  SigningHost(KeyKind kind, unsigned number, unsigned key_number)
      : SigningHost(cached_key(kind, key_number), number) {}

  // With a key of its own, RSA or ECDSA.
  SigningHost(const SigningKey& its_key, unsigned number);

  // The directory's record of it, active, with its AK.
  [[nodiscard]] const HostRecord& record() const { return record_; }

  HostRecord& record() { return record_; }

  // An interactive challenge for `sequence` over `selection`, issued at `now`, good for a minute.
  [[nodiscard]] Challenge challenge(std::uint64_t sequence, Moment now) const;
  [[nodiscard]] Challenge challenge(std::uint64_t sequence = 1) const;

  // The honest answer of a machine whose PCRs hold `quoted`, one bank for each selection of the
  // challenge, and whose boot log is of this size.
  [[nodiscard]] EvidenceDraft draft(const Challenge& challenge, std::vector<PcrBank> quoted,
                                    std::size_t boot_log_bytes) const;

  [[nodiscard]] ChannelBinding binding() const;

  // Firmware ran: resetCount + 1 and a new boot id; the clock goes on.
  void reboot();

  // What the host is; change at will.
  SigningKey key;
  SignatureScheme scheme;
  HashAlgorithm signing_hash = HashAlgorithm::kSha256;
  PcrSelection selection;  // of the challenges: sha256, 0 to 9 and 14
  ClockInfo clock{1'000'000, 7, 0, true};
  std::uint64_t firmware_version = 0x0007'0002'0000'0000;
  BootId boot_id{};
  HostFacts facts{"debian", "12", "6.1.0-44-amd64", "Example", "Machine", "quotemill-agent/test"};
  CurveKey server_key{};

 private:
  HostRecord record_;
};

}  // namespace quotemill::bench
