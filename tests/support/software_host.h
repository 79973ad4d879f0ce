// SoftwareHost: a host without a TPM. It holds an Attestation Key, knows what its machine
// measured, and signs quotes over it, so that hostile evidence can be built *and validly signed*.
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
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/event_type.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/evidence.h"
#include "engine/evidence/host_uid.h"
#include "engine/identity/host_record.h"
#include "engine/tpm/quote.h"
#include "tests/support/signing_key.h"

namespace quotemill::testing {

// A key of this kind; the same number gives the same key for the life of the process, because
// making RSA keys is slow. Any thread.
SigningKey cached_key(KeyKind kind, unsigned number = 0);

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

// Everything that one piece of evidence is made of. Each field is honest until a test changes it;
// seal() signs whatever is there.
struct EvidenceDraft {
  SigningKey key;
  SignatureScheme scheme = SignatureScheme::kEcdsa;
  HashAlgorithm signing_hash = HashAlgorithm::kSha256;

  EvidenceHeader header;
  std::optional<Bytes> header_bytes;  // instead of the encoded header
  Nonce nonce{};
  ChannelBinding binding;

  Bytes qualified_signer;
  std::optional<Bytes> extra_data;  // instead of the qualifying data of all of the above
  ClockInfo clock;
  std::uint64_t firmware_version = 0;
  std::vector<PcrSelection> selections;  // what the quote says it covers
  std::vector<PcrBank> quoted;           // whose values it digests, in the order of `selections`
  std::optional<Bytes> pcr_digest;       // instead of that digest

  std::function<void(Bytes&)> change_attest;     // before it is signed
  std::function<void(Bytes&)> change_signature;  // afterwards
  std::vector<PcrBank> sent;                     // values beside the quote

  [[nodiscard]] Bytes attest() const;
  [[nodiscard]] Bytes signature() const;
  [[nodiscard]] Bytes seal() const;  // an item, as encode_evidence() writes it
};

class SoftwareHost {
 public:
  // Hosts of different numbers are different machines with different keys.
  explicit SoftwareHost(KeyKind kind = KeyKind::kEcP256, unsigned number = 0);

  // The directory's record of it, active, with its AK.
  [[nodiscard]] const HostRecord& record() const { return record_; }

  HostRecord& record() { return record_; }

  // An interactive challenge for `sequence` over `selection`, issued at `now`, good for a minute.
  [[nodiscard]] Challenge challenge(std::uint64_t sequence, Moment now) const;
  [[nodiscard]] Challenge challenge(std::uint64_t sequence = 1) const;

  // The honest answer.
  [[nodiscard]] EvidenceDraft draft(const Challenge& challenge) const;

  [[nodiscard]] Bytes log() const { return log_of(boot, banks, locality); }

  [[nodiscard]] PcrBank pcrs(HashAlgorithm bank, std::uint32_t mask) const {
    return pcrs_after(boot, bank, mask, locality);
  }

  [[nodiscard]] ChannelBinding binding() const;

  // Firmware ran: resetCount + 1 and a new boot id; the clock goes on.
  void reboot();

  // What the machine is; change at will.
  SigningKey key;
  SignatureScheme scheme;
  HashAlgorithm signing_hash = HashAlgorithm::kSha256;
  PcrSelection selection;  // of the challenges: sha256, 0 to 9 and 14
  std::vector<HashAlgorithm> banks = {HashAlgorithm::kSha1, HashAlgorithm::kSha256};
  std::vector<Measured> boot = ordinary_boot();
  std::uint8_t locality = 3;
  ClockInfo clock{1'000'000, 7, 0, true};
  std::uint64_t firmware_version = 0x0007'0002'0000'0000;
  BootId boot_id{};
  HostFacts facts{"debian", "12", "6.1.0-44-amd64", "Example", "Machine", "quotemill-agent/test"};
  CurveKey server_key{};

 private:
  HostRecord record_;
};

}  // namespace quotemill::testing
