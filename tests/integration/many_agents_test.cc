// Fifty machines at once against one daemon: fifty software TPMs, each with an EK of its own, and
// fifty agents. Each machine boots its own way, so that a verdict on a neighbour's evidence would
// be a wrong one. Nobody attests by time here, only when it begins, and when it is asked.
#include <map>
#include <set>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/fleet.h"

namespace quotemill {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;
using testing::eventually;
using testing::Finished;
using ::testing::HasSubstr;
using testing::SimHost;
using testing::TestDaemon;
using testing::TpmMaker;
using transport::Json;

constexpr std::size_t kHosts = 50;
constexpr std::size_t kTampered = 3;

using Sequences = std::map<std::string, std::uint64_t>;

class ManyAgents : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!testing::have_swtpm()) {
      GTEST_SKIP() << "swtpm, its tools and tpm2-tools are not installed";
    }
    ASSERT_TRUE(daemon_.start());
    for (std::size_t i = 0; i < kHosts; ++i) {
      hosts_.push_back(std::make_unique<SimHost>("node-" + std::to_string(10 + i)));
    }
    make_tpms();
    for (const auto& host : hosts_) {
      ASSERT_TRUE(host->power_on());
    }
  }

  // Two at a time. What lives on is started by the main thread alone: it ends with its thread.
  void make_tpms() {
    const auto make_every_other = [this](std::size_t first) {
      for (std::size_t i = first; i < kHosts; i += 2) {
        EXPECT_TRUE(hosts_[i]->make_tpm(maker_));
      }
    };
    std::thread other([&] { make_every_other(1); });
    make_every_other(0);
    other.join();
  }

  Sequences sequences() {
    Sequences now;
    for (const auto& host : hosts_) {
      now[host->name()] = daemon_.sequence_of(host->name());
    }
    return now;
  }

  // Every host is judged once more than then, at least: who waits long for an answer asks again.
  AssertionResult all_are_judged_since(const Sequences& then) {
    for (const auto& host : hosts_) {
      const std::string& name = host->name();
      const std::uint64_t last = then.at(name);
      if (!eventually([&] { return daemon_.sequence_of(name) > last; })) {
        return AssertionFailure() << name << " is still at attestation " << last << "\n"
                                  << host->agent_log() << "\nthe daemon's log:\n"
                                  << daemon_.log();
      }
    }
    return AssertionSuccess();
  }

  // By the command line, as an operator would.
  AssertionResult reattest_all() {
    const Sequences then = sequences();
    const Finished asked = daemon_.cli({"reattest", "--all"});
    if (!asked.ok() || asked.output != "asked " + std::to_string(kHosts) + "\n") {
      return AssertionFailure() << asked.output;
    }
    return all_are_judged_since(then);
  }

  // How many appraisals the host's history has, in each state, and that no number is left out.
  std::map<std::string, std::uint64_t> history_of(const std::string& name) {
    std::map<std::string, std::uint64_t> states;
    const Json page = daemon_.get("history", {{"host", name}, {"limit", 500}});
    std::uint64_t expected = daemon_.sequence_of(name);
    for (const Json& one : page["appraisals"]) {
      const bool is_run = !one["run"].is_null();
      const std::uint64_t count = is_run ? one["run"]["count"].get<std::uint64_t>() : 1;
      EXPECT_EQ(one["seq"], expected) << name;
      EXPECT_EQ((is_run ? one["run"]["first"] : one)["seq"], expected - count + 1) << name;
      states[one["state"].get<std::string>()] += count;
      expected -= count;
    }
    EXPECT_EQ(expected, 0) << name;
    return states;
  }

  // What the daemon counted is what the store holds.
  void expect_every_verdict_is_kept(const std::map<std::string, std::uint64_t>& kept) {
    const Json verdicts = daemon_.get("status")["pipeline"]["verdicts"];
    for (const char* state : {"trusted", "warning", "failed", "stale", "unknown"}) {
      const auto found = kept.find(state);
      EXPECT_EQ(verdicts[state], found == kept.end() ? 0 : found->second) << state;
    }
  }

  void expect_no_trouble() {
    for (const char* cause :
         {"unattributed", "unknown_key", "malformed", "identity_mismatch", "foreign_uid",
          "nonce_reused", "inbox_full", "log_withheld", "send_failed", "store_behind"}) {
      EXPECT_EQ(daemon_.counter("endpoints", "attest", cause), 0U) << cause;
    }
    EXPECT_EQ(daemon_.counter("endpoints", "door", "restarts"), 0U);
    const Json pipeline = daemon_.get("status")["pipeline"];
    EXPECT_EQ(pipeline["commit_failures"], 0);
    EXPECT_EQ(pipeline["internal_errors"], 0);
  }

  TpmMaker maker_;
  TestDaemon daemon_{{.roots = {maker_.root_pem()}, .attest_every = "1h", .stale_after = "3h"}};
  std::vector<std::unique_ptr<SimHost>> hosts_;
};

