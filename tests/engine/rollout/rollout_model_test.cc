// Random interleavings of everything that happens to rollouts, against a model that is written
// another way: it keeps no state but a list of what was done, and works out from it, for each host
// and moment, what must be accepted.
#include <map>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "tests/engine/rollout/rollout_fixture.h"

namespace quotemill {
namespace {

using testing::host_uid;

constexpr unsigned kHosts = 40;

// What was agreed about one rollout, as an operator would note it down.
struct Note {
  std::map<unsigned, std::uint32_t> waves;  // host -> wave
  std::uint32_t wave_count = 0;
  std::uint32_t opened = 1;
  std::int64_t every = 0;
  std::int64_t last_opened = 0;
  std::int64_t deadline = 0;
  std::int64_t judged_late_at = INT64_MAX;  // when somebody looked after the deadline
  bool has_ended = false;

  void look(std::int64_t now) {
    if (has_ended || judged_late_at != INT64_MAX) {
      return;
    }
    for (; every > 0 && opened < wave_count && last_opened + every <= std::min(now, deadline);
         last_opened += every) {
      ++opened;
    }
    if (now >= deadline) {
      judged_late_at = now;
    }
  }

  [[nodiscard]] RolloutAccepts of(unsigned host) const {
    const auto wave = waves.find(host);
    if (has_ended || wave == waves.end() || wave->second >= opened) {
      return RolloutAccepts::kNothing;
    }
    return judged_late_at == INT64_MAX ? RolloutAccepts::kBoth : RolloutAccepts::kNew;
  }
};

class Play {
 public:
  explicit Play(unsigned seed) : random_(seed), clock_(moment(), {}) {}

