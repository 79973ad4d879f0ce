#include "bench/fleet/signing_host.h"

#include <string>
#include <utility>

#include "bench/fleet/filled.h"
#include "engine/crypto/hash.h"

namespace quotemill::bench {
namespace {

constexpr std::uint32_t kQuotedPcrs = 0x43FF;  // 0 to 9 and 14
constexpr Moment kChallenged{{1'700'000'000'000}, {500'000}};
constexpr std::int64_t kChallengeMs = 60'000;

}  // namespace

SigningHost::SigningHost(const SigningKey& its_key, unsigned number)
    : key(its_key),
      scheme(its_key.public_key().kind() == KeyKind::kRsa ? SignatureScheme::kRsassa
                                                          : SignatureScheme::kEcdsa),
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

ChannelBinding SigningHost::binding() const {
  return {record_.uid, record_.generation, record_.curve_key, server_key};
}

Challenge SigningHost::challenge(std::uint64_t sequence) const {
  return challenge(sequence, kChallenged);
}

Challenge SigningHost::challenge(std::uint64_t sequence, Moment now) const {
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

EvidenceDraft SigningHost::draft(const Challenge& challenge, std::vector<PcrBank> quoted,
                                 std::size_t boot_log_bytes) const {
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
  draft.header.boot_log_bytes = static_cast<std::uint32_t>(boot_log_bytes);
  draft.header.facts = facts;
  draft.quoted = std::move(quoted);
  draft.sent = draft.quoted;
  return draft;
}

void SigningHost::reboot() {
  ++clock.reset_count;
  clock.restart_count = 0;
  ++boot_id.front();
}

}  // namespace quotemill::bench
