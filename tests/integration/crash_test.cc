// The daemon's own ends: killed, drained, stopped at once, and started again.
#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/verdict/verdict.h"
#include "tests/integration/fleet.h"
#include "tests/integration/raw_host.h"
#include "tests/integration/recorded_change.h"
#include "transport/agent/agent_state.h"

namespace quotemill {
namespace {

using std::chrono::milliseconds;
using testing::EvidenceParts;
using testing::Finished;
using ::testing::HasSubstr;
using testing::join;
using testing::RawHost;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

constexpr int kEndedAtOnce = 130;
// So that a test can act while evidence waits for company in the inbox.
constexpr const char* kHoldsEvidence = "batch_age = \"1s\"\nbatch_rest = \"1s\"";

class Crash : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
  }

  // A machine that is on, in the test's hands, enrolled.
  std::unique_ptr<RawHost> enrol(SimHost& machine, TestDaemon& daemon) {
    EXPECT_TRUE(machine.make_tpm(maker_));
    EXPECT_TRUE(machine.power_on());
    auto host = std::make_unique<RawHost>(machine, daemon);
    EXPECT_TRUE(host->enrol(daemon.new_token(1)));
    return host;
  }

  static void send_and_see_accepted(RawHost& host, TestDaemon& daemon, const Bytes& item) {
    const auto accepted = [&] {
      return daemon.counter("endpoints", "attest", "evidence_accepted");
    };
    const std::uint64_t before = accepted();
    EXPECT_TRUE(host.send_evidence(item));
    EXPECT_TRUE(testing::eventually([&] { return accepted() > before; }));
  }

  // How a daemon ends that gets two signals while it holds evidence; it is started again then.
  std::optional<int> signalled_twice() {
    TestDaemon daemon({.roots = {maker_.root_pem()}, .pipeline = kHoldsEvidence});
    EXPECT_TRUE(daemon.start());
    SimHost machine("web-01");
    const auto host = enrol(machine, daemon);
    host->attest();
    const Bytes item = host->quote(host->hello()).seal();
    send_and_see_accepted(*host, daemon, item);
    daemon.process().send_signal(SIGTERM);
    EXPECT_TRUE(daemon.logs("draining"));
    daemon.process().send_signal(SIGTERM);
    const std::optional<int> ended = daemon.process().wait_for(testing::kPatience);
    EXPECT_TRUE(daemon.start());
    EXPECT_EQ(daemon.sequence_of("web-01"), ended == 0 ? 2U : 1U) << daemon.log();
    EXPECT_EQ(daemon.state_of("web-01"), "trusted");
    return ended;
  }

  // The number of the newest receipt that the host's agent has, by its own file.
  static std::uint64_t receipt_of(const SimHost& host) {
    const Bytes file = testing::read_file(host.agent_state() / "state");
    const Result<agent::AgentState> state = agent::decode_agent_state(file);
    EXPECT_TRUE(state && state->enrolment) << host.agent_log();
    return state && state->enrolment ? state->enrolment->receipt : 0;
  }

  // Every appraisal of the host is there once, with no number left out.
  static void expect_whole_history(TestDaemon& daemon, const std::string& name) {
    std::uint64_t before = 0;
    std::uint64_t expected = daemon.sequence_of(name);
    while (expected != 0) {
      const Json page = daemon.get("history", {{"host", name}, {"limit", 100}, {"before", before}});
      ASSERT_FALSE(page["appraisals"].empty()) << name << " lacks " << expected;
      if (before == 0) {
        // It goes on attesting while we look.
        const std::uint64_t newest = page["appraisals"][0]["seq"].get<std::uint64_t>();
        ASSERT_GE(newest, expected) << name;
        expected = newest;
      }
      for (const Json& one : page["appraisals"]) {
        ASSERT_EQ(one["seq"], expected) << name;
        const Json first = one["run"].is_null() ? one : one["run"]["first"];
        expected = first["seq"].get<std::uint64_t>() - 1;
        if (expected == 0) {
          return;
        }
      }
      before = expected + 1;
    }
  }

  TpmMaker maker_;
};

