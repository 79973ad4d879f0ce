// ESXi hosts whose logs are kept without the recovery key that somebody typed: judged when it
// comes, and again by what is kept.
#include <gmock/gmock.h>

#include "engine/pipeline/fleet_reappraisal.h"
#include "engine/pipeline/reappraisal.h"
#include "tests/engine/pipeline/esxi_engine.h"
#include "tests/engine/pipeline/tells_all.h"

namespace quotemill {
namespace {

using bench::EsxiFault;
using ::testing::Contains;
using ::testing::ElementsAre;
using testing::EsxiEngine;
using ::testing::Not;

constexpr std::string_view kKey = bench::kTypedRecoveryKey;

// The last evidence under other rules, by what is stored of it.
class ByStore {
 public:
  ByStore(EsxiEngine& engine, const std::string& rules)
      : engine_(engine.engine),
        host_(*engine.engine.hosts.find(engine.host.record().uid)),
        set_(*PolicySet::compile({testing::esxi_policy(rules)}, testing::model_images())) {}

  Reappraisal of_one_host() {
    return reappraise(host_,
                      {*set_, engine_.server_key, engine_.keys, engine_.store, engine_.extends});
  }

  Reappraisal of_the_fleet() {
    const auto logs =
        LogClasses::of({host_.state->proof ? host_.state->proof->log : Digest()}, engine_.store);
    FleetReappraisal fleet({set_, engine_.server_key, engine_.store,
                            std::make_shared<const LogClasses>(*logs), StoredSignatures::kChecked});
    return fleet.judge(host_, engine_.extends);
  }

