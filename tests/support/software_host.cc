#include "tests/support/software_host.h"

#include <map>
#include <mutex>
#include <numeric>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/tpm/signature.h"

namespace quotemill::testing {
namespace {

constexpr std::uint32_t kQuotedPcrs = 0x43FF;  // 0 to 9 and 14
constexpr Moment kChallenged{{1'700'000'000'000}, {500'000}};
constexpr std::int64_t kChallengeMs = 60'000;

// A value that differs with the number and the purpose, and is the same in every run.
template <class Array>
Array filled(unsigned number, std::string_view purpose) {
  const Digest digest =
      hash(HashAlgorithm::kSha256, as_bytes(std::string(purpose) + std::to_string(number)));
  Array out{};
  std::copy_n(digest.view().begin(), out.size(), out.begin());
  return out;
}

Measured separator(std::uint32_t pcr) {
  return {pcr, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0)};
}

void add_firmware(std::vector<Measured>& boot) {
  boot.push_back(measured(0, event_type::kSCrtmVersion, "firmware 1.2.3"));
  boot.push_back(measured(0, event_type::kEfiPlatformFirmwareBlob2, "PEI volume"));
  boot.push_back(measured(1, event_type::kEfiVariableBoot, "BootOrder 0001"));
  boot.push_back(measured(2, event_type::kEfiBootServicesDriver, "option ROM"));
  for (const char* const name : {"SecureBoot", "PK", "KEK", "db", "dbx"}) {
    boot.push_back(measured(7, event_type::kEfiVariableDriverConfig, name));
  }
  for (std::uint32_t pcr = 0; pcr < 8; ++pcr) {
    boot.push_back(separator(pcr));
  }
}

void add_loader(std::vector<Measured>& boot) {
  boot.push_back(measured(4, event_type::kEfiAction, "Calling EFI Application"));
  boot.push_back(measured(5, event_type::kEfiGptEvent, "partitions"));
  boot.push_back(measured(7, event_type::kEfiVariableAuthority, "Shim"));
  boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "shimx64.efi"));
  boot.push_back(measured(14, event_type::kIpl, "MokList"));
  boot.push_back(measured(14, event_type::kIpl, "MokListX"));
  boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "grubx64.efi"));
  boot.push_back(measured(8, event_type::kIpl, "grub_cmd: linux /vmlinuz"));
  boot.push_back(measured(9, event_type::kIpl, "/boot/vmlinuz"));
  boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "vmlinuz"));
  boot.push_back(measured(9, event_type::kIpl, "/boot/initrd.img"));
  boot.push_back(measured(5, event_type::kEfiAction, "Exit Boot Services Invocation"));
}

}  // namespace

SigningKey cached_key(KeyKind kind, unsigned number) {
  static std::mutex mutex;
  static std::map<std::pair<KeyKind, unsigned>, SigningKey> keys;
  const std::lock_guard lock(mutex);
  const auto found = keys.find({kind, number});
  if (found != keys.end()) {
    return found->second;
  }
  return keys.emplace(std::pair(kind, number), SigningKey::generate(kind)).first->second;
}

Measured measured(std::uint32_t pcr, std::uint32_t type, std::string_view text) {
  return {pcr, type, to_bytes(as_bytes(text)), to_bytes(as_bytes(text))};
}

std::vector<Measured> ordinary_boot() {
  std::vector<Measured> boot;
  add_firmware(boot);
  add_loader(boot);
  return boot;
}

PcrBank pcrs_after(const std::vector<Measured>& boot, HashAlgorithm bank, std::uint32_t mask,
                   std::uint8_t locality) {
  PcrBank pcrs(bank);
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if ((mask >> pcr & 1U) == 0) {
      continue;
    }
    const bool dynamic = pcr >= 17 && pcr <= 22;
    Bytes value(digest_size(bank), dynamic ? 0xFF : 0x00);
    if (pcr == 0) {
      value.back() = locality;
    }
    for (const Measured& event : boot) {
      if (event.pcr == pcr) {
        value = to_bytes(hash(bank, {value, hash(bank, event.measured).view()}).view());
      }
    }
    // A TPM that saw nothing at all did not run H-CRTM either.
    const bool untouched = std::none_of(boot.begin(), boot.end(),
                                        [pcr](const Measured& event) { return event.pcr == pcr; });
    if (pcr == 0 && untouched) {
      value.back() = 0;
    }
    pcrs.set(pcr, *Digest::from(bank, value));
  }
  return pcrs;
}

Bytes log_of(const std::vector<Measured>& boot, const std::vector<HashAlgorithm>& banks,
             std::uint8_t locality) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, banks);
  if (locality != 0) {
    writer.startup_locality(locality);
  }
  for (const Measured& event : boot) {
    writer.event(event.pcr, event.type, event.measured, event.data);
  }
  return to_bytes(writer.bytes());
}

