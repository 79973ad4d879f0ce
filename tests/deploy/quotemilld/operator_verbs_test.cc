#include "deploy/quotemilld/operator_verbs.h"

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "tests/deploy/quotemilld/operator_fixture.h"

namespace quotemill::daemon {
namespace {

using transport::ControlError;
using transport::ControlOutcome;
using transport::Json;

using OperatorVerbsTest = OperatorFixture;

TEST_F(OperatorVerbsTest, PagesThroughHostsByName) {
  for (std::uint8_t i = 1; i <= 5; ++i) {
    add(host_record(i, "host-" + std::to_string(i), LifeCycle::kActive));
  }
  const Json first = ask("hosts", {{"limit", 2}});
  EXPECT_EQ(first["hosts"].size(), 2U);
  EXPECT_EQ(first["hosts"][0]["name"], "host-1");
  EXPECT_EQ(first["next"], "host-2");
  const Json last = ask("hosts", {{"limit", 2}, {"after", "host-4"}});
  EXPECT_EQ(last["hosts"].size(), 1U);
  EXPECT_TRUE(last["next"].is_null());
}

TEST_F(OperatorVerbsTest, FindsHostsInOneState) {
  for (std::uint8_t i = 1; i <= 5; ++i) {
    const HostRecord record = host_record(i, "host-" + std::to_string(i), LifeCycle::kActive);
    add(record);
    set_state(record, i % 2 == 0 ? TrustState::kFailed : TrustState::kTrusted);
  }
  const Json failed = ask("hosts", {{"state", "failed"}, {"limit", 2}});
  ASSERT_EQ(failed["hosts"].size(), 2U);
  EXPECT_EQ(failed["hosts"][1]["name"], "host-4");
  EXPECT_EQ(ask("hosts", {{"state", "trusted"}})["hosts"].size(), 3U);
  EXPECT_EQ(refusal("hosts", {{"state", "happy"}}).code, ErrorCode::kConfig);
}

TEST_F(OperatorVerbsTest, CountsStates) {
  const HostRecord record = host_record(1, "web", LifeCycle::kActive);
  add(record);
  set_state(record, TrustState::kTrusted);
  add(host_record(2, "new", LifeCycle::kPending));
  const Json status = ask("status");
  EXPECT_EQ(status["hosts"]["total"], 1);
  EXPECT_EQ(status["hosts"]["pending"], 1);
  EXPECT_EQ(status["hosts"]["states"]["trusted"], 1);
  EXPECT_EQ(status["hosts"]["states"]["failed"], 0);
  EXPECT_EQ(status["store"]["stream"].get<std::string>().size(), 26U);
}

TEST_F(OperatorVerbsTest, FindsAHostByNameAndByUidAndHelpsWithTypingErrors) {
  add(host_record(1, "web-01", LifeCycle::kActive));
  EXPECT_EQ(ask("host", {{"host", "web-01"}})["name"], "web-01");
  EXPECT_EQ(ask("host", {{"host", std::string(32, '0')}}).is_string(), true);
  std::string uid;
  for (int i = 0; i < 16; ++i) {
    uid += "01";
  }
  EXPECT_EQ(ask("host", {{"host", uid}})["name"], "web-01");
  EXPECT_EQ(refusal("host", {{"host", "web-10"}}).hint, "did you mean web-01?");
  EXPECT_EQ(refusal("host").code, ErrorCode::kConfig);
  EXPECT_EQ(refusal("host", {{"host", 3}}).code, ErrorCode::kConfig);
}

TEST_F(OperatorVerbsTest, RefusesUnknownVerbsAndPrintsThemEscaped) {
  const ControlError error = refusal("x\n\x1b[2J");
  EXPECT_EQ(error.code, ErrorCode::kNotFound);
  EXPECT_EQ(error.message.find('\n'), std::string::npos);
  EXPECT_EQ(error.message.find('\x1b'), std::string::npos);
}

TEST_F(OperatorVerbsTest, HistoryIsPaged) {
  const HostRecord record = host_record(1, "web", LifeCycle::kActive);
  add(record);
  CommitBatch batch;
  for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) {
    HistoryEntry entry;
    entry.host = record.uid;
    entry.sequence = sequence;
    batch.history.push_back(entry);
  }
  ASSERT_TRUE(store_.commit(batch));
  const Json page = ask("history", {{"host", "web"}, {"limit", 2}});
  EXPECT_EQ(page["appraisals"].size(), 2U);
  EXPECT_EQ(page["appraisals"][0]["seq"], 3);
  const Json rest = ask("history", {{"host", "web"}, {"limit", 2}, {"before", page["next"]}});
  EXPECT_EQ(rest["appraisals"].size(), 1U);
  EXPECT_TRUE(rest["next"].is_null());
}

TEST_F(OperatorVerbsTest, HistoryIsPagedByTheBeginningOfARun) {
  const HostRecord record = host_record(1, "web", LifeCycle::kActive);
  add(record);
  for (std::uint64_t sequence = 1; sequence <= 9; ++sequence) {
    Reaffirmation one;
    one.entry.host = record.uid;
    one.entry.sequence = sequence;
    one.entry.time = {static_cast<std::int64_t>(sequence) * 1000};
    one.entry.verdict.findings_dropped = sequence < 6 ? 0 : 1;
    auto state = std::make_shared<HostState>();
    state->host = record.uid;
    one.state = std::move(state);
    CommitBatch batch;
    batch.reaffirmed = {one};
    ASSERT_TRUE(store_.commit(batch));
  }
  const Json page = ask("history", {{"host", "web"}, {"limit", 1}});
  ASSERT_EQ(page["appraisals"].size(), 1U);
  EXPECT_EQ(page["appraisals"][0]["seq"], 9);
  EXPECT_EQ(page["appraisals"][0]["run"]["count"], 4);
  EXPECT_EQ(page["appraisals"][0]["run"]["first"]["seq"], 6);
  EXPECT_EQ(page["next"], 6);
  const Json rest = ask("history", {{"host", "web"}, {"limit", 1}, {"before", page["next"]}});
  ASSERT_EQ(rest["appraisals"].size(), 1U);
  EXPECT_EQ(rest["appraisals"][0]["seq"], 5);
  EXPECT_TRUE(rest["next"].is_null()) << "it begins with the first of all";
}

TEST_F(OperatorVerbsTest, ReattestAsksTheNamedOrAll) {
  add(host_record(1, "a", LifeCycle::kActive));
  add(host_record(2, "b", LifeCycle::kActive));
  add(host_record(3, "c", LifeCycle::kPending));
  const Json all = ask("reattest", {{"all", true}});
  EXPECT_EQ(asked_.size(), 2U);
  EXPECT_EQ(all["asked"], 1);
  EXPECT_EQ(all["not_connected_names"], Json::array({"b"}));
  asked_.clear();
  EXPECT_EQ(ask("reattest", {{"hosts", {"b"}}})["not_connected"], 0);
  EXPECT_EQ(asked_.size(), 1U);
  asked_.clear();
  EXPECT_EQ(refusal("reattest", {{"hosts", {"a", "nobody"}}}).code, ErrorCode::kNotFound);
  EXPECT_TRUE(asked_.empty());
  EXPECT_EQ(refusal("reattest").code, ErrorCode::kConfig);
  EXPECT_EQ(refusal("reattest", {{"hosts", {"a"}}, {"all", true}}).code, ErrorCode::kConfig);
}

TEST_F(OperatorVerbsTest, ApprovesAPendingHost) {
  add(host_record(1, "web", LifeCycle::kPending));
  EXPECT_EQ(ask("pending.list")["pending"].size(), 1U);
  const Json row = ask("pending.approve", {{"host", "web"}, {"operator", "ana"}});
  EXPECT_EQ(row["life_cycle"], "active");
  EXPECT_EQ(hosts_.find_by_name("web")->record->admitted_by, "operator:ana");
  EXPECT_EQ(ask("pending.list")["pending"].size(), 0U);
  EXPECT_EQ(refusal("pending.approve", {{"host", std::string(32, '1')}}).code,
            ErrorCode::kNotFound);
  ASSERT_FALSE(acts_.empty());
  EXPECT_EQ(acts_.back().verb, "pending.approve");
  EXPECT_EQ(acts_.back().who, "ana");
  EXPECT_EQ(acts_.back().outcome, "ok");
}

TEST_F(OperatorVerbsTest, Cve2025_13609_ApprovalNeverReplacesTheHolderOfAName) {
  add(host_record(1, "web", LifeCycle::kActive));
  add(host_record(2, "web", LifeCycle::kPending));
  const std::string newcomer = HostUid{hosts_.pending()[0].record->uid}.hex();
  const ControlError error = refusal("pending.approve", {{"host", newcomer}});
  EXPECT_EQ(error.code, ErrorCode::kConflict);
  EXPECT_EQ(hosts_.find_by_name("web")->record->uid.bytes[0], 1);
  EXPECT_EQ(refusal("pending.approve", {{"host", newcomer}, {"name", "Bad Name"}}).code,
            ErrorCode::kConfig);
  EXPECT_EQ(ask("pending.approve", {{"host", newcomer}, {"name", "web-2"}})["name"], "web-2");
}

TEST_F(OperatorVerbsTest, RetiringFreesTheNameAndRestoringWantsItBack) {
  add(host_record(1, "web", LifeCycle::kActive));
  add(host_record(2, "web", LifeCycle::kPending));
  const std::string old = hosts_.find_by_name("web")->record->uid.hex();
  EXPECT_EQ(ask("retire", {{"host", old}})["life_cycle"], "retired");
  EXPECT_EQ(ask("pending.approve", {{"host", "web"}})["life_cycle"], "active");
  EXPECT_EQ(refusal("restore", {{"host", old}}).code, ErrorCode::kConflict);
  EXPECT_EQ(ask("retire", {{"host", "web"}})["life_cycle"], "retired");
  EXPECT_EQ(ask("restore", {{"host", old}})["life_cycle"], "active");
  EXPECT_EQ(refusal("restore", {{"host", old}}).code, ErrorCode::kConflict);
}

TEST_F(OperatorVerbsTest, RetiredHostsAreListedAndFoundByTheirNames) {
  add(host_record(1, "web", LifeCycle::kActive));
  add(host_record(2, "db", LifeCycle::kActive));
  const std::string uid = ask("retire", {{"host", "web"}})["uuid"];
  const Json ended = ask("hosts.ended")["hosts"];
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0]["uuid"], uid);
  EXPECT_EQ(ended[0]["life_cycle"], "retired");
  EXPECT_EQ(refusal("reattest", {{"hosts", {uid}}}).code, ErrorCode::kConflict);
  EXPECT_EQ(refusal("restore", {{"host", "db"}}).code, ErrorCode::kNotFound);
  EXPECT_EQ(ask("restore", {{"host", "web"}})["uuid"], uid);
  EXPECT_TRUE(ask("hosts.ended")["hosts"].empty());
}

