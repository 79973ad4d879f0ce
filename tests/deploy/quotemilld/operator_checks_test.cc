// Checks: what a change would come to.
#include <algorithm>

#include <gtest/gtest.h>

#include "tests/deploy/quotemilld/operator_fixture.h"

namespace quotemill::daemon {
namespace {

using transport::ControlError;
using transport::Json;

class OperatorChecksTest : public OperatorFixture {};

// All that a change could have left behind.
std::string traces(const HostTable& hosts, const storage::MemoryStore& store,
                   const PoliciesInForce& policies, const std::vector<OperatorAct>& acts) {
  std::string out;
  const auto add_host = [&](const Host& host) {
    out += host.record->uid.hex() + " " + host.record->name + " " +
           std::string(name_of(host.record->life_cycle)) + " " + host.record->admitted_by + " " +
           std::string(name_of(host.state->state)) + "\n";
  };
  for (const auto& list : {hosts.list({}, 100), hosts.pending(), hosts.ended(100)}) {
    std::for_each(list.begin(), list.end(), add_host);
  }
  return out + std::to_string(store.status()->last_change) + " changes " +
         std::to_string(store.tokens()->size()) + " tokens " +
         std::to_string(store.baselines()->size()) + "+" +
         std::to_string(policies.baselines().size()) + " baselines " + std::to_string(acts.size()) +
         " acts";
}

TEST_F(OperatorChecksTest, ChecksTellWhatAChangeWouldComeToAndChangeNothing) {
  const HostRecord golden = host_record(1, "web", LifeCycle::kActive);
  add(golden);
  set_state(golden, TrustState::kTrusted);
  prove(golden, boot_log());
  add(host_record(2, "new", LifeCycle::kPending));
  add(host_record(3, "old", LifeCycle::kRetired));
  const std::string before = traces(hosts_, store_, *policies_, acts_);

  EXPECT_EQ(ask("retire.check", {{"host", "web"}}), Json({{"dry_run", true},
                                                          {"uuid", golden.uid.hex()},
                                                          {"name", "web"},
                                                          {"life_cycle", "retired"}}));
  EXPECT_EQ(ask("pending.approve.check", {{"host", "new"}, {"name", "n2"}})["name"], "n2");
  EXPECT_EQ(ask("pending.deny.check", {{"host", "new"}})["life_cycle"], "denied");
  EXPECT_EQ(ask("restore.check", {{"host", "old"}})["life_cycle"], "active");
  EXPECT_EQ(ask("reattest.check", {{"all", true}})["hosts"], 1);
  const Json capture = ask("baseline.capture.check", {{"host", "web"}, {"name", "golden"}});
  EXPECT_EQ(capture["version"], 1);
  EXPECT_EQ(capture["events"], 5);
  EXPECT_EQ(capture["in_force"], true) << "the policy names it";
  const Json token = ask("token.create.check", {{"count", 5}, {"ttl_ms", 60'000}});
  EXPECT_EQ(token["uses_left"], 5);
  EXPECT_FALSE(token.contains("token")) << "a secret that is none";

  EXPECT_EQ(traces(hosts_, store_, *policies_, acts_), before);
  EXPECT_TRUE(asked_.empty());
  ask("retire", {{"host", "web"}});
  EXPECT_NE(traces(hosts_, store_, *policies_, acts_), before) << "it would have been seen";
}

TEST_F(OperatorChecksTest, ChecksRefuseWhatTheChangeRefusesInTheSameWords) {
  add(host_record(1, "web", LifeCycle::kActive));
  add(host_record(2, "web", LifeCycle::kPending));
  HostRecord same_tpm = host_record(3, "old", LifeCycle::kRetired);
  same_tpm.ek_sha256 = host_record(1, "", LifeCycle::kActive).ek_sha256;
  add(same_tpm);
  const std::string newcomer = hosts_.pending()[0].record->uid.hex();
  const std::vector<std::pair<std::string, Json>> wrong = {
      {"retire", {{"host", "nobody"}}},
      {"retire", {{"host", newcomer}}},
      {"retire", Json::object()},
      {"pending.approve", {{"host", newcomer}}},
      {"pending.approve", {{"host", newcomer}, {"name", "Bad Name"}}},
      {"pending.deny", {{"host", hosts_.find_by_name("web")->record->uid.hex()}}},
      {"restore", {{"host", "old"}}},
      {"restore", {{"host", newcomer}}},
      {"reattest", {{"hosts", {"nobody"}}}},
      {"reattest", {{"hosts", {newcomer}}}},
      {"baseline.capture", {{"host", "web"}, {"name", "golden"}}},
      {"baseline.capture", {{"host", "web"}, {"name", "Bad Name"}}},
      {"token.create", {{"count", 0}}},
  };
  for (const auto& [verb, args] : wrong) {
    const ControlError check = refusal(verb + ".check", args);
    const ControlError change = refusal(verb, args);
    EXPECT_EQ(check.code, change.code) << verb << transport::to_line(args);
    EXPECT_EQ(check.message, change.message);
    EXPECT_EQ(check.hint, change.hint);
  }
}

// The golden host is what all others are held against.
TEST_F(OperatorChecksTest, Hostile_NoHostThatIsNotTrustedBecomesGoldenUnconfirmed) {
  const HostRecord golden = host_record(1, "web", LifeCycle::kActive);
  add(golden);
  set_state(golden, TrustState::kTrusted);
  prove(golden, boot_log());
  Json args = {{"host", "web"}, {"name", "golden"}};
  for (const TrustState state : {TrustState::kFailed, TrustState::kStale, TrustState::kUnknown}) {
    set_state(golden, state);
    for (const char* const verb : {"baseline.capture", "baseline.capture.check"}) {
      const ControlError error = refusal(verb, args);
      EXPECT_EQ(error.code, ErrorCode::kConflict);
      EXPECT_NE(error.message.find(name_of(state)), std::string::npos) << error.message;
    }
  }
  EXPECT_TRUE(store_.baselines()->empty());
  args["confirmed"] = true;
  EXPECT_EQ(ask("baseline.capture", args)["source_state"], "unknown");
}

}  // namespace
}  // namespace quotemill::daemon