Bytes EvidenceDraft::attest() const {
  const Bytes encoded_header = header_bytes.value_or(encode_evidence_header(header));
  const Digest qualifying = attest_qualifying_data(nonce, binding, encoded_header);
  const Bytes extra = extra_data.value_or(to_bytes(qualifying.view()));
  const Digest composite =
      quotemill::pcr_digest(selections, quoted, signing_hash).value_or(Digest(signing_hash));
  const Bytes digest = pcr_digest.value_or(to_bytes(composite.view()));
  Quote quote;
  quote.qualified_signer = qualified_signer;
  quote.extra_data = extra;
  quote.clock = clock;
  quote.firmware_version = firmware_version;
  quote.selections = selections;
  quote.pcr_digest = digest;
  Bytes out = encode_quote(quote);
  if (change_attest) {
    change_attest(out);
  }
  return out;
}

Bytes EvidenceDraft::signature() const {
  const Bytes message = attest();
  Bytes out = encode_signature(key.sign(scheme, hash(signing_hash, message)).view());
  if (change_signature) {
    change_signature(out);
  }
  return out;
}

Bytes EvidenceDraft::seal() const {
  const Bytes encoded_header = header_bytes.value_or(encode_evidence_header(header));
  const Bytes attested = attest();
  const Bytes signed_by = signature();
  Evidence evidence;
  evidence.header_bytes = encoded_header;
  evidence.attest = attested;
  evidence.signature = signed_by;
  evidence.pcrs = sent;
  return encode_evidence(evidence);
}

SoftwareHost::SoftwareHost(KeyKind kind, unsigned number)
    : key(cached_key(kind, number)),
      scheme(kind == KeyKind::kRsa ? SignatureScheme::kRsassa : SignatureScheme::kEcdsa),
      selection{HashAlgorithm::kSha256, kQuotedPcrs},
      boot_id(filled<BootId>(number, "boot")),
      server_key(filled<CurveKey>(0, "server")) {
  record_.uid.bytes = filled<std::array<std::uint8_t, 16>>(number, "host");
  record_.name = "host-" + std::to_string(number);
  record_.life_cycle = LifeCycle::kActive;
  record_.ek_sha256 = hash(HashAlgorithm::kSha256, as_bytes(record_.name)).hex();
  record_.ak_public = good_attestation_key(key.public_key()).encoded;
  record_.curve_key = filled<CurveKey>(number, "curve");
  record_.admitted_by = "ek_list";
}

ChannelBinding SoftwareHost::binding() const {
  return {record_.uid, record_.generation, record_.curve_key, server_key};
}

Challenge SoftwareHost::challenge(std::uint64_t sequence) const {
  return challenge(sequence, kChallenged);
}

Challenge SoftwareHost::challenge(std::uint64_t sequence, Moment now) const {
  Challenge challenge;
  challenge.kind = NonceKind::kInteractive;
  challenge.nonce = filled<Nonce>(static_cast<unsigned>(sequence), "nonce of " + record_.name);
  challenge.sequence = sequence;
  challenge.issued = now.boot;
  challenge.deadline.ms = now.boot.ms + kChallengeMs;
  challenge.issued_wall = now.wall;
  challenge.selections = {selection};
  return challenge;
}

EvidenceDraft SoftwareHost::draft(const Challenge& challenge) const {
  EvidenceDraft draft{.key = key,
                      .scheme = scheme,
                      .signing_hash = signing_hash,
                      .header = {},
                      .header_bytes = {},
                      .nonce = challenge.nonce,
                      .binding = binding(),
                      .qualified_signer = Bytes(34, 0x0B),
                      .extra_data = {},
                      .clock = clock,
                      .firmware_version = firmware_version,
                      .selections = challenge.selections,
                      .quoted = {},
                      .pcr_digest = {},
                      .change_attest = {},
                      .change_signature = {},
                      .sent = {}};
  draft.header.nonce_kind = challenge.kind;
  draft.header.host = record_.uid;
  draft.header.generation = record_.generation;
  draft.header.sequence = challenge.sequence;
  draft.header.boot_id = boot_id;
  draft.header.boot_log_bytes = static_cast<std::uint32_t>(log().size());
  draft.header.facts = facts;
  for (const PcrSelection& part : challenge.selections) {
    draft.quoted.push_back(pcrs(part.bank, part.mask));
  }
  draft.sent = draft.quoted;
  return draft;
}

void SoftwareHost::reboot() {
  ++clock.reset_count;
  clock.restart_count = 0;
  ++boot_id.front();
}

}  // namespace quotemill::testing