TEST_F(Crash, KilledAgainAndAgainAmidAttestationsNothingIsLost) {
  TestDaemon daemon({.roots = {maker_.root_pem()}, .attest_every = "100ms"});
  ASSERT_TRUE(daemon.start());
  std::vector<std::unique_ptr<SimHost>> hosts;
  for (const char* name : {"web-01", "web-02", "web-03"}) {
    hosts.push_back(std::make_unique<SimHost>(name));
    ASSERT_TRUE(hosts.back()->make_tpm(maker_));
    ASSERT_TRUE(hosts.back()->power_on());
    ASSERT_TRUE(join(*hosts.back(), daemon));
  }
  const Json stream = daemon.get("status")["store"]["stream"];
  std::mt19937 random(20'261'124);  // any moment will do
  for (int round = 0; round < 5; ++round) {
    SCOPED_TRACE(round);
    std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution<>(50, 400)(random)));
    const std::uint64_t before = daemon.sequence_of("web-01");
    daemon.kill9();
    ASSERT_TRUE(daemon.start());
    EXPECT_GE(daemon.sequence_of("web-01"), before) << "what an operator saw is gone";
    for (const auto& host : hosts) {
      ASSERT_TRUE(daemon.attests_again(host->name(), 2)) << host->agent_log();
    }
  }
  for (const auto& host : hosts) {
    EXPECT_EQ(daemon.state_of(host->name()), "trusted") << host->agent_log();
    expect_whole_history(daemon, host->name());
  }
  // Nobody failed, and nobody's receipt was newer than the store.
  std::uint64_t next = 1;
  const Json page = daemon.get("changes", {{"limit", 500}});
  for (const Json& change : page["changes"]) {
    EXPECT_EQ(change["seq"], next++);
    EXPECT_NE(change["new"], "failed") << change.dump(1);
  }
  EXPECT_EQ(daemon.get("status")["store"]["stream"], stream);
  EXPECT_FALSE(daemon.has_logged("store lost something"));
}

