// A WaitingLine with all around it: what hosts do with what they are told, in the long run.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "transport/server/waiting_line.h"

namespace quotemill::transport {
namespace {

constexpr std::uint32_t kMinMs = 1'000;
constexpr std::uint32_t kMaxMs = 20'000;

// Hosts that attest for ever, before an inbox and a pipeline.
class Crowd {
 public:
  static constexpr std::size_t kInbox = 400;
  static constexpr std::size_t kAgainPart = 4;
  static constexpr std::int64_t kBatchMs = 50;

  struct Host {
    WaitingLine::Place place;
    std::int64_t since = 0;  // when its evidence came first
    int verdicts = 0;
  };

  // All of them come within a second.
  explicit Crowd(std::size_t hosts) : hosts_(hosts) {
    for (std::size_t i = 0; i < hosts; ++i) {
      coming_[1 + static_cast<std::int64_t>(i % 1'000)].push_back(i);
    }
  }

  void run(std::int64_t ms) {
    for (const std::int64_t end = now_ms_ + ms; now_ms_ < end; ++now_ms_) {
      if (now_ms_ % kBatchMs == 0) {
        finish_batch();
      }
      const auto coming = coming_.extract(now_ms_);
      if (!coming.empty()) {
        for (const std::size_t index : coming.mapped()) {
          take(index);
        }
      }
    }
  }

  void forget() {
    busy = verdicts = idle = 0;
    longest_ms = 0;
    for (Host& host : hosts_) {
      host.verdicts = 0;
    }
  }

  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }

  [[nodiscard]] double busy_per_verdict() const {
    return static_cast<double>(busy) / static_cast<double>(verdicts);
  }

  [[nodiscard]] int fewest() const {
    return std::min_element(
               hosts_.begin(), hosts_.end(),
               [](const Host& one, const Host& other) { return one.verdicts < other.verdicts; })
        ->verdicts;
  }

  std::int64_t busy = 0;
  std::int64_t verdicts = 0;
  std::int64_t idle = 0;        // verdicts that could have been made beside
  std::int64_t longest_ms = 0;  // from evidence to verdict
  std::int64_t every_ms = 0;    // after its verdict each host comes so much later
  std::size_t batch = 50;       // every kBatchMs

 private:
  void take(std::size_t index) {
    Host& host = hosts_[index];
    host.since = host.since == 0 ? now_ms_ : host.since;
    const std::size_t kept = host.place.is_taken() ? 0 : kInbox / kAgainPart;
    if (inbox_.size() < kInbox - kept) {
      host.place = {};
      inbox_.push_back(index);
      return;
    }
    ++busy;
    const std::uint32_t said = line_.put_off(host.place, inbox_.size(), {now_ms_});
    // From and to the host it takes a few milliseconds.
    coming_[now_ms_ + said + on_its_way_(random_)].push_back(index);
  }

  void finish_batch() {
    const std::size_t count = std::min(batch, inbox_.size());
    for (std::size_t i = 0; i < count; ++i) {
      Host& host = hosts_[inbox_.front()];
      ++host.verdicts;
      longest_ms = std::max(longest_ms, now_ms_ - host.since);
      host.since = 0;
      coming_[now_ms_ + 1 + every_ms].push_back(inbox_.front());
      inbox_.pop_front();
    }
    verdicts += static_cast<std::int64_t>(count);
    idle += static_cast<std::int64_t>(batch - count);
    line_.note_answered(count, inbox_.size(), {now_ms_});
  }

  WaitingLine line_{kMinMs, kMaxMs};
  std::vector<Host> hosts_;
  std::map<std::int64_t, std::vector<std::size_t>> coming_;
  std::deque<std::size_t> inbox_;
  std::mt19937 random_{11};
  std::uniform_int_distribution<std::int64_t> on_its_way_{0, 9};
  std::int64_t now_ms_ = 1;
};

// 1,000 verdicts a second, in each of these.
TEST(WaitingCrowd, AsFewWaitAsTheLeastIsEnoughFor) {
  Crowd crowd(1'500);
  crowd.run(60'000);
  EXPECT_EQ(crowd.idle, 0);
  EXPECT_LE(crowd.busy_per_verdict(), 1.2) << "as often as if all were told the least";
}

TEST(WaitingCrowd, HoweverManyWaitBusyIsToldFourTimesForThreeVerdicts) {
  for (const std::size_t hosts : {3'000U, 10'000U, 20'000U}) {
    Crowd crowd(hosts);
    crowd.run(60'000);
    EXPECT_EQ(crowd.idle, 0) << hosts;
    crowd.forget();
    crowd.run(60'000);
    EXPECT_EQ(crowd.idle, 0) << hosts;
    EXPECT_EQ(crowd.verdicts, 60'000) << hosts;
    EXPECT_LE(crowd.busy_per_verdict(), 1.5)
        << hosts << ", of which each would be told " << hosts / 1'000 << " times";
  }
}

TEST(WaitingCrowd, MoreThanTheMostIsEnoughForAreToldMoreOften) {
  Crowd crowd(30'000);
  crowd.run(60'000);
  EXPECT_EQ(crowd.idle, 0);
  EXPECT_LE(crowd.busy_per_verdict(), 4) << "not thirty times each";
}

TEST(WaitingCrowd, NoneStarves) {
  Crowd crowd(10'000);
  crowd.run(60'000);
  crowd.forget();
  crowd.run(200'000);
  EXPECT_GE(crowd.fewest(), 10) << "of 20";
  EXPECT_LE(crowd.longest_ms, 40'000) << "the mean is 10,000";
}

TEST(WaitingCrowd, AllOfABurstAreServedWithHardlyAMomentOfRest) {
  for (const std::size_t hosts : {1'500U, 10'000U, 30'000U}) {
    Crowd crowd(hosts);
    crowd.every_ms = 1'000'000;
    while (crowd.verdicts < static_cast<std::int64_t>(hosts) && crowd.now_ms() < 60'000) {
      crowd.run(100);
    }
    EXPECT_LE(crowd.now_ms(), static_cast<std::int64_t>(hosts) * 108 / 100 + 500);
  }
}

// One who was told to wait for long comes in vain no longer when there is more room than before.
TEST(WaitingCrowd, WhenVerdictsAreMadeTwiceAsFastTheInboxDoesNotRunEmpty) {
  Crowd crowd(10'000);
  crowd.run(30'000);
  crowd.batch *= 2;
  crowd.forget();
  crowd.run(30'000);
  EXPECT_LE(crowd.idle, 60'000 / 50);
  EXPECT_LE(crowd.busy_per_verdict(), 1.5);
}

TEST(WaitingCrowd, AStallSendsNobodyAwayForLong) {
  Crowd crowd(3'000);
  crowd.run(30'000);
  const std::size_t batch = std::exchange(crowd.batch, 0);
  crowd.run(10'000);
  crowd.batch = batch;
  crowd.forget();
  crowd.run(10'000);
  EXPECT_LE(crowd.idle, 100);
}

}  // namespace
}  // namespace quotemill::transport
