#include "engine/pipeline/fleet_judge.h"

#include <algorithm>
#include <map>
#include <random>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/ima_reader.h"
#include "engine/pipeline/differing_verdicts.h"
#include "engine/verdict/latch.h"
#include "tests/engine/pipeline/small_engine.h"

namespace quotemill {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

// What is changed of a host that is otherwise as all others are.
struct OneThing {
  const char* what;
  std::function<void(HostRecord&, HostState&)> change;
};

Finding finding_of(FindingCode code, Severity severity) {
  Finding finding;
  finding.code = code;
  finding.severity = severity;
  return finding;
}

void change_proof(HostState& state, const std::function<void(BootProof&)>& change) {
  auto proof = std::make_shared<BootProof>(*state.proof);
  change(*proof);
  state.proof = std::move(proof);
}

void change_value(HostState& state, std::uint32_t pcr) {
  change_proof(state, [pcr](BootProof& proof) {
    PcrBank values = proof.pcrs.values();
    values.set(pcr, hash(values.algorithm(), as_bytes("another value")));
    proof.pcrs = KnownPcrs(values);
  });
}

std::shared_ptr<const Latches> latch_of(bool is_acknowledged) {
  Latch latch{finding_of(FindingCode::kBootEventUnexpected, Severity::kFail), {1}, 1};
  latch.is_acknowledged = is_acknowledged;
  return std::make_shared<const Latches>(Latches{{latch}});
}

const std::vector<OneThing> kThings = {
    {"nothing", [](HostRecord&, HostState&) {}},
    {"the identity's generation", [](HostRecord& record, HostState&) { ++record.generation; }},
    {"the evidence's generation", [](HostRecord&, HostState& state) { ++state.generation; }},
    {"no attestation", [](HostRecord&, HostState& state) { state.sequence = 0; }},
    {"no evidence",
     [](HostRecord&, HostState& state) { state.evidence = Digest(HashAlgorithm::kSha256); }},
    {"silence", [](HostRecord&, HostState& state) { state.state = TrustState::kStale; }},
    {"the state", [](HostRecord&, HostState& state) { state.state = TrustState::kWarning; }},
    {"a latch", [](HostRecord&, HostState& state) { state.latches = latch_of(false); }},
    {"an acknowledged latch",
     [](HostRecord&, HostState& state) { state.latches = latch_of(true); }},
    {"a step that failed",
     [](HostRecord&, HostState& state) {
       state.verdict.findings = {finding_of(FindingCode::kBootKexec, Severity::kFail)};
     }},
    {"a signature that failed",
     [](HostRecord&, HostState& state) {
       state.verdict.findings = {finding_of(FindingCode::kQuoteSignature, Severity::kFail)};
     }},
    {"an absent log",
     [](HostRecord&, HostState& state) {
       state.verdict.findings = {finding_of(FindingCode::kLogAbsent, Severity::kWarning)};
     }},
    {"findings that were dropped",
     [](HostRecord&, HostState& state) { state.verdict.findings_dropped = 1; }},
    {"no counters", [](HostRecord&, HostState& state) { state.counters.reset(); }},
    {"a later boot", [](HostRecord&, HostState& state) { ++state.counters->clock.reset_count; }},
    {"an unsafe clock", [](HostRecord&, HostState& state) { state.counters->clock.safe = false; }},
    {"no proof", [](HostRecord&, HostState& state) { state.proof = nullptr; }},
    {"the proof's generation",
     [](HostRecord&, HostState& state) {
       change_proof(state, [](BootProof& proof) { ++proof.generation; });
     }},
    {"the proof's boot",
     [](HostRecord&, HostState& state) {
       change_proof(state, [](BootProof& proof) { ++proof.reset_count; });
     }},
    {"the proof's log",
     [](HostRecord&, HostState& state) {
       change_proof(state, [](BootProof& proof) {
         proof.log = hash(HashAlgorithm::kSha256, as_bytes("one that is not stored"));
       });
     }},
    {"a boot value", [](HostRecord&, HostState& state) { change_value(state, 4); }},
    {"the runtime value", [](HostRecord&, HostState& state) { change_value(state, kImaPcr); }},
    {"a runtime list",
     [](HostRecord&, HostState& state) {
       auto runtime = std::make_shared<RuntimeProof>();
       runtime->findings = {finding_of(FindingCode::kImaFileUnknown, Severity::kFail)};
       state.runtime = std::move(runtime);
     }},
    {"an imported key",
     [](HostRecord& record, HostState&) { record.admitted_by = "imported:someone"; }},
    {"a label", [](HostRecord& record, HostState&) { record.labels["pci"] = "yes"; }},
    {"its name", [](HostRecord& record, HostState&) { record.name = "pci-" + record.name; }},
    {"a fact", [](HostRecord&, HostState& state) { state.facts.os_id = "esxi"; }},
    {"maintenance",
     [](HostRecord& record, HostState&) { record.life_cycle = LifeCycle::kMaintenance; }},
    {"its times",
     [](HostRecord&, HostState& state) {
       state.verdict.fresh_from.ms += 77'000;
       state.verdict.valid_until.ms += 77'000;
     }},
};

class FleetJudgeTest : public ::testing::Test {
 protected:
  FleetJudgeTest() {
    first.record().name = "first";
    first.boot.push_back(measured(9, event_type::kIpl, "/boot/vmlinuz"));
    engine.enrol(first);
    engine.attest(first);
    golden_state = engine.state(first);
    EXPECT_EQ(golden_state.state, TrustState::kTrusted);
  }