// Kills at random moments, under load, while hosts change: QUOTEMILL_CRASH_SECONDS for how long.
// (As crash_for_minutes, a slow test, for three minutes.)
TEST_F(Crash, KilledAtRandomUnderLoadNoReceiptIsLostAndNoChangeComesTwice) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nobody sets it meanwhile
  const char* const wanted = std::getenv("QUOTEMILL_CRASH_SECONDS");
  const std::chrono::seconds length(wanted != nullptr ? std::atoi(wanted) : 15);
  const auto seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  TestDaemon daemon({.roots = {maker_.root_pem()}, .attest_every = "100ms"});
  ASSERT_TRUE(daemon.start());
  std::vector<std::unique_ptr<SimHost>> hosts;
  for (const char* name : {"web-01", "web-02", "web-03", "web-04", "web-05", "web-06"}) {
    hosts.push_back(std::make_unique<SimHost>(name));
    ASSERT_TRUE(hosts.back()->make_tpm(maker_));
    ASSERT_TRUE(hosts.back()->power_on());
    ASSERT_TRUE(join(*hosts.back(), daemon));
  }
  // Whoever is labelled fails, whoever is not is trusted.
  const std::string policy = (daemon.folder() / "gold.toml").string();
  testing::write_file(policy, as_bytes("[policy]\nid = \"gold\"\npriority = 5\n[match]\nlabels = "
                                       "[\"tier=gold\"]\n[freshness]\nattest_every = \"100ms\"\n"
                                       "stale_after = \"60s\"\n[boot]\nno_baseline = \"fail\"\n"));
  ASSERT_TRUE(daemon.cli({"policy", "apply", policy, "--yes"}).ok());

  std::map<std::uint64_t, Json> seen;  // of the outbox, by sequence
  const auto read_changes = [&] {
    std::uint64_t next = 1;
    for (Json page = daemon.get("changes", {{"from", next}, {"limit", 500}});
         !page["changes"].empty(); page = daemon.get("changes", {{"from", next}, {"limit", 500}})) {
      for (const Json& change : page["changes"]) {
        ASSERT_EQ(change["seq"], next);
        const Json recorded = testing::as_recorded(change);
        const auto known = seen.emplace(next++, recorded).first;
        ASSERT_EQ(known->second, recorded)
            << "another change under a sequence that was read before";
      }
    }
    ASSERT_GE(next, seen.size() + 1) << "a change that was read is gone";
  };
  const auto look = [&] {
    std::map<std::string, std::uint64_t> sequences;
    for (const auto& host : hosts) {
      sequences[host->name()] = daemon.sequence_of(host->name());
    }
    return sequences;
  };
  std::uint64_t receipts = 0;  // that came between a round's first look at the store and its kill
  const auto begin = std::chrono::steady_clock::now();
  const auto goes_on = [&] {
    const auto passed = std::chrono::steady_clock::now() - begin;
    return passed < length || (receipts == 0 && passed < length + testing::kPatience);
  };
  for (unsigned round = 0; goes_on(); ++round) {
    SCOPED_TRACE(round);
    const std::string& flipped = hosts[random() % hosts.size()]->name();
    const bool is_gold = random() % 2 == 0;
    EXPECT_TRUE(daemon.cli({"label", flipped, is_gold ? "tier=gold" : "tier-"}).ok());
    const std::map<std::string, std::uint64_t> early = look();
    std::this_thread::sleep_for(milliseconds(std::uniform_int_distribution<>(20, 900)(random)));
    ASSERT_NO_FATAL_FAILURE(read_changes());
    std::map<std::string, std::uint64_t> known = look();
    daemon.kill9();
    for (const auto& host : hosts) {
      const std::uint64_t receipt = receipt_of(*host);
      receipts += receipt > early.at(host->name()) ? 1U : 0U;
      known[host->name()] = std::max(known[host->name()], receipt);
    }
    ASSERT_TRUE(daemon.start());
    for (const auto& [name, sequence] : look()) {
      EXPECT_GE(sequence, known[name]) << "an appraisal that has its receipt is gone";
    }
    ASSERT_NO_FATAL_FAILURE(read_changes());
  }
  EXPECT_GT(receipts, 0U) << "no receipt came between a look and a kill: nothing was tried";
  for (const auto& host : hosts) {
    ASSERT_TRUE(daemon.attests_again(host->name(), 2)) << host->agent_log();
    ASSERT_NO_FATAL_FAILURE(expect_whole_history(daemon, host->name()));
  }
  ASSERT_NO_FATAL_FAILURE(read_changes());
  // Each change of a host begins where the one before ended.
  std::map<std::string, std::string> states;
  for (const auto& [sequence, change] : seen) {
    std::string& state = states
                             .try_emplace(change["host"]["name"].get<std::string>(),
                                          change["prev"].get<std::string>())
                             .first->second;
    EXPECT_EQ(change["prev"], state) << change.dump(1);
    state = change["new"].get<std::string>();
  }
  EXPECT_GT(seen.size(), hosts.size()) << "nobody changed: nothing was tried";
  EXPECT_FALSE(daemon.has_logged("store lost something")) << "an agent has a newer receipt";
  EXPECT_TRUE(daemon.cli({"store", "check"}).ok());
}

TEST_F(Crash, TheSameEvidenceGetsTheSameReceiptAfterAKill) {
  TestDaemon daemon({.roots = {maker_.root_pem()}});
  ASSERT_TRUE(daemon.start());
  SimHost machine("web-01");
  const auto host = enrol(machine, daemon);
  host->attest();
  const Bytes item = host->quote(host->hello()).seal();
  ASSERT_TRUE(host->send_evidence(item));
  const Bytes receipt = host->receive_a<transport::ReceiptMessage>().receipt;
  daemon.kill9();
  ASSERT_TRUE(daemon.start());
  host->connect();
  ASSERT_TRUE(host->send_evidence(item));
  EXPECT_EQ(host->receive_a<transport::ReceiptMessage>().receipt, receipt);
  EXPECT_EQ(daemon.sequence_of("web-01"), 2U);
  EXPECT_EQ(daemon.state_of("web-01"), "trusted");
  EXPECT_EQ(daemon.counter("endpoints", "attest", "receipts_again"), 1U);
}