TEST_F(OperatorVerbsTest, RestoresUnderAnotherNameIfTheOldOneIsTaken) {
  add(host_record(1, "web", LifeCycle::kActive));
  const std::string uid = ask("retire", {{"host", "web"}})["uuid"];
  add(host_record(2, "web", LifeCycle::kActive));
  EXPECT_EQ(refusal("restore", {{"host", uid}}).code, ErrorCode::kConflict);
  EXPECT_EQ(ask("restore", {{"host", uid}, {"name", "web-old"}})["name"], "web-old");
}

TEST_F(OperatorVerbsTest, ARetirementSaysWhyTheStateChanged) {
  const HostRecord golden = host_record(1, "golden-host", LifeCycle::kActive);
  add(golden);
  set_state(golden, TrustState::kTrusted);
  ask("retire", {{"host", "golden-host"}});
  const auto changes = store_.changes(1, 10);
  ASSERT_FALSE(changes->empty());
  ASSERT_FALSE(changes->back().reasons.empty());
  EXPECT_EQ(changes->back().reasons.front().code, FindingCode::kIdentityRetired);
}

TEST_F(OperatorVerbsTest, DeniesAPendingHostForGood) {
  add(host_record(1, "web", LifeCycle::kPending));
  const std::string uid = hosts_.pending()[0].record->uid.hex();
  EXPECT_EQ(ask("pending.deny", {{"host", uid}})["life_cycle"], "denied");
  EXPECT_EQ(refusal("pending.approve", {{"host", uid}}).code, ErrorCode::kConflict);
  EXPECT_EQ(ask("restore", {{"host", uid}})["life_cycle"], "active");
}