  // Several hosts of each kind, as a store would have them.
  void fill(const std::vector<OneThing>& things, unsigned of_each) {
    std::vector<StoredHost> hosts;
    for (unsigned number = 0; number < things.size() * of_each; ++number) {
      HostRecord record = first.record();
      record.uid.bytes.fill(static_cast<std::uint8_t>(number + 1));
      record.name = "host-" + std::to_string(number);
      record.curve_key.fill(static_cast<std::uint8_t>(number + 1));
      HostState state = golden_state;
      things[number % things.size()].change(record, state);
      state.host = record.uid;
      hosts.push_back({std::make_shared<const HostRecord>(record), state});
    }
    table.put_stored(std::move(hosts));
  }

  void put(const HostRecord& record, HostState state) {
    state.host = record.uid;
    table.put_stored({{std::make_shared<const HostRecord>(record), std::move(state)}});
  }

  std::shared_ptr<const PolicySet> set_of(const std::vector<std::string>& tomls) const {
    std::vector<Policy> policies;
    for (const std::string& toml : tomls) {
      policies.push_back(policy_of(toml));
      policies.back().id = "p" + std::to_string(policies.size());
      policies.back().priority = static_cast<std::int32_t>(policies.size());
    }
    Result<std::shared_ptr<const PolicySet>> set =
        PolicySet::compile(std::move(policies), {baseline_of(first)});
    EXPECT_TRUE(set) << set.error().to_string();
    return *std::move(set);
  }

  FleetReappraisalParts parts_under(const std::shared_ptr<const PolicySet>& set,
                                    StoredSignatures signatures) const {
    const auto logs = std::make_shared<const LogClasses>(
        *LogClasses::of(logs_of(table, {}, [](const HostGlance&) { return true; }), engine.store));
    return {set, engine.server_key, engine.store, logs, signatures};
  }

  // With nobody before it, and nothing remembered.
  Reappraisal alone(const Host& host, const std::shared_ptr<const PolicySet>& set,
                    StoredSignatures signatures) {
    FleetReappraisal fleet(
        {set, engine.server_key, engine.store, std::make_shared<const LogClasses>(), signatures});
    return fleet.judge(host, engine.extends);
  }

  static void expect_equal(const FleetJudgement& judged, const Reappraisal& alone,
                           const Host& host) {
    EXPECT_EQ(judged.what.kind, alone.kind);
    EXPECT_EQ(judged.what.verdict.state, alone.verdict.state);
    EXPECT_EQ(judged.what.verdict.findings, alone.verdict.findings);
    EXPECT_EQ(judged.what.verdict.findings_dropped, alone.verdict.findings_dropped);
    EXPECT_EQ(judged.what.verdict.snapshot, alone.verdict.snapshot);
    EXPECT_EQ(judged.what.error.code, alone.error.code);
    EXPECT_EQ(judged.differs,
              alone.kind == ReappraisalKind::kVerdict && differs(*host.state, alone.verdict));
  }