// Evidence whose receipt never came: judged or not, sent again it ends well.
TEST_F(Crash, PreissuedEvidenceInFlightSurvivesAKill) {
  TestDaemon daemon({.roots = {maker_.root_pem()}, .pipeline = kHoldsEvidence});
  ASSERT_TRUE(daemon.start());
  SimHost machine("web-01");
  const auto host = enrol(machine, daemon);
  Receipt last = host->attest();
  while (!last.next_nonce) {  // one receipt in sixteen carries none
    last = host->attest();
  }
  const Bytes item = host->quote_preissued(last).seal();
  send_and_see_accepted(*host, daemon, item);  // it waits in the inbox for company
  daemon.kill9();
  ASSERT_TRUE(daemon.start());
  EXPECT_LE(daemon.sequence_of("web-01"), last.number + 1);
  host->connect();
  ASSERT_TRUE(host->send_evidence(item));
  const Receipt receipt = host->receive_receipt();
  EXPECT_EQ(receipt.number, last.number + 1);
  EXPECT_EQ(receipt.state, static_cast<std::uint8_t>(TrustState::kTrusted));
}

TEST_F(Crash, OnSigtermWhatWasReceivedIsJudgedCommittedAndReceipted) {
  TestDaemon daemon({.roots = {maker_.root_pem()}, .pipeline = kHoldsEvidence});
  ASSERT_TRUE(daemon.start());
  SimHost first_machine("web-01");
  SimHost second_machine("web-02");
  const auto first = enrol(first_machine, daemon);
  const auto second = enrol(second_machine, daemon);
  first->attest();
  second->attest();
  const Bytes early = first->quote(first->hello()).seal();
  const Bytes late = second->quote(second->hello()).seal();
  send_and_see_accepted(*first, daemon, early);
  // It waits up to a second for company; meanwhile:
  daemon.process().send_signal(SIGTERM);
  ASSERT_TRUE(daemon.logs("draining"));
  ASSERT_TRUE(second->send_evidence(late));
  const Receipt receipt = first->receive_receipt();
  EXPECT_EQ(receipt.number, 2U);
  const std::optional<transport::Message> refused = second->receive(milliseconds(5'000));
  ASSERT_TRUE(refused) << daemon.log();
  EXPECT_EQ(transport::kind_of(refused->body), transport::Kind::kBusy);
  EXPECT_EQ(daemon.process().wait_for(testing::kPatience), 0) << daemon.log();
  EXPECT_TRUE(daemon.has_logged("stopped"));
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(daemon.sequence_of("web-01"), 2U);
  EXPECT_EQ(daemon.sequence_of("web-02"), 1U);
}

TEST_F(Crash, ASecondSigtermStopsAtOnceAndLosesNothingDurable) {
  std::optional<int> ended = signalled_twice();
  // On a machine that stands still for a second the evidence is judged before the second signal.
  for (int again = 0; again < 4 && ended == 0; ++again) {
    ended = signalled_twice();
  }
  EXPECT_EQ(ended, kEndedAtOnce);
}

TEST_F(Crash, MistakesInTheSettingsAreToldWithTheirPlace) {
  const TestDaemon daemon({});
  const testing::TempFolder folder;
  const std::string file = (folder / "quotemill.toml").string();
  const auto check = [&](std::string_view text) {
    testing::write_file(file, as_bytes(text));
    return testing::run({{QUOTEMILL_BIN_DIR "/quotemilld", "--check-config", "--config", file}});
  };
  const Finished wrong = check(
      "[listen]\nattest = \"udp://x\"\nattets = \"tcp://127.0.0.1:1\"\n[pipeline]\nthreads = -1\n");
  EXPECT_EQ(wrong.exit_status, 2);
  EXPECT_THAT(wrong.output, HasSubstr(file + ":2:"));
  EXPECT_THAT(wrong.output, HasSubstr(file + ":3:"));
  EXPECT_THAT(wrong.output, HasSubstr("did you mean"));
  EXPECT_THAT(wrong.output, HasSubstr(file + ":5:"));
  EXPECT_EQ(check("[listen\n").exit_status, 2);
  EXPECT_THAT(check("[listen\n").output, HasSubstr(file + ":1:"));
  const std::string policy = (folder / "policy.toml").string();
  testing::write_file(policy, as_bytes("[freshness]\nattest_every = \"soon\"\n"));
  const Finished bad_policy = check("[policy]\nfile = \"" + policy + "\"\n");
  EXPECT_EQ(bad_policy.exit_status, 2);
  EXPECT_THAT(bad_policy.output, HasSubstr(policy + ":2:"));
  EXPECT_EQ(testing::run({{QUOTEMILL_BIN_DIR "/quotemilld", "--check-config", "--config",
                           daemon.config_path().string()}})
                .exit_status,
            0);
}

}  // namespace
}  // namespace quotemill
