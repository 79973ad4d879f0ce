#include "bench/scale_store/scale_fleet.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "bench/fleet/filled.h"
#include "bench/fleet/plain_replay.h"
#include "bench/scale_store/ek_model.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log.h"
#include "engine/identity/ek_certificate.h"
#include "engine/pipeline/verdict_records.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kPlatforms = 4;
constexpr unsigned kKeys = 256;
constexpr std::uint64_t kKeySeed = 7;

std::string two_digits(unsigned number) {
  return (number < 10 ? "0" : "") + std::to_string(number);
}

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "quotemill-scale-store: %s\n", what.c_str());
  std::abort();
}

}  // namespace

MeasuredBootModel ScaleFleet::model_of(unsigned image, std::uint64_t seed) {
  MeasuredBootModel model;
  model.platform = "Quotemill SimBoard " + std::to_string(image % kPlatforms);
  model.kernel = "6.1.0-" + two_digits(image) + "-amd64";
  model.host_seed = seed;
  return model;
}

ScaleFleet::Boot ScaleFleet::boot_of(unsigned image, std::uint64_t seed) const {
  Boot boot;
  boot.log = write_boot_log(model_of(image, seed));
  boot.pcrs = plain_replay(boot.log, policies_->snapshots().front()->policy().selection);
  return boot;
}

ScaleFleet::ScaleFleet(const Policy& policy, const CurveKey& server_key, WallTime now,
                       const History& history)
    : server_key_(server_key), now_(now), history_(history) {
  for (unsigned image = 0; image < kImages; ++image) {
    const Bytes log = write_boot_log(model_of(image, 0));
    auto baseline = std::make_shared<Baseline>();
    baseline->name = "image-" + two_digits(image);
    baseline->version = 1;
    baseline->captured = now;
    baseline->events = reference_events(read_boot_log(log).log);
    baselines_.push_back(std::move(baseline));
  }
  Result<std::shared_ptr<const PolicySet>> set = PolicySet::compile({policy}, baselines_);
  if (!set) {
    give_up(set.error().to_string());
  }
  policies_ = *std::move(set);
  const SeededKeys keys(kKeySeed);
  for (unsigned number = 0; number < kKeys; ++number) {
    models_.emplace_back(keys.ecdsa_p256(number), number);
  }
  for (unsigned image = 0; image < kImages; ++image) {
    shared_.push_back(boot_of(image, 0));
  }
}

SigningHost ScaleFleet::host_of(unsigned number) const {
  SigningHost host = models_[number % kKeys];
  HostRecord& record = host.record();
  record.uid.bytes = filled<std::array<std::uint8_t, 16>>(number, "host");
  record.name = "host-" + std::to_string(number);
  record.ek_sha256 = hash(HashAlgorithm::kSha256, as_bytes(record.name)).hex();
  record.curve_key = filled<CurveKey>(number, "curve");
  record.ek_certificate = name_of_ek_certificate(ek_certificate_of(number));
  record.enrolled = now_;
  host.boot_id = filled<BootId>(number, "boot");
  host.server_key = server_key_;
  return host;
}

Judgement ScaleFleet::judge_first(Submission submission, ExtendMemo& extends) {
  Judgement judgement =
      judge(std::move(submission), {*policies_, std::make_shared<const HostState>(), server_key_,
                                    keys_, history_, counters_, extends});
  if (judgement.kind != JudgementKind::kVerdict ||
      judgement.verdict.state != TrustState::kTrusted || !judgement.proof) {
    give_up("a host is not trusted: " + (judgement.verdict.findings.empty()
                                             ? judgement.error.to_string()
                                             : message_of(judgement.verdict.findings.front())));
  }
  return judgement;
}

StoredHost ScaleFleet::make(unsigned number, ExtendMemo& extends) {
  const unsigned image = number % kImages;
  const bool is_distinct = number / kImages % kDistinctOf == 1;
  const std::string version = two_digits(image);
  SigningHost host = host_of(number);
  host.facts.os_version = version;
  Boot own;
  if (is_distinct) {
    own = boot_of(image, number);
  }
  Boot& boot = is_distinct ? own : shared_[image];

  Submission submission;
  submission.host = std::make_shared<const HostRecord>(host.record());
  submission.challenge = host.challenge(1, {now_, {500'000}});
  submission.challenge.selections = {policies_->snapshots().front()->policy().selection};
  submission.received = {now_, {500'100}};
  submission.item = host.draft(submission.challenge, {boot.pcrs}, boot.log.size()).seal();
  submission.boot_log = boot.log;

  std::shared_ptr<const Judgement> judged;
  {
    const std::lock_guard lock(mutex_);
    judged = boot.judged;
  }
  if (!judged) {
    Judgement first = judge_first(submission, extends);
    first.submission = {};
    judged = std::make_shared<const Judgement>(std::move(first));
    const std::lock_guard lock(mutex_);
    boot.judged = judged;
  }
  Judgement mine = *judged;
  mine.submission = std::move(submission);
  mine.evidence = hash(HashAlgorithm::kSha256, mine.submission.item);
  mine.boot_log = mine.evidence;
  mine.counters->boot_id = host.boot_id;
  mine.facts->os_version = std::string(host.facts.os_version);
  auto proof = std::make_shared<BootProof>(*mine.proof);
  proof->log = mine.evidence;
  mine.proof = std::move(proof);

  StoredHost out;
  out.record = mine.submission.host;
  out.ek_certificate = {out.record->uid, out.record->ek_certificate->sha256,
                        ek_certificate_of(number)};
  const std::shared_ptr<HostState> state = next_state(mine, HostState{}, now_);
  state->since = now_;
  {
    const std::lock_guard lock(mutex_);
    state->receipt =
        receipts_.make(*out.record, policies_->snapshots().front()->policy(), now_, *state);
  }
  out.state = state;
  out.log = {mine.evidence, std::move(mine.submission.boot_log)};
  out.appraisal = history_of(mine, now_);
  return out;
}

}  // namespace quotemill::bench
