// Runs over hosts as a store has them: packed, and most of them alike.
#include "deploy/quotemilld/fleet_run.h"

#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "tests/engine/pipeline/small_engine.h"

namespace quotemill::daemon {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)
using transport::Json;

constexpr unsigned kHosts = 4'500;  // more than a page
// As each third host: it boots what is golden, it boots something else, it was started by kexec.
constexpr unsigned kKinds = 3;

class FleetRunTest : public ::testing::Test {
 protected:
  FleetRunTest() {
    kinds_[1].boot.push_back(measured(9, event_type::kIpl, "/boot/other"));
    for (unsigned kind = 0; kind < kKinds; ++kind) {
      kinds_[kind].record().name = "kind-" + std::to_string(kind);
      engine_.enrol(kinds_[kind]);
      engine_.attest(kinds_[kind]);
    }
    ++kinds_[2].boot_id.front();
    engine_.attest(kinds_[2]);
    std::vector<StoredHost> hosts;
    for (unsigned number = 0; number < kHosts; ++number) {
      hosts.push_back(host_of(number));
    }
    table_.put_stored(std::move(hosts));
  }

  // One of many: its times are its own.
  StoredHost host_of(unsigned number) const {
    const SoftwareHost& like = kinds_[number % kKinds];
    HostRecord record = like.record();
    record.uid.bytes.fill(0xFF);
    record.uid.bytes[0] = static_cast<std::uint8_t>(number);
    record.uid.bytes[1] = static_cast<std::uint8_t>(number >> 8U);
    record.name = "host-" + std::to_string(1'000 + number);
    record.curve_key.fill(0);
    std::copy(record.uid.bytes.begin(), record.uid.bytes.end(), record.curve_key.begin());
    record.labels["half"] = number < kHosts / 2 ? "first" : "second";
    HostState state = engine_.state(like);
    state.host = record.uid;
    state.verdict.fresh_from.ms += number;
    return {std::make_shared<const HostRecord>(record), state};
  }

  // The status behind a run that was not interrupted; `written_` is what it committed.
  Json run(RunKind kind, const std::string& toml, unsigned threads,
           const std::string& selector = "") {
    written_.clear();
    const auto policies = *PoliciesInForce::create(policy_of(toml), {}, baselines_);
    FleetRuns runs({table_, engine_.store, *policies, engine_.server_key,
                    [this](std::vector<ReappraisedHost> hosts) -> Result<ReappraisalCommit> {
                      ReappraisalCommit done;
                      done.changed = hosts.size();
                      std::move(hosts.begin(), hosts.end(), std::back_inserter(written_));
                      return done;
                    },
                    "", threads});
    RunRequest request;
    request.kind = kind;
    request.selector = selector;
    request.policies = policies->current();
    EXPECT_TRUE(runs.start(request).has_value());
    while (runs.status()["state"] == "running") {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    Json status = runs.status();
    EXPECT_EQ(status["state"], "done") << status.dump();
    return status;
  }

  std::array<SoftwareHost, kKinds> kinds_ = {SoftwareHost(KeyKind::kEcP256, 1),
                                             SoftwareHost(KeyKind::kEcP256, 2),
                                             SoftwareHost(KeyKind::kEcP256, 3)};
  std::vector<std::shared_ptr<const Baseline>> baselines_ = {baseline_of(SoftwareHost())};
  SmallEngine engine_{default_policy(), baselines_};
  HostTable table_;
  std::vector<ReappraisedHost> written_;
};

const std::vector<std::string> kPolicies = {
    "[boot]\nmismatch = \"warn\"\n",
    "[boot]\nmismatch = \"off\"\nno_baseline = \"info\"\n",
    "[boot]\nno_baseline = \"fail\"\nbaselines = [\"none\"]\n",
    "[counters]\nkexec = \"info\"\n",
    "[freshness]\nstale_after = \"20m\"\n",
};

TEST_F(FleetRunTest, TheRealRunComesToWhatTheWhatIfSaid) {
  for (const std::string& toml : kPolicies) {
    const Json said = run(RunKind::kWhatIf, toml, 2);
    EXPECT_TRUE(written_.empty()) << toml;
    const Json done = run(RunKind::kReal, toml, 2);
    EXPECT_EQ(said["blast"], done["blast"]) << toml;
    EXPECT_EQ(said["done"], kHosts);
    EXPECT_EQ(done["done"], kHosts);
    std::uint64_t moved = 0;
    for (const ReappraisedHost& host : written_) {
      moved += host.verdict.state != host.host.state->state ? 1U : 0U;
    }
    EXPECT_EQ(moved, said["blast"]["worse"].get<std::uint64_t>() +
                         said["blast"]["better"].get<std::uint64_t>())
        << toml;
  }
}

TEST_F(FleetRunTest, WhatIsSaidDoesNotDependOnTheThreads) {
  for (const std::string& toml : kPolicies) {
    const Json one = run(RunKind::kWhatIf, toml, 1)["blast"];
    for (const unsigned threads : {2U, 5U}) {
      EXPECT_EQ(run(RunKind::kWhatIf, toml, threads)["blast"], one) << toml << threads;
    }
  }
}

// Alike as they are, each is written with its own times and its own proof.
TEST_F(FleetRunTest, WhatIsWrittenIsTheHostsOwn) {
  run(RunKind::kReal, "[boot]\nno_baseline = \"fail\"\nbaselines = [\"none\"]\n", 3);
  ASSERT_FALSE(written_.empty());
  for (std::size_t i = 0; i < written_.size(); ++i) {
    const ReappraisedHost& written = written_[i];
    const Host own = *table_.find(written.host.record->uid);
    EXPECT_EQ(written.host.revision, own.revision);
    EXPECT_EQ(written.host.record->name, own.record->name);
    EXPECT_EQ(written.verdict.fresh_from, own.state->verdict.fresh_from);
    ASSERT_TRUE(written.proof);
    EXPECT_EQ(written.proof->log, own.state->proof->log);
    EXPECT_EQ(written.proof->snapshot, written.verdict.snapshot);
    EXPECT_TRUE(i == 0 || written_[i - 1].host.record->name < own.record->name);
  }
}

TEST_F(FleetRunTest, LooksAtThoseAloneThatAreSelected) {
  const std::string toml = "[boot]\nno_baseline = \"fail\"\nbaselines = [\"none\"]\n";
  const Json half = run(RunKind::kReal, toml, 2, "half=second");
  EXPECT_EQ(half["done"], kHosts / 2);
  EXPECT_EQ(half["hosts"], kHosts / 2);
  EXPECT_EQ(half["blast"]["looked_at"], kHosts / 2);
  for (const ReappraisedHost& written : written_) {
    EXPECT_EQ(written.host.record->labels.at("half"), "second");
  }
}

}  // namespace
}  // namespace quotemill::daemon
