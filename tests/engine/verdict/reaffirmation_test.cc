#include "engine/verdict/reaffirmation.h"

#include <functional>

#include <gtest/gtest.h>

#include "tests/support/changed_proof.h"

namespace quotemill {
namespace {

using testing::change_proof;
using testing::set_proven;

HostState trusted_state() {
  HostState state;
  state.host.bytes.fill(1);
  state.generation = 2;
  state.sequence = 7;
  state.state = TrustState::kTrusted;
  state.since = {1000};
  state.verdict.state = TrustState::kTrusted;
  state.verdict.fresh_from = {5000};
  state.verdict.valid_until = {9000};
  state.judged = {5100};
  state.counters = CounterRecord{{50'000, 3, 1, true}, 0x0007, {}, {5050}};
  BootProof proof;
  proof.generation = 2;
  proof.reset_count = 3;
  set_proven(proof, 4, Digest());
  proof.event_count = 120;
  state.proof = std::make_shared<const BootProof>(proof);
  state.facts.kernel = "6.1";
  state.receipt = Bytes(20, 1);
  state.host_changes = 4;
  return state;
}

// The same a minute later: all that may differ does.
HostState a_minute_later(const HostState& state) {
  HostState next = state;
  ++next.sequence;
  next.verdict.fresh_from.ms += 60'000;
  next.verdict.valid_until.ms += 60'000;
  next.judged.ms += 60'000;
  next.counters->clock.clock_ms += 60'000;
  next.counters->received.ms += 60'000;
  next.evidence.writable()[0] ^= 1;
  next.receipt = Bytes(21, 2);
  next.nonce_issued = next.judged;
  next.nonce_deadline.ms = next.judged.ms + 90'000;
  return next;
}

TEST(Reaffirmation, IsTheSameAgainAtAnotherTime) {
  const HostState state = trusted_state();
  EXPECT_TRUE(reaffirms(state, a_minute_later(state)));
  HostState untrusted = trusted_state();
  untrusted.state = TrustState::kFailed;
  untrusted.verdict.state = TrustState::kFailed;
  untrusted.verdict.findings = {Finding{}};
  EXPECT_TRUE(reaffirms(untrusted, a_minute_later(untrusted))) << "failed for the same reasons";
}

TEST(Reaffirmation, IsNothingThatDiffersInWhatMatters) {
  Digest other_value;
  other_value.writable()[0] = 1;
  const std::vector<std::pair<const char*, std::function<void(HostState&)>>> edges = {
      {"host", [](HostState& s) { s.host.bytes[0] = 9; }},
      {"generation", [](HostState& s) { ++s.generation; }},
      {"the same sequence", [](HostState& s) { --s.sequence; }},
      {"a sequence left out", [](HostState& s) { ++s.sequence; }},
      {"state", [](HostState& s) { s.state = TrustState::kWarning; }},
      {"since", [](HostState& s) { ++s.since.ms; }},
      {"verdict", [](HostState& s) { s.verdict.state = TrustState::kWarning; }},
      {"findings", [](HostState& s) { s.verdict.findings = {Finding{}}; }},
      {"findings dropped", [](HostState& s) { s.verdict.findings_dropped = 1; }},
      {"snapshot", [](HostState& s) { s.verdict.snapshot[31] = 1; }},
      {"no counters", [](HostState& s) { s.counters.reset(); }},
      {"reset", [](HostState& s) { ++s.counters->clock.reset_count; }},
      {"restart", [](HostState& s) { ++s.counters->clock.restart_count; }},
      {"safe", [](HostState& s) { s.counters->clock.safe = false; }},
      {"firmware", [](HostState& s) { ++s.counters->firmware_version; }},
      {"boot", [](HostState& s) { s.counters->boot_id[0] = 1; }},
      {"no proof", [](HostState& s) { s.proof.reset(); }},
      {"log", [&](HostState& s) { change_proof(s, [&](BootProof& p) { p.log = other_value; }); }},
      {"a PCR's value",
       [&](HostState& s) {
         change_proof(s, [&](BootProof& p) { set_proven(p, 4, other_value); });
       }},
      {"one more PCR",
       [](HostState& s) { change_proof(s, [&](BootProof& p) { set_proven(p, 5, Digest()); }); }},
      {"reset of the proof",
       [](HostState& s) { change_proof(s, [&](BootProof& p) { ++p.reset_count; }); }},
      {"snapshot of the proof",
       [](HostState& s) { change_proof(s, [&](BootProof& p) { p.snapshot[0] = 1; }); }},
      {"findings of the proof",
       [](HostState& s) { change_proof(s, [&](BootProof& p) { p.findings = {Finding{}}; }); }},
      {"events", [](HostState& s) { change_proof(s, [&](BootProof& p) { ++p.event_count; }); }},
      {"latches",
       [](HostState& s) { s.latches = std::make_shared<const Latches>(Latches{{Latch{}}}); }},
      {"facts", [](HostState& s) { s.facts.os_version = "13"; }},
      {"changes", [](HostState& s) { ++s.host_changes; }},
      {"loss of trust", [](HostState& s) { ++s.trust_lost; }},
  };
  const HostState state = trusted_state();
  for (const auto& [what, change] : edges) {
    HostState next = a_minute_later(state);
    change(next);
    EXPECT_FALSE(reaffirms(state, next)) << what;
  }
}

TEST(Reaffirmation, NeedsAReceiptAndNoProofOfAnotherGeneration) {
  HostState never_judged = trusted_state();
  never_judged.receipt.clear();
  EXPECT_FALSE(reaffirms(never_judged, a_minute_later(never_judged)));
  HostState before_its_enrolment = trusted_state();
  change_proof(before_its_enrolment, [](BootProof& proof) { proof.generation = 1; });
  EXPECT_FALSE(reaffirms(before_its_enrolment, a_minute_later(before_its_enrolment)));
}

TEST(Reaffirmation, IsAlsoTheSameFailureOfAHostThatNeverProvedAnything) {
  HostState failed = trusted_state();
  failed.proof.reset();
  failed.state = TrustState::kFailed;
  failed.verdict.state = TrustState::kFailed;
  failed.verdict.findings = {Finding{}};
  EXPECT_TRUE(reaffirms(failed, a_minute_later(failed)));
  HostState uncounted = failed;
  HostState next = a_minute_later(failed);
  uncounted.counters.reset();
  EXPECT_FALSE(reaffirms(uncounted, next)) << "its counters are known now";
  next.counters.reset();
  EXPECT_TRUE(reaffirms(uncounted, next));
  next.proof = trusted_state().proof;
  EXPECT_FALSE(reaffirms(uncounted, next)) << "its boot is proven now";
}

}  // namespace
}  // namespace quotemill
