#include "tests/storage/sample_records.h"

#include "engine/crypto/hash.h"
#include "engine/evidence/evidence_codec.h"
#include "tests/support/changed_proof.h"

namespace quotemill::testing {

namespace {

Digest digest_of(std::string_view text) {
  return hash(HashAlgorithm::kSha256, as_bytes(text));
}

PcrBank sample_bank() {
  PcrBank bank(HashAlgorithm::kSha256);
  for (std::uint32_t pcr = 0; pcr < 24; ++pcr) {
    bank.set(pcr, digest_of("pcr" + std::to_string(pcr)));
  }
  return bank;
}

Findings sample_findings() {
  Finding unknown;
  unknown.code = FindingCode::kBootEventDigestUnknown;
  unknown.pcr = 4;
  unknown.event = 31;
  unknown.event_type = 0x80000003;
  unknown.digest = digest_of("seen");
  unknown.expected = digest_of("expected");
  unknown.subject = "\\EFI\\debian\\grubx64.efi";
  Finding rebooted;
  rebooted.code = FindingCode::kBootRebooted;
  rebooted.severity = Severity::kInfo;
  rebooted.seen_number = 8;
  rebooted.expected_number = 7;
  return {unknown, rebooted};
}

Verdict sample_verdict() {
  Verdict verdict;
  verdict.state = TrustState::kFailed;
  verdict.findings = sample_findings();
  verdict.findings_dropped = 3;
  verdict.snapshot.fill(0x5A);
  verdict.fresh_from = {1'795'471'200'000};
  verdict.valid_until = {1'795'471'500'000};
  return verdict;
}

}  // namespace

HostUid sample_uid(std::uint8_t number) {
  HostUid uid;
  uid.bytes.fill(number);
  return uid;
}

EkCertificate sample_ek_certificate(std::uint8_t number) {
  EkCertificate certificate{sample_uid(number), {}, Bytes(1200, number)};
  certificate.sha256 = hash(HashAlgorithm::kSha256, certificate.der);
  return certificate;
}

HostRecord sample_host(std::uint8_t number) {
  HostRecord host;
  host.uid = sample_uid(number);
  host.generation = 3;
  host.name = "node-" + std::to_string(number);
  host.life_cycle = LifeCycle::kMaintenance;
  host.ek_public = Bytes(314, number);
  host.ek_certificate = {sample_ek_certificate(number).sha256, {1'900'000'000'000}};
  host.ek_sha256 = digest_of(host.name).hex();
  host.ak_public = Bytes(280, number);
  host.curve_key.fill(number);
  host.enrolled = {1'795'000'000'000};
  host.expires = {1'795'600'000'000};
  host.admitted_by = "operator:root";
  host.note = "not UTF-8: \xff";
  host.labels = {{"site", "basel"}};
  return host;
}

std::shared_ptr<const RuntimeProof> sample_runtime() {
  auto runtime = std::make_shared<RuntimeProof>();
  runtime->generation = 3;
  runtime->reset_count = 7;
  runtime->boot_id.fill(0xB0);
  runtime->rules = digest_of("rules");
  runtime->pcr = digest_of("PCR 10");
  runtime->list = ImaState::of_boot(HashAlgorithm::kSha256);
  runtime->list.listed = 2;
  runtime->list.template_hash_size = 20;
  runtime->list.boot_aggregate = digest_of("boot aggregate");
  runtime->findings = sample_findings();
  return runtime;
}

HostState sample_state(std::uint8_t number, std::uint64_t sequence) {
  HostState state;
  state.host = sample_uid(number);
  state.generation = 3;
  state.sequence = sequence;
  state.state = TrustState::kFailed;
  state.since = {1'795'471'100'000};
  state.verdict = sample_verdict();
  state.judged = {1'795'471'200'500};
  state.counters =
      CounterRecord{{987'654'321, 7, 2, true}, 0x0007'0002'0000'0001, {}, {1'795'471'200'400}};
  state.counters->boot_id.fill(0xB0);
  BootProof proof;
  proof.generation = 3;
  proof.reset_count = 7;
  proof.pcrs = KnownPcrs(sample_bank());
  proof.log = digest_of("log");
  proof.snapshot.fill(0x5A);
  proof.findings = sample_findings();
  proof.event_count = 121;
  state.proof = std::make_shared<const BootProof>(proof);
  state.runtime = sample_runtime();
  state.facts = {"debian", "12", "6.1.0-\xf0\n", "Dell Inc.", "R760", "quotemill-agent/0.1.0"};
  state.evidence = digest_of("evidence");
  state.receipt = Bytes(180, 0x11);
  state.nonce_issued = WallTime{1'795'471'200'600};
  state.nonce_deadline = {1'795'471'600'000};
  state.host_changes = 12;
  state.trust_lost = 11;
  return state;
}

HistoryEntry sample_appraisal(std::uint8_t number, std::uint64_t sequence, bool has_pcr_values) {
  const Bytes attest(145, 0xA7);
  const Bytes signature(262, 0x51);
  Evidence evidence;
  evidence.header.host = sample_uid(number);
  evidence.header.generation = 3;
  evidence.header.sequence = sequence;
  evidence.header.boot_log_bytes = 34'567;
  evidence.header.facts = {
      "debian", "12", "6.1.0-29-amd64", "Dell Inc.", "PowerEdge R760", "quotemill-agent/0.1.0"};
  const Bytes header = encode_evidence_header(evidence.header);
  evidence.header_bytes = header;
  evidence.attest = attest;
  evidence.signature = signature;
  if (has_pcr_values) {
    evidence.pcrs.push_back(sample_bank());
  }
  HistoryEntry entry;
  entry.host = sample_uid(number);
  entry.sequence = sequence;
  entry.generation = 3;
  entry.time = {1'795'471'200'500 + static_cast<std::int64_t>(sequence)};
  entry.verdict = sample_verdict();
  entry.evidence_item = encode_evidence(evidence);
  entry.nonce.fill(0x4E);
  entry.nonce_kind = NonceKind::kPreissued;
  entry.boot_log = digest_of("log");
  return entry;
}

WallTime sample_time(std::uint64_t sequence) {
  return {1'795'471'200'000 + static_cast<std::int64_t>(sequence) * kSampleStepMs};
}

HostState sample_trusted_state(std::uint8_t number, std::uint64_t sequence) {
  HostState state = sample_state(number, sequence);
  state.state = TrustState::kTrusted;
  state.verdict = sample_trusted_appraisal(number, sequence).verdict;
  state.judged = sample_time(sequence);
  state.counters->clock.clock_ms = sequence * kSampleStepMs;
  state.counters->received = {state.judged.ms - 5};
  change_proof(state, [](BootProof& proof) { proof.findings.clear(); });
  state.evidence = digest_of("evidence " + std::to_string(sequence));
  state.receipt = Bytes(100, static_cast<std::uint8_t>(sequence));
  state.nonce_issued = state.judged;
  state.nonce_deadline = {state.judged.ms + 90'000};
  return state;
}

HistoryEntry sample_trusted_appraisal(std::uint8_t number, std::uint64_t sequence) {
  HistoryEntry entry = sample_appraisal(number, sequence, false);
  entry.time = sample_time(sequence);
  entry.verdict.state = TrustState::kTrusted;
  entry.verdict.findings.clear();
  entry.verdict.findings_dropped = 0;
  entry.verdict.fresh_from = {entry.time.ms - 100};
  entry.verdict.valid_until = {entry.time.ms + 300'000};
  entry.nonce.fill(static_cast<std::uint8_t>(sequence));
  return entry;
}

CommitBatch edge_batch(std::uint8_t number, std::uint64_t sequence) {
  CommitBatch batch;
  batch.hosts = {std::make_shared<const HostRecord>(sample_host(number))};
  batch.ek_certificates = {sample_ek_certificate(number)};
  batch.states = {std::make_shared<const HostState>(sample_trusted_state(number, sequence))};
  batch.history = {sample_trusted_appraisal(number, sequence)};
  return batch;
}

Reaffirmation sample_reaffirmation(std::uint8_t number, std::uint64_t sequence) {
  return {std::make_shared<const HostState>(sample_trusted_state(number, sequence)),
          sample_trusted_appraisal(number, sequence)};
}

CommitBatch reaffirmed_batch(std::uint8_t number, std::uint64_t sequence) {
  CommitBatch batch;
  batch.reaffirmed = {sample_reaffirmation(number, sequence)};
  return batch;
}

Change sample_change(std::uint64_t sequence, std::uint8_t host) {
  Change change;
  change.sequence = sequence;
  change.host_sequence = 12;
  change.host = sample_uid(host);
  change.host_name = "node-" + std::to_string(host);
  change.ek_sha256 = digest_of(change.host_name).hex();
  change.time = {1'795'471'200'500};
  change.previous = TrustState::kTrusted;
  change.current = TrustState::kFailed;
  change.reasons = sample_findings();
  change.policy_id = "production";
  change.snapshot.fill(0x5A);
  change.evidence = digest_of("evidence");
  change.boot_id.fill(0xB0);
  change.reset_count = 7;
  change.restart_count = 2;
  change.policy_version = 41;
  change.rollout = "kernel-6.1.158";
  change.trust_lost = 11;
  change.chain_before = digest_of("the change before");
  return change;
}

std::shared_ptr<const Baseline> sample_baseline(const std::string& name, std::uint32_t version) {
  Baseline baseline;
  baseline.name = name;
  baseline.version = version;
  baseline.captured = {1'795'000'000'000};
  baseline.source = sample_uid(9);
  baseline.source_name = "golden";
  for (std::uint32_t number = 1; number <= 120; ++number) {
    const std::string text = "event " + std::to_string(number);
    baseline.events.push_back({number,
                               number % 8,
                               0x80000003,
                               {hash(HashAlgorithm::kSha1, as_bytes(text)), digest_of(text)},
                               text});
  }
  return std::make_shared<const Baseline>(std::move(baseline));
}

std::string sample_reference_text() {
  return std::string(64, 'a') + "  shimx64.efi\n";
}

std::shared_ptr<const Baseline> sample_imported_baseline(const std::string& name,
                                                         std::uint32_t version) {
  Baseline baseline;
  baseline.name = name;
  baseline.version = version;
  baseline.captured = {1'700'000'000'000};
  const std::string text = sample_reference_text();
  baseline.file = ImportedFile{
      hash(HashAlgorithm::kSha256, as_bytes(text)), text.size(), "list", "shim.list", "alice", 1};
  baseline.values = {{*Digest::from(HashAlgorithm::kSha256, Bytes(32, 0xAA)),
                      ReferenceKind::kEvent,
                      4U,
                      "shimx64.efi",
                      "15.8",
                      "Debian",
                      "shim-signed",
                      {1'700'000'000'000},
                      {1'800'000'000'000}}};
  return std::make_shared<const Baseline>(std::move(baseline));
}

TokenRecord sample_token(std::uint8_t number) {
  const Bytes text(24, number);
  return {hash(HashAlgorithm::kSha256, text), 5, {1'795'000'000'000}, {1'795'090'000'000}};
}

std::shared_ptr<const PolicyRecord> sample_policy(std::uint64_t number, const std::string& id) {
  return std::make_shared<const PolicyRecord>(
      PolicyRecord{number, id, 3, "[policy]\nid = \"" + id + "\"\n", {1'795'000'000'000}, "alice"});
}

BootLogRecord sample_boot_log(std::size_t size, std::uint8_t fill) {
  const std::string evidence = std::to_string(size) + " times " + std::to_string(fill);
  return {hash(HashAlgorithm::kSha256, as_bytes(evidence)), Bytes(size, fill)};
}

CommitBatch change_batch(std::uint64_t sequence, std::uint8_t host) {
  CommitBatch batch;
  batch.changes = {sample_change(sequence, host)};
  return batch;
}

}  // namespace quotemill::testing
