// What is remembered of other hosts' logs may change how long a judgement takes, and nothing else:
// the same evidence is judged with memos that saw everything before it, and by plain work.
#include <random>

#include <gtest/gtest.h>

#include "bench/fleet/measured_boot_model.h"
#include "bench/fleet/signing_host.h"
#include "bench/workload/judge.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"
#include "storage/memory_store.h"
#include "tests/engine/eventlog/log_mutator.h"

namespace quotemill {
namespace {

using bench::SigningHost;
using testing::LogMutator;

constexpr const char* kAllRules = R"([policy]
id = "all-rules"
version = 1
priority = 1
[match]
names = ["strict-*"]
[events]
unproven = "fail"
[secure_boot]
required = "fail"
[sbat]
minimum = ["shim=1"]
below = "fail"
[cmdline]
deny = ["init=.*"]
violation = "fail"
[platform]
alarms = "fail"
option_roms = "info"
)";

bench::AppliedPolicies all_rules() {
  PolicyRecord record;
  record.number = 1;
  record.id = "all-rules";
  record.version = 1;
  record.text = kAllRules;
  return {std::make_shared<const PolicyRecord>(std::move(record))};
}

Bytes log_of(unsigned machine, const std::string& kernel = "6.1.0-32-amd64") {
  bench::MeasuredBootModel model;
  model.host_seed = machine;
  model.kernel = kernel;
  return bench::write_boot_log(model);
}

bench::BootImage image() {
  return {"model", [](unsigned machine) { return log_of(machine); }};
}

class JudgeMemo : public ::testing::Test {
 protected:
  // Evidence of a machine whose TPM holds what `measured` gives, and which sends `sent`.
  Submission evidence(SigningHost& host, const Bytes& measured, const Bytes& sent) const {
    const PcrBank replayed = replay(read_boot_log(measured).log, HashAlgorithm::kSha256);
    PcrBank pcrs(host.selection);
    for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
      if (pcrs.has(pcr) && replayed.has(pcr)) {
        pcrs.set(pcr, replayed.at(pcr));
      }
    }
    Submission submission;
    submission.challenge = host.challenge(1, now_);
    submission.item = host.draft(submission.challenge, {pcrs}, sent.size()).seal();
    submission.boot_log = sent;
    submission.host = std::make_shared<const HostRecord>(host.record());
    submission.received = now_;
    return submission;
  }

  Judgement judge(const Submission& submission, ExtendMemo& extends, ProofMemo* proofs) {
    return quotemill::judge(
        submission, {*knowledge_.policies->current(), std::make_shared<const HostState>(),
                     knowledge_.server_key, knowledge_.keys, knowledge_.history, counters_, extends,
                     nullptr, nullptr, proofs});
  }

  // By both, and both say the same.
  Judgement judge_both_ways(const Submission& submission) {
    ExtendMemo nothing(1);
    const Judgement plain = judge(submission, nothing, nullptr);
    Judgement remembered = judge(submission, extends_, &proofs_);
    EXPECT_EQ(remembered.kind, plain.kind);
    EXPECT_EQ(remembered.verdict.state, plain.verdict.state);
    EXPECT_EQ(remembered.verdict.findings, plain.verdict.findings);
    EXPECT_EQ(remembered.verdict.findings_dropped, plain.verdict.findings_dropped);
    EXPECT_EQ(remembered.boot_log, plain.boot_log);
    EXPECT_EQ(remembered.proof != nullptr, plain.proof != nullptr);
    if (remembered.proof && plain.proof) {
      EXPECT_EQ(*remembered.proof, *plain.proof);
    }
    return remembered;
  }

  storage::MemoryStore store_;
  bench::Knowledge knowledge_{image(), store_, all_rules()};
  PipelineCounters counters_;
  ExtendMemo extends_;
  ProofMemo proofs_;
  const Moment now_{{1'700'000'000'000}, {500'000}};
};

TEST_F(JudgeMemo, SaysWhatPlainWorkSaysOfLogsWithFaults) {
  std::mt19937 random(20'261'127);
  std::map<TrustState, int> seen;
  int proven = 0;
  for (unsigned round = 0; round < 1'200; ++round) {
    LogMutator mutator(round);
    SigningHost host(KeyKind::kEcP256, round % 4);
    host.record().name = (round % 2 == 0 ? "strict-" : "plain-") + std::to_string(round % 4);
    const Bytes honest = log_of(round % 8, round % 3 == 0 ? "6.1.0-33-amd64" : "6.1.0-32-amd64");
    const Bytes faulty = mutator.with_fault(honest);
    // A TPM that measured what is sent, or not: faults that the quote covers count as well.
    const Bytes& sent = random() % 4 == 0 ? honest : faulty;
    const Bytes& measured = random() % 3 == 0 ? honest : sent;
    const Judgement judgement = judge_both_ways(evidence(host, measured, sent));
    ASSERT_FALSE(HasFailure()) << "round " << round;
    ++seen[judgement.verdict.state];
    proven += judgement.proof ? 1 : 0;
  }
  EXPECT_GT(seen[TrustState::kTrusted], 50);
  EXPECT_GT(seen[TrustState::kFailed], 400);
  EXPECT_GT(proven, 300);
  EXPECT_GT(extends_.hits(), 10 * extends_.misses());
  EXPECT_GT(proofs_.hits(), 5 * proofs_.misses());
}

// The worst that a memo could do: that an honest host's facts stand for those of one that lies.
TEST_F(JudgeMemo, TrustsNobodyForTheHostBeforeIt) {
  SigningHost host(KeyKind::kEcP256, 1);
  host.record().name = "strict-1";
  const Bytes honest = log_of(0);
  ASSERT_EQ(judge_both_ways(evidence(host, honest, honest)).verdict.state, TrustState::kTrusted);
  const BootLog log = read_boot_log(honest).log;
  int failed = 0;
  for (const BootEvent& event : log.events) {
    if (!event.is_measured() || event.data.empty()) {
      continue;
    }
    for (const ByteView place : {event.digest(HashAlgorithm::kSha256), event.data}) {
      Bytes lie = honest;
      lie[static_cast<std::size_t>(place.data() - honest.data()) + place.size() / 2] ^= 1U;
      const Judgement judgement = judge_both_ways(evidence(host, honest, lie));
      const bool is_digest = place.data() != event.data.data();
      EXPECT_TRUE(!is_digest || judgement.verdict.state == TrustState::kFailed)
          << "event " << event.number;
      EXPECT_TRUE(!is_digest || judgement.proof == nullptr) << "event " << event.number;
      failed += judgement.verdict.state == TrustState::kFailed ? 1 : 0;
    }
  }
  EXPECT_GT(failed, 150);
  EXPECT_EQ(judge_both_ways(evidence(host, honest, honest)).verdict.state, TrustState::kTrusted);
}

}  // namespace
}  // namespace quotemill