 private:
  testing::SmallEngine& engine_;
  const Host host_;
  const std::shared_ptr<const PolicySet> set_;
};

TEST(EsxiKeptLog, TheStoreHasNoKeyAndTheVerdictTellsOfIt) {
  EsxiEngine engine;
  engine.model.fault = EsxiFault::kSecretTyped;
  engine.attest();
  EXPECT_THAT(engine.engine.blame(engine.host), ElementsAre(FindingCode::kEsxiLogSecret));
  const Bytes log = *engine.engine.store.boot_log(engine.state().proof->log);
  EXPECT_EQ(as_text(log).find(kKey), std::string_view::npos);
  EXPECT_NE(as_text(log).find("encryptionRecoveryKey=***"), std::string_view::npos);
}

// Told before it is committed a log would be told with its key.
TEST(EsxiKeptLog, AlsoWhereWhoeverJudgesHasLogsTold) {
  for (const EsxiFault fault : {EsxiFault::kSecretTyped, EsxiFault::kNone}) {
    const testing::TellsAll logs;
    EsxiEngine engine;
    engine.engine.logs = &logs;
    engine.model.fault = fault;
    engine.attest();
    ASSERT_TRUE(engine.state().proof);
    EXPECT_EQ(logs.told, fault == EsxiFault::kNone ? 1 : 0);
    const Bytes log = *engine.engine.store.boot_log(engine.state().proof->log);
    EXPECT_EQ(as_text(log).find(kKey), std::string_view::npos);
  }
}

TEST(EsxiKeptLog, IsJudgedAgainAsItWasJudgedWhenItCame) {
  EsxiEngine engine;
  engine.model.fault = EsxiFault::kSecretTyped;
  engine.attest();
  const std::string rules = "cmdline_deny = [\"encryptionRecoveryKey=.*\"]\n";
  EsxiEngine live(rules);
  live.model = engine.model;
  live.attest();
  const std::vector<FindingCode> expected = live.engine.blame(live.host);
  ASSERT_THAT(expected, Contains(FindingCode::kEsxiCommandLine));
  ByStore stored(engine, rules);
  for (const Reappraisal& again : {stored.of_one_host(), stored.of_the_fleet()}) {
    ASSERT_EQ(again.kind, ReappraisalKind::kVerdict) << again.error.to_string();
    EXPECT_EQ(testing::codes(testing::at_least(Severity::kWarning, again.verdict.findings)),
              expected);
  }
}

// The log shows a secret that is not what was measured: what fails when it comes must fail for
// ever, though nobody can hash it again.
TEST(EsxiKeptLog, DataThatWasNotMeasuredFailsByTheStoreToo) {
  EsxiEngine engine;
  engine.model.fault = EsxiFault::kSecretTyped;
  engine.change_boot = [](bench::EsxiBootLog& booted) {
    booted.log[as_text(booted.log).find(kKey)] ^= 1;
  };
  engine.attest();
  ASSERT_THAT(engine.engine.blame(engine.host), Contains(FindingCode::kEsxiLogData));
  ByStore stored(engine, "exec_installed_only = \"warn\"\n");
  for (const Reappraisal& again : {stored.of_one_host(), stored.of_the_fleet()}) {
    ASSERT_EQ(again.kind, ReappraisalKind::kVerdict) << again.error.to_string();
    EXPECT_EQ(again.verdict.state, TrustState::kFailed);
    EXPECT_THAT(testing::codes(again.verdict.findings), Contains(FindingCode::kEsxiLogData));
  }
}

// A host that sends what a kept log would hold, over a line that was not measured.
TEST(EsxiKeptLog, AHostGainsNothingBySendingOneItself) {
  EsxiEngine engine;
  engine.model.fault = EsxiFault::kSecretTyped;
  engine.change_boot = [](bench::EsxiBootLog& booted) { drop_secrets(booted.log); };
  engine.attest();
  EXPECT_THAT(engine.engine.blame(engine.host), Contains(FindingCode::kEsxiLogData));
  ByStore stored(engine, "exec_installed_only = \"warn\"\n");
  EXPECT_EQ(stored.of_one_host().verdict.state, TrustState::kFailed);
  EXPECT_EQ(stored.of_the_fleet().verdict.state, TrustState::kFailed);
}

// Firmware is learnt from a host and pinned, as on any other: the rules of [boot].
TEST(EsxiFirmware, IsPinnedToWhatWasCapturedFromAHost) {
  const EsxiEngine golden;
  auto firmware = std::make_shared<Baseline>();
  firmware->name = "golden";
  firmware->version = 1;
  const Bytes log = golden.boot().log;
  firmware->events = reference_events(read_boot_log(log).log);
  auto baselines = testing::model_images();
  baselines.push_back(firmware);
  EsxiEngine same({}, baselines);
  same.model.host_seed = 7;  // another machine, with its own disk, configuration and command line
  same.attest();
  EXPECT_THAT(same.engine.blame(same.host), ElementsAre());
  EsxiEngine other({}, baselines);
  other.model.firmware = "1.1";
  other.attest();
  EXPECT_THAT(other.engine.blame(other.host), Contains(FindingCode::kBootEventDigestUnknown));
  EXPECT_EQ(other.state().state, TrustState::kFailed);
}

// The static part of a list of modules is inferred once for all hosts of an image.
TEST(EsxiReappraisal, InfersEachListOfModulesOnce) {
  EsxiEngine engine;
  engine.attest();
  std::vector<Digest> logs = {engine.state().proof->log};
  std::vector<std::unique_ptr<testing::SoftwareHost>> hosts;
  for (unsigned number = 1; number < 4; ++number) {
    hosts.push_back(std::make_unique<testing::SoftwareHost>(KeyKind::kEcP256, number));
    engine.model.host_seed = number;
    engine.engine.enrol(*hosts.back());
    engine.attest_as(*hosts.back());
    logs.push_back(engine.engine.state(*hosts.back()).proof->log);
  }
  const auto classes =
      std::make_shared<const LogClasses>(*LogClasses::of(logs, engine.engine.store));
  const std::shared_ptr<const PolicySet> set = *PolicySet::compile(
      {testing::esxi_policy("exec_installed_only = \"warn\"\n")}, testing::model_images());
  FleetReappraisal fleet({set, engine.engine.server_key, engine.engine.store, classes});
  for (const Host& host : engine.engine.hosts.list({}, 10)) {
    EXPECT_EQ(fleet.judge(host, engine.engine.extends).kind, ReappraisalKind::kVerdict);
  }
  EXPECT_EQ(fleet.logs_judged(), 4U) << "each host has a log of its own";
  EXPECT_EQ(fleet.software().inferred, 1U);
  EXPECT_EQ(fleet.software().found, 3U);
}

}  // namespace
}  // namespace quotemill