TEST_F(OperatorVerbsTest, CreatesTokensAndKeepsOnlyTheirHash) {
  const Json made = ask("token.create", {{"count", 5}, {"ttl_ms", 60'000}});
  const std::string text = made["token"].get<std::string>();
  EXPECT_EQ(made["uses_left"], 5);
  const auto stored = store_.tokens();
  ASSERT_EQ(stored->size(), 1U);
  EXPECT_EQ(stored->front().id, hash(HashAlgorithm::kSha256, as_bytes(text)));
  EXPECT_EQ(ask("token.list")["tokens"].dump().find(text), std::string::npos);
  clock_.advance(60'000);
  EXPECT_EQ(ask("token.list")["tokens"][0]["state"], "expired");
  EXPECT_NE(ask("token.create")["token"], text);
  EXPECT_EQ(refusal("token.create", {{"count", 0}}).code, ErrorCode::kConfig);
  EXPECT_EQ(refusal("token.create", {{"count", -1}}).code, ErrorCode::kConfig);
}

TEST_F(OperatorVerbsTest, CapturesABaselineFromTheProvenLog) {
  const HostRecord golden = host_record(1, "golden-host", LifeCycle::kActive);
  add(golden);
  const Json args = {{"host", "golden-host"}, {"name", "golden"}};
  EXPECT_EQ(refusal("baseline.capture", args).code, ErrorCode::kConflict);
  prove(golden, boot_log());
  set_state(golden, TrustState::kWarning);
  EXPECT_EQ(ask("baseline.capture", args)["version"], 1);
  EXPECT_EQ(ask("baseline.capture", args)["version"], 2);
  const auto baselines = policies_->baselines();
  ASSERT_EQ(baselines.size(), 2U);
  const Baseline& baseline = *baselines[0];
  ASSERT_EQ(baseline.events.size(), 5U) << "only what was measured";
  EXPECT_EQ(baseline.events[4].pcr, 4U);
  ASSERT_EQ(baseline.events[4].digests.size(), 2U);
  EXPECT_EQ(baseline.events[4].digests[1], hash(HashAlgorithm::kSha256, as_bytes("event 4")));
  EXPECT_EQ(baseline.source_name, "golden-host");
  const Json list = ask("baseline.list");
  EXPECT_EQ(list["baselines"][0]["in_force"], false);
  EXPECT_EQ(list["baselines"][1]["in_force"], true);
  EXPECT_EQ(refusal("baseline.capture", {{"host", "golden-host"}, {"name", "../x"}}).code,
            ErrorCode::kConfig);
}

TEST_F(OperatorVerbsTest, DoesNotCaptureABrokenLogOrAnotherIdentitysProof) {
  HostRecord golden = host_record(1, "golden-host", LifeCycle::kActive);
  add(golden);
  Bytes broken = boot_log();
  broken.resize(broken.size() - 3);
  prove(golden, broken);
  const Json args = {{"host", "golden-host"}, {"name", "golden"}};
  refusal("baseline.capture", args);
  golden.generation = 2;
  add(golden);
  EXPECT_EQ(refusal("baseline.capture", args).code, ErrorCode::kConflict);
  EXPECT_TRUE(policies_->baselines().empty());
}

}  // namespace
}  // namespace quotemill::daemon