// What the host's firmware extends after its boot, so that the log does not explain PCR 7.
void tamper(SimHost& host) {
  Result<agent::TpmDevice> tpm = host.open_tpm();
  ASSERT_TRUE(tpm);
  ASSERT_TRUE(tpm->extend(7, {*Digest::from(HashAlgorithm::kSha256, Bytes(32, 0x66))}));
}

TEST_F(ManyAgents, AllEnrolAreTrustedAndAttestAgainOnDemand) {
  const std::string token = daemon_.new_token(kHosts);
  const Sequences none = sequences();
  for (const auto& host : hosts_) {
    host->start_agent(daemon_, token);
  }
  ASSERT_TRUE(all_are_judged_since(none));
  std::set<std::string> eks;
  for (const auto& host : hosts_) {
    const Json shown = daemon_.host(host->name());
    EXPECT_EQ(shown["state"], "trusted") << shown.dump(1);
    EXPECT_EQ(shown["identity"]["generation"], 1);
    eks.insert(shown["identity"]["ek_sha256"]);
  }
  EXPECT_EQ(eks.size(), kHosts);
  EXPECT_EQ(daemon_.get("token.list")["tokens"][0]["state"], "spent");
  ASSERT_TRUE(reattest_all());
  for (const auto& host : hosts_) {
    EXPECT_EQ(daemon_.state_of(host->name()), "trusted");
  }

  // A few are tampered with; asked again all together, those and no others fail.
  std::set<std::string> tampered;
  for (std::size_t i = 0; i < kTampered; ++i) {
    SimHost& host = *hosts_[i * kHosts / kTampered];
    host.stop_agent();
    tamper(host);
    host.start_agent(daemon_);
    ASSERT_TRUE(daemon_.becomes(host.name(), "failed")) << host.agent_log();
    tampered.insert(host.name());
  }
  ASSERT_TRUE(reattest_all());
  std::map<std::string, std::uint64_t> kept;
  for (const auto& host : hosts_) {
    const bool is_tampered = tampered.count(host->name()) != 0;
    EXPECT_EQ(daemon_.state_of(host->name()), is_tampered ? "failed" : "trusted") << host->name();
    const auto history = history_of(host->name());
    EXPECT_EQ(history.count("failed"), is_tampered ? 1U : 0U) << host->name();
    for (const auto& [state, count] : history) {
      kept[state] += count;
    }
  }
  EXPECT_GE(kept["trusted"], 3 * kHosts - kTampered);
  expect_every_verdict_is_kept(kept);
  expect_no_trouble();
  // One change for each that became trusted, one for each that failed.
  const Json changes = daemon_.get("changes", {{"limit", 500}});
  EXPECT_EQ(changes["changes"].size(), kHosts + kTampered);
}

}  // namespace
}  // namespace quotemill
