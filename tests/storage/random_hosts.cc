#include "tests/storage/random_hosts.h"

#include <algorithm>
#include <array>
#include <limits>

#include "engine/crypto/hash.h"
#include "storage/records.h"
#include "tests/storage/sample_records.h"

namespace quotemill::testing {

namespace {

bool coin(Random& random) {
  return random() % 2 == 0;
}

std::uint32_t u32(Random& random) {
  return coin(random) ? static_cast<std::uint32_t>(random())
                      : static_cast<std::uint32_t>(random() % 3);
}

// A few values, so that many hosts have some in common; some are empty.
std::string text(Random& random, const char* what) {
  return random() % 5 == 0 ? "" : what + std::to_string(random() % 3);
}

Findings findings(Random& random) {
  Findings out(random() % 3);
  for (Finding& finding : out) {
    finding.code = coin(random) ? FindingCode::kBootEventDigestUnknown : FindingCode::kLogPadding;
    finding.severity = static_cast<Severity>(random() % 3);
    finding.subject = text(random, "event");
    finding.pcr = coin(random) ? std::optional<std::uint32_t>(random() % 8) : std::nullopt;
    finding.digest = coin(random) ? std::optional(random_digest(random)) : std::nullopt;
    finding.seen_number = random() % 2;
  }
  return out;
}

BootProof proof(Random& random) {
  BootProof out;
  out.generation = u32(random);
  out.reset_count = u32(random);
  PcrBank bank(coin(random) ? HashAlgorithm::kSha256 : HashAlgorithm::kSha384);
  for (std::uint32_t pcr = 0; pcr < random() % 24; ++pcr) {
    bank.set(pcr, hash(bank.algorithm(), as_bytes(text(random, "value"))));
  }
  out.pcrs = KnownPcrs(bank);
  out.log = random_digest(random);
  out.snapshot.fill(static_cast<std::uint8_t>(random() % 3));
  out.findings = findings(random);
  out.event_count = static_cast<std::uint32_t>(random() % 2);
  return out;
}

}  // namespace

WallTime random_time(Random& random) {
  constexpr std::array<std::int64_t, 4> kEdges = {0, -1, std::numeric_limits<std::int64_t>::max(),
                                                  std::numeric_limits<std::int64_t>::min()};
  return {coin(random) ? static_cast<std::int64_t>(random() % 2'000'000'000'000)
                       : kEdges.at(random() % kEdges.size())};
}

Digest random_digest(Random& random) {
  return hash(HashAlgorithm::kSha256, as_bytes(std::to_string(random())));
}

HostRecord random_record(Random& random) {
  HostRecord out = sample_host(static_cast<std::uint8_t>(random()));
  for (std::uint8_t& byte : out.uid.bytes) {
    byte = static_cast<std::uint8_t>(random());
  }
  out.generation = u32(random);
  out.name = "host-" + out.uid.hex().substr(0, random() % 33);
  out.life_cycle = static_cast<LifeCycle>(random() % 6);
  out.ek_public.resize(random() % 50 == 0 ? 70'000 : random() % 3 * 150);
  out.ek_certificate.reset();
  if (coin(random)) {
    out.ek_certificate = {random_digest(random), random_time(random)};
  }
  out.ek_sha256 = coin(random) ? out.uid.hex() : "";
  out.ak_public.resize(random() % 3 * 60);
  std::copy_n(out.uid.bytes.begin(), out.uid.bytes.size(), out.curve_key.begin());
  out.enrolled = random_time(random);
  out.expires = random_time(random);
  out.admitted_by = text(random, "operator:");
  out.note = text(random, "not UTF-8: \xff");
  out.labels.clear();
  if (coin(random)) {
    out.labels["rack"] = text(random, "r");
  }
  return out;
}

HostState random_state(Random& random, const HostUid& uid) {
  HostState out = sample_state(1, random());
  out.host = uid;
  out.generation = u32(random);
  out.trust_lost = coin(random) ? random() : 0;
  out.sequence = coin(random) ? random() : random() % 3;
  out.state = static_cast<TrustState>(random() % 5);
  out.since = random_time(random);
  out.verdict.state = static_cast<TrustState>(random() % 5);
  out.verdict.findings = findings(random);
  out.verdict.findings_dropped = u32(random);
  out.verdict.snapshot.fill(static_cast<std::uint8_t>(random() % 3));
  out.verdict.fresh_from = random_time(random);
  out.verdict.valid_until = random_time(random);
  out.judged = random_time(random);
  if (coin(random)) {
    out.counters->clock = {random(), u32(random), u32(random), coin(random)};
    out.counters->firmware_version = coin(random) ? random() : 0;
    out.counters->received = random_time(random);
  } else {
    out.counters.reset();
  }
  out.proof = coin(random) ? std::make_shared<const BootProof>(proof(random)) : nullptr;
  out.runtime = random() % 4 == 0 ? out.runtime : nullptr;
  if (random() % 8 == 0) {
    const Finding held{.code = FindingCode::kImaFileUnknown, .subject = text(random, "file")};
    out.latches =
        std::make_shared<const Latches>(Latches{{{held, random_time(random), 3, false}}, false});
  }
  out.facts = {text(random, "os"),      text(random, "12"),    text(random, "kernel"),
               text(random, "vendor"),  text(random, "model"), text(random, "agent"),
               text(random, "firmware")};
  out.evidence = random() % 20 == 0 ? Digest(HashAlgorithm::kSha384) : random_digest(random);
  out.receipt = Bytes(random() % 200, static_cast<std::uint8_t>(random() % 3));
  out.nonce_issued = coin(random) ? std::optional(random_time(random)) : std::nullopt;
  out.nonce_deadline = random_time(random);
  out.host_changes = u32(random);
  return out;
}

std::string stored_text(const HostRecord& record, const HostState& state) {
  return record.uid.hex() + storage::encode_host(record) + storage::encode_state(state);
}

}  // namespace quotemill::testing
