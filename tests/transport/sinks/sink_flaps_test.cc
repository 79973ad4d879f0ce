// A host that flaps, as a sink with a dedup window is told of it: no crash and no failed delivery
// makes it anything else, and nothing is lost behind it.
#include <gmock/gmock.h>

#include "engine/base/limits.h"
#include "tests/transport/sinks/restarted_feed.h"
#include "transport/render/json.h"

namespace quotemill::transport {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class SinkFlaps : public RestartedFeed {
 protected:
  SinkFlaps() {
    options_.dedup_window = std::chrono::milliseconds(kWindow);
    options_.groups.hosts_min = 0;
  }

  void change(TrustState state, std::int64_t at_ms, std::uint8_t host = 1) {
    CommitBatch batch;
    Change& change = batch.changes.emplace_back();
    change.sequence = ++last_;
    change.host.bytes = {host};
    change.host_name = "web-01";
    change.current = state;
    change.time = {kBegin + at_ms};
    if (state != TrustState::kTrusted) {
      change.reasons = {Finding{.code = FindingCode::kQuoteNonce, .severity = Severity::kFail}};
    }
    ASSERT_TRUE(store_.commit(batch));
  }

  // Fifty times within the window: changes 1 to 50, the last one to trusted.
  void flap() {
    for (int i = 0; i < 50; i += 2) {
      change(TrustState::kFailed, i * 1'000);
      change(TrustState::kTrusted, i * 1'000 + 1'000);
    }
  }

  // "12 failed", "flapping 3-50 trusted": whatever comes until there is nothing more, delivered.
  std::vector<std::string> told(std::int64_t at_ms, std::size_t most = limits::kSinkBatchMax) {
    std::vector<std::string> out;
    for (SinkBatch batch = next(at_ms, most); !batch.is_idle(); batch = next(at_ms, most)) {
      for (const RenderedEvent& event : batch.events) {
        out.push_back(word_of(event));
      }
      held_ += batch.held;
      EXPECT_TRUE(feed().done(batch, at(at_ms)));
    }
    return out;
  }

  static std::string word_of(const RenderedEvent& event) {
    const Json json = parse_json(event.body).value_or(Json::object());
    if (json.contains("new")) {
      return std::to_string(json["seq"].get<std::uint64_t>()) + " " +
             json["new"].get<std::string>();
    }
    const Json& fields = json["fields"];
    return json["kind"].get<std::string>() + " " + fields["first_change"].get<std::string>() + "-" +
           fields["last_change"].get<std::string>() + " " + fields["changes"].get<std::string>() +
           " " + fields["state"].get<std::string>();
  }

  std::uint64_t held_ = 0;
};

TEST_F(SinkFlaps, FiftyFlipsAMinuteAreThreeEventsAndLoseNothing) {
  flap();
  EXPECT_THAT(told(50'000), ElementsAre("1 failed", "2 trusted"));
  EXPECT_EQ(held_, 48U);
  EXPECT_THAT(told(kSettled - 1), IsEmpty());
  EXPECT_THAT(told(kSettled), ElementsAre("flapping 3-50 48 trusted"));
  EXPECT_THAT(told(kSettled + kWindow), IsEmpty());
  EXPECT_THAT(*store_.changes(1, 100), SizeIs(50)) << "the stream has each of them";
  change(TrustState::kFailed, 2 * kWindow);
  EXPECT_THAT(told(2 * kWindow), ElementsAre("51 failed")) << "news again";
}

TEST_F(SinkFlaps, TheLastStateIsToldAtTheEndIfItIsAnother) {
  flap();
  change(TrustState::kFailed, 55'000);
  EXPECT_THAT(told(56'000), ElementsAre("1 failed", "2 trusted"));
  EXPECT_THAT(told(kSettled), ElementsAre("51 failed", "flapping 3-51 49 failed"))
      << "nobody is left to believe that it is trusted";
}

TEST_F(SinkFlaps, WhatComesBehindTheWindowComesBehindWhatWasHeld) {
  flap();
  change(TrustState::kFailed, 55'000);
  change(TrustState::kTrusted, kWindow + 1);
  EXPECT_THAT(told(kWindow + 1), ElementsAre("1 failed", "2 trusted", "51 failed",
                                             "flapping 3-51 49 failed", "52 trusted"));
}

TEST_F(SinkFlaps, WithoutAWindowEachChangeIsTold) {
  options_.dedup_window = std::chrono::milliseconds(0);
  flap();
  EXPECT_THAT(told(50'000), SizeIs(50));
  EXPECT_THAT(told(2 * kSettled), IsEmpty());
}

TEST_F(SinkFlaps, OthersAreToldMeanwhile) {
  flap();
  change(TrustState::kFailed, 55'000, 2);
  EXPECT_THAT(told(56'000), ElementsAre("1 failed", "2 trusted", "51 failed"));
}

// Whatever the sink's thread had come to: the held ones are counted again from the outbox.
TEST_F(SinkFlaps, ACrashInTheWindowLosesAndRepeatsNothing) {
  flap();
  EXPECT_THAT(told(50'000, 20), ElementsAre("1 failed", "2 trusted"));
  crash();
  change(TrustState::kFailed, 55'000);
  EXPECT_THAT(told(56'000), IsEmpty()) << "it is still a repeat";
  EXPECT_EQ(feed().kept().needed(), 1U) << "the outbox must keep what is to be counted again";
  crash();
  EXPECT_THAT(told(kSettled), ElementsAre("51 failed", "flapping 3-51 49 failed"));
  EXPECT_EQ(feed().kept().needed(), 52U);
  crash();
  EXPECT_THAT(told(2 * kSettled), IsEmpty()) << "told once";
  EXPECT_THAT(lost_, IsEmpty());
}

TEST_F(SinkFlaps, AWindowThatEndedWhileTheDaemonWasAwayIsTold) {
  flap();
  EXPECT_THAT(told(50'000), SizeIs(2));
  crash();
  change(TrustState::kFailed, 10 * kWindow);
  EXPECT_THAT(told(10 * kWindow), ElementsAre("flapping 3-50 48 trusted", "51 failed"));
}

TEST_F(SinkFlaps, WhatCouldNotBeDeliveredComesAgainTheSame) {
  flap();
  change(TrustState::kFailed, 55'000);
  EXPECT_THAT(next(50'000).events, SizeIs(2));
  EXPECT_THAT(next(50'000).events, SizeIs(2)) << "not done: again";
  EXPECT_THAT(told(50'000), SizeIs(2));
  const SinkBatch failed = next(kSettled);
  const SinkBatch again = next(kSettled);
  ASSERT_THAT(again.events, SizeIs(2));
  EXPECT_EQ(failed.events[0].body, again.events[0].body);
  EXPECT_EQ(failed.events[1].body, again.events[1].body);
}

TEST_F(SinkFlaps, ManyHostsThatFlapAreToldInSteps) {
  for (std::uint8_t host = 1; host <= 20; ++host) {
    change(TrustState::kFailed, 1, host);
    change(TrustState::kTrusted, 2, host);
    change(TrustState::kFailed, 3, host);
  }
  EXPECT_THAT(told(10), SizeIs(40));
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_LE(next(kSettled, 8).events.size(), 8U);
  }
  EXPECT_THAT(told(kSettled, 8), SizeIs(40)) << "of each its last change and its number";
}

// What the filter does not take is nothing that was told.
TEST_F(SinkFlaps, ASinkOfFailuresAloneIsToldOfEachCauseOnce) {
  options_.filter.states = {TrustState::kFailed};
  flap();
  EXPECT_THAT(told(50'000), ElementsAre("1 failed"));
  EXPECT_THAT(told(kSettled), ElementsAre("flapping 3-49 24 failed"));
}

}  // namespace
}  // namespace quotemill::transport
