// An ESXi host's log whose last events came twice, because log and final events were put one behind
// the other: the same verdict, if the quote bears the log without them.
#include <gmock/gmock.h>

#include "tests/engine/pipeline/esxi_scenarios.h"

namespace quotemill {
namespace {

using testing::EsxiEngine;
using testing::has_code;

// The bytes of the last events of a log.
Bytes last_events(const Bytes& log, std::size_t count) {
  const BootLogReading reading = read_boot_log(log);
  constexpr std::size_t kBeforeDigests = 12;  // pcrIndex, eventType, digestCount
  const ByteView first = reading.log.events[reading.log.events.size() - count].digests;
  const auto begin = first.data() - log.data() - static_cast<std::ptrdiff_t>(kBeforeDigests);
  return {log.begin() + begin, log.end()};
}

// The last `overlap` events of the host's log come again in front of its last `more` ones.
HostState with_overlap(std::size_t overlap, std::size_t more, EsxiEngine& engine) {
  engine.change_boot = [=](bench::EsxiBootLog& booted) {
    const Bytes rest = last_events(booted.log, more);
    const Bytes again = last_events(booted.log, overlap + more);
    booted.log.resize(booted.log.size() - rest.size());
    booted.log.insert(booted.log.end(), again.begin(), again.end());
  };
  return testing::attested_esxi(engine);
}

TEST(EsxiOverlap, TheSameVerdictWhateverCameTwice) {
  for (const std::size_t overlap : {1U, 2U, 7U, 40U}) {
    for (const std::size_t more : {1U, 2U}) {
      EsxiEngine engine;
      const Bytes honest = engine.boot().log;
      const HostState state = with_overlap(overlap, more, engine);
      EXPECT_EQ(state.state, TrustState::kTrusted)
          << overlap << "\n"
          << ::testing::PrintToString(testing::codes(state.verdict.findings));
      ASSERT_NE(state.proof, nullptr);
      EXPECT_EQ(*engine.engine.store.boot_log(state.proof->log), honest) << "as it was measured";
    }
  }
}

TEST(EsxiOverlap, WhatIsWrongWithTheBootIsFoundAsEver) {
  EsxiEngine engine;
  engine.model.fault = bench::EsxiFault::kChangedModule;
  const HostState state = with_overlap(3, 1, engine);
  EXPECT_EQ(state.state, TrustState::kFailed);
  EXPECT_TRUE(has_code(state, FindingCode::kEsxiModuleChanged));
  EXPECT_FALSE(has_code(state, FindingCode::kLogMismatch));
}

// Nothing is left out that the TPM did not measure once: what is really there twice stays.
TEST(EsxiOverlap, EventsThatWereMeasuredTwiceStay) {
  EsxiEngine engine;
  engine.change_boot = [](bench::EsxiBootLog& booted) {
    const Bytes again = last_events(booted.log, 1);
    booted.log.insert(booted.log.end(), again.begin(), again.end());
    booted.measured = booted.log;
  };
  const HostState state = testing::attested_esxi(engine);
  EXPECT_EQ(state.state, TrustState::kTrusted);
  EXPECT_EQ(*engine.engine.store.boot_log(state.proof->log), engine.boot().log);
}

TEST(EsxiOverlap, ALogThatIsNotWhatWasMeasuredEitherWayFails) {
  EsxiEngine engine;
  engine.change_boot = [](bench::EsxiBootLog& booted) {
    const Bytes again = last_events(booted.log, 2);
    booted.log.insert(booted.log.end(), again.begin(), again.end());
    booted.log.insert(booted.log.end(), again.begin(), again.end());
  };
  const HostState state = testing::attested_esxi(engine);
  EXPECT_EQ(state.state, TrustState::kFailed);
  EXPECT_TRUE(has_code(state, FindingCode::kLogMismatch));
}

}  // namespace
}  // namespace quotemill