  // Each host of the table in this order, held against itself alone. Returns for how many it was
  // enough that they are alike.
  std::uint64_t judge_all(const std::shared_ptr<const PolicySet>& set, StoredSignatures signatures,
                          unsigned order) {
    std::vector<KeptHost> hosts = table.kept("", 1'000);
    std::shuffle(hosts.begin(), hosts.end(), std::mt19937(order));
    FleetReappraisal fleet(parts_under(set, signatures));
    FleetJudge judge(fleet);
    for (const KeptHost& kept : hosts) {
      const Host host = kept.host();
      SCOPED_TRACE(host.record->name);
      const Reappraisal by_itself = alone(host, set, signatures);
      expect_equal(judge.judge(kept), by_itself, host);
      const Reappraisal to_be_written = judge.judge_alone(host);
      EXPECT_EQ(to_be_written.verdict.fresh_from, by_itself.verdict.fresh_from);
      EXPECT_EQ(to_be_written.verdict.valid_until, by_itself.verdict.valid_until);
      EXPECT_EQ(to_be_written.proof == nullptr, by_itself.proof == nullptr);
      if (to_be_written.proof && by_itself.proof) {
        EXPECT_EQ(*to_be_written.proof, *by_itself.proof);
      }
    }
    return judge.alike();
  }

  SoftwareHost first{KeyKind::kEcP256, 1};
  SmallEngine engine{default_policy(), {golden()}};
  HostTable table;
  HostState golden_state;

 private:
  static std::shared_ptr<const Baseline> golden() {
    SoftwareHost host;
    host.boot.push_back(measured(9, event_type::kIpl, "/boot/vmlinuz"));
    return baseline_of(host);
  }
};

const std::vector<std::vector<std::string>> kPolicies = {
    {""},
    {"[boot]\nno_baseline = \"fail\"\nbaselines = [\"none\"]\n"},
    {"[boot]\nmismatch = \"off\"\nno_baseline = \"info\"\n"},
    {"[counters]\nkexec = \"warn\"\nclock_unsafe = \"fail\"\n"},
    {"[identity]\nimported = \"fail\"\n"},
    {"[quote]\npcrs = [0, 1, 4, 10]\n"},
    {"[quote]\npcrs = [0, 1, 2, 3, 4, 7, 23]\n"},
    {"[freshness]\nstale_after = \"20m\"\n"},
    {"[match]\nnames = [\"nobody\"]\n"},
    {"[boot]\nlog_oddity = \"warn\"\n",
     "[match]\nlabels = [\"pci\"]\n[boot]\nno_baseline = \"fail\"\nbaselines = [\"none\"]\n"},
    {"[boot]\nlog_oddity = \"warn\"\n",
     "[match]\nnames = [\"pci-*\"]\n[boot]\nno_baseline = \"fail\"\nbaselines = [\"none\"]\n"},
    {"[boot]\nbaselines = [\"none\"]\nno_baseline = \"warn\"\n",
     "[match]\nos = [\"esxi\"]\n[boot]\nbaselines = [\"none\"]\nno_baseline = \"fail\"\n"},
};

// Whatever one thing is a host's own, and whoever was judged before it.
TEST_F(FleetJudgeTest, SaysOfEachHostWhatItComesToAlone) {
  fill(kThings, 3);
  unsigned order = 0;
  for (const std::vector<std::string>& tomls : kPolicies) {
    for (unsigned round = 0; round < 2; ++round) {
      SCOPED_TRACE(tomls.back() + " " + std::to_string(++order));
      judge_all(set_of(tomls), StoredSignatures::kBelieved, order);
    }
  }
}

TEST_F(FleetJudgeTest, WhoIsAlikeIsJudgedOnce) {
  fill({kThings.front()}, 50);
  EXPECT_EQ(judge_all(set_of({"[boot]\nmismatch = \"warn\"\n"}), StoredSignatures::kBelieved, 1),
            49U);
}

TEST_F(FleetJudgeTest, EachSignatureIsCheckedIfAsked) {
  put(first.record(), golden_state);
  FleetReappraisal fleet(parts_under(set_of({""}), StoredSignatures::kChecked));
  FleetJudge judge(fleet);
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(judge.judge(table.kept("", 1).front()).what.kind, ReappraisalKind::kVerdict);
  }
  EXPECT_EQ(judge.alike(), 0U);
}

// A runtime list that stands: what ran on one host did not run on the others.
TEST_F(FleetJudgeTest, WhatRanOnAHostIsItsOwn) {
  const std::shared_ptr<const PolicySet> set = set_of({"[quote]\npcrs = [0, 4, 10]\n"});
  change_value(golden_state, kImaPcr);
  const auto ran = [&](HostState& state, const Findings& findings) {
    auto runtime = std::make_shared<RuntimeProof>();
    runtime->generation = state.generation;
    runtime->reset_count = state.proof->reset_count;
    runtime->boot_id = state.counters->boot_id;
    runtime->rules = set->snapshots().front()->runtime_id();
    runtime->pcr = state.proof->pcrs.values().at(kImaPcr);
    runtime->findings = findings;
    state.runtime = std::move(runtime);
  };
  const Findings malware = {finding_of(FindingCode::kImaFileUnknown, Severity::kFail)};
  fill({{"nothing ran", [&](HostRecord&, HostState& state) { ran(state, {}); }},
        {"something ran", [&](HostRecord&, HostState& state) { ran(state, malware); }}},
       4);
  judge_all(set, StoredSignatures::kBelieved, 1);
  FleetReappraisal fleet(parts_under(set, StoredSignatures::kBelieved));
  FleetJudge judge(fleet);
  std::map<TrustState, int> states;
  for (const KeptHost& kept : table.kept("", 10)) {
    ++states[judge.judge(kept).what.verdict.state];
  }
  EXPECT_EQ(states[TrustState::kFailed], 4);
  EXPECT_EQ(states[TrustState::kTrusted], 4);
}

// Where the state does not say enough, what counts is in the host's own stored evidence.
TEST_F(FleetJudgeTest, WhoGoesTheWholeWayStandsForNobodyElse) {
  golden_state.verdict.findings_dropped = 1;
  put(first.record(), golden_state);
  HostRecord twin = first.record();
  twin.uid.bytes.fill(9);
  twin.name = "twin";
  twin.curve_key.fill(9);
  put(twin, golden_state);
  FleetReappraisal fleet(parts_under(set_of({""}), StoredSignatures::kBelieved));
  FleetJudge judge(fleet);
  const std::vector<KeptHost> hosts = table.kept("", 2);
  EXPECT_EQ(judge.judge(hosts[0]).what.kind, ReappraisalKind::kVerdict);
  EXPECT_EQ(judge.judge(hosts[1]).what.kind, ReappraisalKind::kNoEvidence);
}

TEST_F(FleetJudgeTest, AnErrorOfTheStoreIsNotRemembered) {
  fill({kThings.front()}, 2);
  CommitBatch batch;
  batch.boot_logs = {{golden_state.proof->log, {}}};
  ASSERT_TRUE(engine.store.commit(batch));
  FleetReappraisal fleet(parts_under(set_of({"[boot]\nmismatch = \"warn\"\n"}), {}));
  FleetJudge judge(fleet);
  for (const KeptHost& kept : table.kept("", 2)) {
    EXPECT_EQ(judge.judge(kept).what.kind, ReappraisalKind::kError);
  }
  EXPECT_EQ(judge.alike(), 0U);
}

TEST_F(FleetJudgeTest, AStateThatWasReplacedMeanwhileIsJudgedAnew) {
  fill({kThings.front()}, 4);
  const std::shared_ptr<const PolicySet> set = set_of({"[boot]\nmismatch = \"warn\"\n"});
  FleetReappraisal fleet(parts_under(set, StoredSignatures::kBelieved));
  FleetJudge judge(fleet);
  for (const KeptHost& kept : table.kept("", 10)) {
    EXPECT_EQ(judge.judge(kept).what.verdict.state, TrustState::kTrusted);
  }
  golden_state.verdict.findings = {finding_of(FindingCode::kQuoteNonce, Severity::kFail)};
  golden_state.verdict.state = golden_state.state = TrustState::kFailed;
  fill({kThings.front()}, 4);
  for (const KeptHost& kept : table.kept("", 10)) {
    EXPECT_EQ(judge.judge(kept).what.verdict.state, TrustState::kFailed);
  }
}

}  // namespace
}  // namespace quotemill
