// The operator's verbs over a real commit thread and a store in memory.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "deploy/quotemilld/fleet_run.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "deploy/quotemilld/reattest_wave.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/pipeline/committer.h"
#include "storage/memory_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/recording_sinks.h"
#include "tests/support/software_host.h"

namespace quotemill::daemon {

inline HostRecord host_record(std::uint8_t number, const std::string& name, LifeCycle life_cycle) {
  HostRecord record;
  record.uid.bytes.fill(number);
  record.name = name;
  record.life_cycle = life_cycle;
  record.ek_sha256 = std::string(64, static_cast<char>('0' + number));
  record.curve_key.fill(number);
  record.expires = {2'000'000'000'000};
  return record;
}

inline Bytes boot_log() {
  BootLogWriter log(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha1, HashAlgorithm::kSha256});
  log.startup_locality(3);
  for (std::uint32_t pcr = 0; pcr < 5; ++pcr) {
    const std::string text = "event " + std::to_string(pcr);
    log.event(pcr, 0x80000003, as_bytes(text), as_bytes(text));
  }
  return to_bytes(log.bytes());
}

class OperatorFixture : public ::testing::Test {
 protected:
  void SetUp() override { committer_.start(); }

  void TearDown() override { committer_.stop(); }

  void add(const HostRecord& record) {
    ASSERT_TRUE(committer_.change([&](const RegistryView&) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      update.record = record;
      return update;
    }));
  }

  // A state as an appraisal would have left it.
  void set_state(const HostRecord& record, TrustState trust) {
    auto state = std::make_shared<HostState>(*hosts_.find(record.uid)->state);
    state->state = trust;
    state->sequence = 7;
    state->generation = record.generation;
    state->judged = {1'700'000'000'000};
    hosts_.put_state(state);
  }

  // As if a quote had proven `log`.
  void prove(const HostRecord& record, const Bytes& log) {
    CommitBatch batch;
    batch.boot_logs = {{hash(HashAlgorithm::kSha256, as_bytes("evidence of " + record.name)), log}};
    ASSERT_TRUE(store_.commit(batch));
    auto state = std::make_shared<HostState>(*hosts_.find(record.uid)->state);
    BootProof proof;
    proof.generation = record.generation;
    proof.log = batch.boot_logs[0].id;
    state->proof = std::make_shared<const BootProof>(proof);
    hosts_.put_state(state);
  }

  transport::Json ask(const std::string& verb,
                      const transport::Json& args = transport::Json::object()) {
    const transport::ControlOutcome outcome = verbs_.handle({verb, args});
    const auto* json = std::get_if<transport::Json>(&outcome);
    return json != nullptr ? *json : transport::Json("error: " + refusal(verb, args).message);
  }

  transport::ControlError refusal(const std::string& verb,
                                  const transport::Json& args = transport::Json::object()) {
    const transport::ControlOutcome outcome = verbs_.handle({verb, args});
    const auto* error = std::get_if<transport::ControlError>(&outcome);
    EXPECT_NE(error, nullptr) << verb;
    return error != nullptr ? *error : transport::ControlError{};
  }

  // In parts of `step` bytes; returns the SHA-256.
  std::string upload(const std::string& content, std::size_t step = 50) {
    const std::string sha256 = hash(HashAlgorithm::kSha256, as_bytes(content)).hex();
    for (std::size_t at = 0; at < content.size(); at += step) {
      const transport::Json answer =
          ask("upload", {{"sha256", sha256},
                         {"size", content.size()},
                         {"offset", at},
                         {"hex", to_hex(as_bytes(content.substr(at, step)))}});
      EXPECT_EQ(answer["received"], std::min(content.size(), at + step)) << answer;
    }
    return sha256;
  }

  // However busy the machine is: what is counted before a change is counted at once.
  static BlastPreviews::Pace patient() {
    BlastPreviews::Pace pace;
    pace.at_once = std::chrono::minutes(1);
    return pace;
  }

  // What the fixture's verbs work with; for other verbs, to be changed.
  OperatorParts parts() {
    OperatorParts parts{hosts_,
                        committer_,
                        store_,
                        care_,
                        *policies_,
                        keys_,
                        server_key_,
                        inbox_,
                        counters_,
                        Challenger([this](std::vector<HostUid> hosts) {
                          asked_ = hosts;
                          return std::vector<HostUid>{hosts.front()};
                        }),
                        clock_};
    parts.audit = [this](const OperatorAct& act) { acts_.push_back(act); };
    parts.runs = &runs_;
    parts.waves = &waves_;
    parts.images = &images_;
    parts.pace = patient();
    return parts;
  }

  quotemill::testing::ManualClock clock_;
  storage::MemoryStore store_;
  HostTable hosts_;
  quotemill::testing::RecordingReplies replies_;
  quotemill::testing::RecordingChanges changes_;
  NonceAuthority nonces_{{}};
  std::unique_ptr<PoliciesInForce> policies_ = *PoliciesInForce::create(default_policy(), {}, {});
  KeyCache keys_{16};
  const CurveKey server_key_ = quotemill::testing::SoftwareHost().server_key;
  PipelineCounters counters_;
  Inbox inbox_{10, 1'000'000, 1};
  Committer committer_{{store_, hosts_, replies_, changes_, clock_, nonces_, *policies_, counters_},
                       {}};

  // A store in memory has no files to copy or to check.
  class NoCare final : public StoreCare {
   public:
    Result<void> backup(const std::string& folder) const override {
      return folder == "/there" ? Error{ErrorCode::kConfig, "backup"} : Result<void>();
    }

    [[nodiscard]] Result<StoreSizes> sizes() const override {
      StoreSizes sizes;
      sizes.hosts = {9'600, 2};
      sizes.appraisals = {13'000, 10};
      return sizes;
    }

    [[nodiscard]] Result<StoreReport> check() const override { return report; }

    StoreReport report;
  };

  ImageTimes images_{store_, {}};
  NoCare care_;
  std::vector<HostUid> asked_;
  std::vector<OperatorAct> acts_;
  FleetRuns runs_{{hosts_,
                   store_,
                   *policies_,
                   server_key_,
                   [this](std::vector<ReappraisedHost> judged) {
                     return committer_.commit_reappraised(std::move(judged));
                   },
                   {},
                   2}};
  ReattestWaves waves_{hosts_, Challenger([this](std::vector<HostUid> hosts) {
                         asked_.insert(asked_.end(), hosts.begin(), hosts.end());
                         return hosts;
                       }),
                       clock_, false};
  OperatorVerbs verbs_{parts()};
};

}  // namespace quotemill::daemon
