#include "deploy/quotemilld/blast_previews.h"

#include <algorithm>
#include <future>

#include <gmock/gmock.h>

#include "tests/engine/pipeline/small_engine.h"

namespace quotemill::daemon {
namespace {

using quotemill::testing::baseline_of;
using quotemill::testing::measured;
using quotemill::testing::policy_of;
using quotemill::testing::SmallEngine;
using quotemill::testing::SoftwareHost;
using std::chrono::milliseconds;
using transport::Json;

std::shared_ptr<const PolicySet> set_of(std::string_view toml) {
  return *PolicySet::compile({policy_of(toml)}, {});
}

// Counts for as long as a test lets it.
class HeldCount {
 public:
  std::optional<Blast> operator()(const SurveyProgress& goes_on) {
    ++begun;
    while (is_held) {
      if (!goes_on(3, 10)) {
        ++given_up;
        return std::nullopt;
      }
      std::this_thread::sleep_for(milliseconds(1));
    }
    Blast blast;
    blast.looked_at = static_cast<std::uint64_t>(begun);
    return blast;
  }

  std::atomic<bool> is_held = true;
  std::atomic<int> begun = 0;
  std::atomic<int> given_up = 0;
};

class BlastPreviewsTest : public ::testing::Test {
 protected:
  void settle() {
    while (previews.status()["state"] == "running") {
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  // Its thread may begin later than whoever asked gives up waiting.
  void wait_until_counting() {
    while (previews.status()["done"] != 3) {
      std::this_thread::sleep_for(milliseconds(1));
    }
  }

  // When it is counted, however busy the machine is; nullopt after an Error.
  static std::optional<Blast> answer(BlastPreviews& of, const BlastQuestion& question) {
    for (auto blast = of.ask(question); blast; blast = of.ask(question)) {
      if (blast->has_value()) {
        return *blast;
      }
    }
    return std::nullopt;
  }

  BlastPreviews::Count count() {
    return [this](const BlastQuestion&, const SurveyProgress& goes_on) { return held(goes_on); };
  }

  static constexpr BlastPreviews::Pace kPace{milliseconds(20), milliseconds(60'000),
                                             milliseconds(60'000)};
  HeldCount held;
  BlastQuestion question{"apply", set_of(""), set_of("[boot]\nno_baseline = \"fail\"\n")};
  BlastPreviews previews{count(), kPace};
};

TEST_F(BlastPreviewsTest, AnswersAtOnceWhatIsCountedAtOnce) {
  held.is_held = false;
  BlastPreviews patient(count(),
                        {milliseconds(60'000), milliseconds(60'000), milliseconds(60'000)});
  EXPECT_EQ(answer(patient, question)->looked_at, 1U);
  EXPECT_EQ(answer(patient, question)->looked_at, 2U) << "counted anew: hosts may have moved";
}

TEST_F(BlastPreviewsTest, PutsOffWhatTakesLongerAndHasItThen) {
  const auto none = previews.ask(question);
  ASSERT_TRUE(none);
  EXPECT_FALSE(none->has_value());
  wait_until_counting();
  Json status = previews.status();
  EXPECT_EQ(status["preview"], 1);
  EXPECT_EQ(status["state"], "running");
  EXPECT_EQ(status["done"], 3);
  EXPECT_EQ(status["hosts"], 10);
  EXPECT_FALSE(previews.ask(question)->has_value()) << "it is the same one";
  held.is_held = false;
  settle();
  EXPECT_EQ(previews.status()["state"], "done");
  EXPECT_EQ(previews.status()["done"], 10);
  EXPECT_EQ((**previews.ask(question)).looked_at, 1U) << "told, and then done: one count";
  EXPECT_EQ((**previews.ask(question)).looked_at, 1U);
  EXPECT_EQ(held.begun, 1);
}

// The policies may be equal where the hosts are not: those of a rollout's cohort.
TEST_F(BlastPreviewsTest, Hostile_AnotherRequestNeverGetsTheAnswerOfThisOne) {
  EXPECT_FALSE(previews.ask(question)->has_value());
  held.is_held = false;
  settle();
  for (const BlastQuestion& other : {BlastQuestion{"start", question.now, question.then},
                                     BlastQuestion{"apply", question.then, question.then},
                                     BlastQuestion{"apply", question.now, question.now}}) {
    const int before = held.begun;
    EXPECT_TRUE(answer(previews, other));
    EXPECT_EQ(held.begun, before + 1);
  }
}

TEST_F(BlastPreviewsTest, CountsOneAtATime) {
  EXPECT_FALSE(previews.ask(question)->has_value());
  const auto other = previews.ask({"start", question.now, question.then});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::kBusy);
  wait_until_counting();
  EXPECT_EQ(held.begun, 1);
}

TEST_F(BlastPreviewsTest, Hostile_WhatNobodyAsksAboutIsAbandoned) {
  BlastPreviews impatient(count(), {milliseconds(5), milliseconds(30), milliseconds(60'000)});
  EXPECT_FALSE(impatient.ask(question)->has_value());
  for (int i = 0; i < 20'000 && held.given_up == 0; ++i) {
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_EQ(held.given_up, 1);
  held.is_held = false;
  EXPECT_TRUE(answer(impatient, question));
  EXPECT_EQ(held.begun, 2) << "counted anew";
}

TEST_F(BlastPreviewsTest, WhoeverFollowsKeepsItGoing) {
  BlastPreviews impatient(count(), {milliseconds(5), milliseconds(1'000), milliseconds(60'000)});
  EXPECT_FALSE(impatient.ask(question)->has_value());
  for (int i = 0; i < 30; ++i) {
    std::this_thread::sleep_for(milliseconds(50));
    ASSERT_EQ(impatient.status()["state"], "running");
  }
}

TEST_F(BlastPreviewsTest, StopsWhenItIsTold) {
  EXPECT_EQ(previews.stop().error().code, ErrorCode::kNotFound);
  EXPECT_FALSE(previews.ask(question)->has_value());
  EXPECT_TRUE(previews.stop());
  settle();
  EXPECT_EQ(previews.status()["state"], "abandoned");
}

TEST_F(BlastPreviewsTest, AnAnswerIsKeptForAWhileAlone) {
  BlastPreviews brief(count(), {milliseconds(5), milliseconds(60'000), milliseconds(0)});
  EXPECT_FALSE(brief.ask(question)->has_value());
  held.is_held = false;
  while (brief.status()["state"] == "running") {
    std::this_thread::sleep_for(milliseconds(1));
  }
  std::this_thread::sleep_for(milliseconds(2));
  EXPECT_GE(answer(brief, question)->looked_at, 2U) << "the answer of the first count";
}

// --- The count itself, by any number of threads

class BlastSurveyTest : public ::testing::Test {
 protected:
  static constexpr unsigned kHosts = 4'500;  // more than a page

  BlastSurveyTest() {
    for (unsigned kind = 0; kind < 2; ++kind) {
      kinds[kind].record().name = "kind-" + std::to_string(kind);
      engine.enrol(kinds[kind]);
    }
    kinds[1].boot.push_back(measured(9, event_type::kIpl, "/boot/other"));
    engine.attest(kinds[0]);
    engine.attest(kinds[1]);
    std::vector<StoredHost> hosts;
    for (unsigned number = 0; number < kHosts; ++number) {
      const SoftwareHost& like = kinds[number % 2];
      HostRecord record = like.record();
      record.uid.bytes.fill(0xFF);
      record.uid.bytes[0] = static_cast<std::uint8_t>(number);
      record.uid.bytes[1] = static_cast<std::uint8_t>(number >> 8U);
      record.name = "host-" + std::to_string(10'000 + number);
      record.curve_key.fill(0);
      std::copy(record.uid.bytes.begin(), record.uid.bytes.end(), record.curve_key.begin());
      HostState state = engine.state(like);
      state.host = record.uid;
      hosts.push_back({std::make_shared<const HostRecord>(record), state});
    }
    table.put_stored(std::move(hosts));
  }

  Json blast(unsigned threads) {
    const auto then = *PolicySet::compile(
        {policy_of("[boot]\nmismatch = \"warn\"\ncompare = [4, 9]\n")}, baselines);
    std::vector<std::uint64_t> seen;
    const auto counted =
        blast_of(engine.policies->current(), then, {table, engine.store, engine.server_key},
                 threads, [&](std::uint64_t done, std::uint64_t hosts) {
                   EXPECT_EQ(hosts, kHosts);
                   seen.push_back(done);
                   return true;
                 });
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    EXPECT_GE(seen.size(), 3U);
    return counted ? render_blast(*counted) : Json();
  }

  std::vector<std::shared_ptr<const Baseline>> baselines = {baseline_of(SoftwareHost())};
  std::array<SoftwareHost, 2> kinds = {SoftwareHost(KeyKind::kEcP256, 1),
                                       SoftwareHost(KeyKind::kEcP256, 2)};
  SmallEngine engine{policy_of("[boot]\ncompare = [4, 9]\n"), baselines};
  HostTable table;
};

TEST_F(BlastSurveyTest, SaysTheSameByAnyNumberOfThreads) {
  const Json one = blast(1);
  EXPECT_EQ(one["looked_at"], kHosts);
  EXPECT_EQ(one["judged"], kHosts);
  EXPECT_EQ(one["better"], kHosts / 2);
  EXPECT_EQ(one["pardoned"], kHosts / 2);
  EXPECT_EQ(one["must_be_confirmed"], true);
  ASSERT_EQ(one["groups"].size(), 1U);
  EXPECT_EQ(one["groups"][0]["examples"][0], "host-10001") << "the first by name";
  for (const unsigned threads : {2U, 5U}) {
    EXPECT_EQ(blast(threads), one) << threads;
  }
}

TEST_F(BlastSurveyTest, EndsWhenItIsNotToGoOn) {
  std::uint64_t last = 0;
  const auto counted =
      blast_of(engine.policies->current(), set_of(""), {table, engine.store, engine.server_key}, 2,
               [&](std::uint64_t done, std::uint64_t) {
                 last = done;
                 return done == 0;
               });
  EXPECT_FALSE(counted);
  EXPECT_LT(last, kHosts);
}

}  // namespace
}  // namespace quotemill::daemon