  void step() {
    switch (random(9)) {
      case 0:
      case 1:
        start();
        break;
      case 2:
        extend(random(2) == 0, random(2) == 0);
        break;
      case 3:
        end();
        break;
      case 4:
        wall_ += static_cast<std::int64_t>(random(2'000'000)) - 1'000'000;  // somebody sets it
        break;
      case 5:
        restart();
        break;
      default:
        boot_ += static_cast<std::int64_t>(random(40'000));
        wall_ += static_cast<std::int64_t>(random(40'000));
    }
    look();
    compare();
  }

 private:
  unsigned random(unsigned below) { return static_cast<unsigned>(random_() % below); }

  [[nodiscard]] Moment moment() const { return {{wall_}, {boot_}}; }

  [[nodiscard]] WallTime now() const { return clock_.at(moment()); }

  // The daemon's memory goes, what is kept stays; the boot clock may begin anew.
  void restart() {
    const WallTime before = now();
    boot_ = random(2) == 0 ? 0 : boot_;
    clock_ = RolloutClock(moment(), rollouts_);
    for (const auto& rollout : rollouts_) {
      EXPECT_GE(now(), rollout->last);
    }
    EXPECT_TRUE(now() >= before || wall_ < before.ms) << "back only as far as the clock was set";
  }

  void start() {
    RolloutRequest request;
    request.name = "rollout-" + std::to_string(random(30));
    request.from = {"old", 1};
    request.to = {"new", 1};
    request.wave_every_ms = random(2) == 0 ? 0 : 10'000;
    request.deadline = {now().ms + static_cast<std::int64_t>(random(100'000)) - 10'000};
    Note note;
    for (unsigned host = random(kHosts); host < kHosts && request.cohort.size() < 6;
         host += 1 + random(4)) {
      const auto wave = static_cast<std::uint32_t>(request.cohort.size() / 2);
      request.cohort.push_back({host_uid(host), wave});
      note.waves[host] = wave;
      note.wave_count = wave + 1;
    }
    const Result<Rollout> started = start_rollout(request, rollouts_, now());
    ASSERT_EQ(static_cast<bool>(started), may_start(request, note));
    if (started) {
      note.every = request.wave_every_ms;
      note.last_opened = now().ms;
      note.deadline = request.deadline.ms;
      notes_[request.name] = note;
      rollouts_.push_back(std::make_shared<const Rollout>(*started));
    }
  }

  bool may_start(const RolloutRequest& request, const Note& note) {
    std::size_t live = 0;
    bool overlaps = false;
    for (const auto& [name, other] : notes_) {
      live += other.has_ended ? 0 : 1;
      for (const auto& [host, wave] : note.waves) {
        overlaps = overlaps || (!other.has_ended && other.waves.count(host) != 0);
      }
    }
    return !note.waves.empty() && request.deadline > now() && notes_.count(request.name) == 0 &&
           !overlaps && live < 16;
  }

  void extend(bool has_deadline, bool opens_wave) {
    if (rollouts_.empty()) {
      return;
    }
    auto& rollout = rollouts_[random(static_cast<unsigned>(rollouts_.size()))];
    Note& note = notes_[rollout->name];
    RolloutExtension extension;
    extension.opens_wave = opens_wave;
    const std::int64_t time = std::max(now().ms, rollout->last.ms);
    if (has_deadline) {
      extension.deadline = WallTime{time + static_cast<std::int64_t>(random(100'000)) - 10'000};
    }
    const bool deadline_is_fine =
        !has_deadline || (extension.deadline->ms > time && extension.deadline->ms > note.deadline);
    const bool wave_is_fine = !opens_wave || (note.opened < note.wave_count &&
                                              (has_deadline || note.judged_late_at == INT64_MAX));
    const Result<Rollout> extended = extend_rollout(*rollout, extension, now());
    ASSERT_EQ(static_cast<bool>(extended),
              !note.has_ended && (has_deadline || opens_wave) && deadline_is_fine && wave_is_fine);
    if (!extended) {
      return;
    }
    if (has_deadline) {
      note.deadline = extension.deadline->ms;
      note.judged_late_at = INT64_MAX;
    }
    if (opens_wave) {
      ++note.opened;
      note.last_opened = time;
    }
    rollout = std::make_shared<const Rollout>(*extended);
  }

  void end() {
    if (rollouts_.empty()) {
      return;
    }
    auto& rollout = rollouts_[random(static_cast<unsigned>(rollouts_.size()))];
    Note& note = notes_[rollout->name];
    const RolloutPhase as = random(2) == 0 ? RolloutPhase::kPromoted : RolloutPhase::kAborted;
    const Result<Rollout> ended = end_rollout(*rollout, as, "alice", now());
    ASSERT_EQ(static_cast<bool>(ended), !note.has_ended);
    if (ended) {
      note.has_ended = true;
      rollout = std::make_shared<const Rollout>(*ended);
    }
  }

  void look() {
    for (auto& rollout : rollouts_) {
      notes_[rollout->name].look(std::max(now().ms, rollout->last.ms));
      if (const std::optional<Rollout> next = advance_rollout(*rollout, now())) {
        EXPECT_GT(next->revision, rollout->revision);
        EXPECT_GE(next->last, rollout->last);
        rollout = std::make_shared<const Rollout>(*next);
      }
    }
  }

  void compare() {
    for (unsigned host = 0; host < kHosts; ++host) {
      int accepting = 0;
      for (const auto& rollout : rollouts_) {
        const RolloutAccepts found = accepts(*rollout, host_uid(host));
        ASSERT_EQ(found, notes_[rollout->name].of(host)) << rollout->name << " host " << host;
        accepting += found != RolloutAccepts::kNothing ? 1 : 0;
      }
      ASSERT_LE(accepting, 1) << "a host is in one rollout at most";
    }
  }

  std::mt19937 random_;
  std::int64_t wall_ = 1'700'000'000'000;
  std::int64_t boot_ = 1'000;
  RolloutClock clock_;
  Rollouts rollouts_;
  std::map<std::string, Note> notes_;
};

TEST(RolloutModel, EveryInterleavingAcceptsWhatTheModelAccepts) {
  for (unsigned seed = 1; seed <= 100 && !::testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Play play(seed);
    for (int step = 0; step < 200 && !::testing::Test::HasFailure(); ++step) {
      play.step();
    }
  }
}

}  // namespace
}  // namespace quotemill
