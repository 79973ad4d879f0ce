// The operator's verbs over a real Committer and a store in memory.
#pragma once

#include <gtest/gtest.h>

#include "deploy/quotemilld/operator_verbs.h"
#include "engine/crypto/hash.h"
#include "engine/pipeline/committer.h"
#include "storage/memory_store.h"
#include "tests/support/manual_clock.h"
#include "tests/support/recording_sinks.h"

namespace quotemill::daemon {

using quotemill::testing::ManualClock;
using quotemill::testing::RecordingChanges;
using quotemill::testing::RecordingReplies;
using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

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
    batch.blobs = {{hash(HashAlgorithm::kSha256, log), log}};
    ASSERT_TRUE(store_.commit(batch));
    auto state = std::make_shared<HostState>(*hosts_.find(record.uid)->state);
    BootProof proof;
    proof.generation = record.generation;
    proof.log = batch.blobs[0].id;
    state->proof = std::make_shared<const BootProof>(proof);
    hosts_.put_state(state);
  }

  Json ask(const std::string& verb, const Json& args = Json::object()) {
    const ControlOutcome outcome = verbs_.handle({verb, args});
    const auto* json = std::get_if<Json>(&outcome);
    return json != nullptr ? *json : Json("error: " + refusal(verb, args).message);
  }

  ControlError refusal(const std::string& verb, const Json& args = Json::object()) {
    const ControlOutcome outcome = verbs_.handle({verb, args});
    const auto* error = std::get_if<ControlError>(&outcome);
    EXPECT_NE(error, nullptr) << verb;
    return error != nullptr ? *error : ControlError{};
  }

  ManualClock clock_;
  storage::MemoryStore store_;
  HostTable hosts_;
  RecordingReplies replies_;
  RecordingChanges changes_;
  NonceAuthority nonces_{{}};
  SnapshotHolder snapshots_{default_policy(), {}};
  PipelineCounters counters_;
  Inbox inbox_{10, 1'000'000, 1};
  Committer committer_{{store_, hosts_, replies_, changes_, clock_, nonces_, snapshots_, counters_},
                       {}};
  std::vector<HostUid> asked_;
  std::vector<OperatorAct> acts_;
  OperatorVerbs verbs_{{hosts_, committer_, store_, snapshots_, inbox_, counters_,
                        Challenger([this](std::vector<HostUid> hosts) {
                          asked_ = hosts;
                          return std::vector<HostUid>{hosts.front()};
                        }),
                        clock_, [this](const OperatorAct& act) { acts_.push_back(act); }}};
};

}  // namespace quotemill::daemon
