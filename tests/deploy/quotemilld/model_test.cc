// The engine and its store against a plain model: random attestations, honest and not, silence,
// clocks that are set an hour or a year away, re-enrolments, restarts and kills. After each step
// the hosts' states, the change stream and the history must be what the model says.
//
// QUOTEMILL_MODEL_SEED and QUOTEMILL_MODEL_STEPS choose another walk; a failure prints its seed.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <random>

#include <gtest/gtest.h>

#include "deploy/quotemilld/startup.h"
#include "engine/pipeline/judge.h"
#include "storage/rocks_store.h"
#include "tests/support/finding_printers.h"
#include "tests/support/manual_clock.h"
#include "tests/support/recording_sinks.h"
#include "tests/support/software_host.h"
#include "tests/support/temp_folder.h"

namespace quotemill::daemon {
namespace {

using quotemill::testing::ManualClock;
using quotemill::testing::measured;
using quotemill::testing::SoftwareHost;

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kYear = 365 * 24 * kHour;
constexpr std::int64_t kEvery = kMinute;  // the policy's, below
constexpr std::int64_t kStale = 5 * kMinute;
constexpr unsigned kHosts = 4;

Policy policy() {
  return *parse_policy(
      "[freshness]\nattest_every = \"1m\"\nstale_after = \"5m\"\n[boot]\nno_baseline = \"info\"\n"
      "baselines = [\"golden\"]\n",
      "model");
}

std::shared_ptr<const Baseline> golden() {
  const Bytes log = SoftwareHost().log();
  auto baseline = std::make_shared<Baseline>();
  baseline->name = "golden";
  baseline->events = reference_events(read_boot_log(log).log);
  return baseline;
}

// The daemon's middle: store, table, commit thread; as quotemilld puts them together.
class Machine {
 public:
  Machine(const std::string& path, const ManualClock& clock)
      : store(*storage::RocksStore::open({.path = path, .cache_bytes = 1 << 20})) {
    Result<CommitterStart> start = recall(*store, hosts);
    EXPECT_TRUE(start);
    policies = *PoliciesInForce::create(policy(), {}, {golden()});
    committer.emplace(
        CommitterPorts{*store, hosts, replies, changes, clock, nonces, *policies, counters},
        *std::move(start));
    committer->start();
  }

  // Returns when the commit thread has seen the time that it is now.
  void settle() {
    for (int i = 0; i < 2; ++i) {
      (void)committer->change(
          [](const RegistryView&) -> Result<IdentityUpdate> { return IdentityUpdate{}; });
    }
  }

  std::unique_ptr<storage::RocksStore> store;
  HostTable hosts;
  quotemill::testing::RecordingReplies replies;
  quotemill::testing::RecordingChanges changes;
  NonceAuthority nonces{NonceAuthority::Keys{}};
  std::unique_ptr<PoliciesInForce> policies;
  PipelineCounters counters;
  KeyCache keys{16};
  ExtendMemo extends{64};
  std::optional<Committer> committer;
};

// What is known of a host, in the plainest form.
struct ModelHost {
  SoftwareHost machine = SoftwareHost();
  TrustState state = TrustState::kUnknown;
  std::vector<TrustState> appraisals = {};  // that of sequence n at n - 1
  // In boot time: not stale before the first, stale behind the second. None: no deadline.
  std::optional<std::pair<std::int64_t, std::int64_t>> stale = {};
};

struct ModelChange {
  std::string host;
  TrustState previous;
  TrustState current;
};

class Walk {
 public:
  explicit Walk(std::uint64_t seed) : random_(seed), machine_(std::in_place, path(), clock_) {
    for (unsigned i = 0; i < kHosts; ++i) {
      ModelHost host{.machine = SoftwareHost(KeyKind::kEcP256, i)};
      host.machine.record().name = "host-" + std::to_string(i);
      hosts_.push_back(std::move(host));
      put(hosts_.back(), true);
    }
  }

  void step() {
    ModelHost& host = hosts_[random(kHosts)];
    switch (random(20)) {
      case 0:
        clock_.advance(kHour);
        break;
      case 1:
        clock_.step_wall(random(2) == 0 ? kHour : -kHour);
        break;
      case 2:
        clock_.step_wall(random(2) == 0 ? kYear : -kYear);
        break;
      case 3:
        restart(false);
        break;
      case 4:
      case 5:
        restart(true);
        break;
      case 6:
        host.machine.record().generation += 1;
        put(host, true);
        break;
      case 7:
        reboot(host);
        break;
      case 8:
      case 9:
      case 10:
        clock_.advance(static_cast<std::int64_t>(random(90)) * 1'000);
        break;
      default:
        clock_.advance(1'000);
        attest(host);
        break;
    }
    pass_time();
  }

  void check() {
    check_changes();
    for (const ModelHost& host : hosts_) {
      EXPECT_EQ(state_of(host), host.state) << host.machine.record().name;
      check_history(host);
    }
  }

  // How many of these changes there were.
  [[nodiscard]] std::size_t count(TrustState current) const {
    return static_cast<std::size_t>(
        std::count_if(changes_.begin(), changes_.end(),
                      [current](const ModelChange& change) { return change.current == current; }));
  }

 private:
  std::uint64_t random(std::uint64_t below) { return random_() % below; }

  [[nodiscard]] std::string path() const {
    return (folder_ / ("store-" + std::to_string(lives_))).string();
  }

  [[nodiscard]] std::shared_ptr<const HostState> engine_state(const ModelHost& host) const {
    return machine_->hosts.find(host.machine.record().uid)->state;
  }

  [[nodiscard]] TrustState state_of(const ModelHost& host) const {
    return engine_state(host)->state;
  }

  void becomes(ModelHost& host, TrustState state) {
    if (host.state != state) {
      changes_.push_back({host.machine.record().name, host.state, state});
      host.state = state;
    }
  }

  void put(ModelHost& host, bool reset) {
    const HostRecord record = host.machine.record();
    ASSERT_TRUE(machine_->committer->change([&](const RegistryView&) -> Result<IdentityUpdate> {
      IdentityUpdate update;
      update.record = record;
      update.reset_state = reset;
      return update;
    }));
    becomes(host, TrustState::kUnknown);
    host.stale.reset();
  }

  // Into another image, or back into the known one.
  void reboot(ModelHost& host) {
    SoftwareHost& machine = host.machine;
    const bool was_evil = machine.boot.size() != quotemill::testing::ordinary_boot().size();
    machine.boot = quotemill::testing::ordinary_boot();
    if (!was_evil) {
      machine.boot.push_back(measured(4, event_type::kEfiBootServicesApplication,
                                      "evil " + std::to_string(random(9))));
    }
    machine.reboot();
  }

  void attest(ModelHost& host) {
    SoftwareHost& machine = host.machine;
    machine.clock.clock_ms = static_cast<std::uint64_t>(clock_.now().boot.ms);
    const std::uint64_t sequence = engine_state(host)->sequence + 1;
    ASSERT_EQ(sequence, host.appraisals.size() + 1) << "a receipt was lost, or one was made twice";
    Submission submission;
    submission.host = std::make_shared<const HostRecord>(machine.record());
    submission.challenge = machine.challenge(sequence, clock_.now());
    submission.challenge.selections = {policy().selection};
    submission.received = clock_.now();
    submission.item = machine.draft(submission.challenge).seal();
    Submission with_log = submission;
    with_log.boot_log = machine.log();
    if (commit(host, std::move(submission)) == ReplyKind::kNeedLog) {
      ASSERT_EQ(commit(host, std::move(with_log)), ReplyKind::kReceipt);
    }
    const bool is_evil = machine.boot.size() != quotemill::testing::ordinary_boot().size();
    const TrustState state = is_evil ? TrustState::kFailed : TrustState::kTrusted;
    host.appraisals.push_back(state);
    becomes(host, state);
    const std::int64_t deadline = clock_.now().boot.ms + kStale;
    host.stale = {deadline, deadline};
  }

  ReplyKind commit(const ModelHost& host, Submission submission) {
    std::vector<Judgement> batch;
    batch.push_back(
        judge(std::move(submission),
              {*machine_->policies->current(), engine_state(host), host.machine.server_key,
               machine_->keys, *machine_->store, machine_->counters, machine_->extends}));
    std::promise<void> done;
    machine_->committer->submit(std::move(batch), [&done] { done.set_value(); });
    done.get_future().wait();
    return machine_->replies.all().back().kind;
  }

  // A kill leaves what is on the disk at that moment.
  void restart(bool is_kill) {
    machine_->settle();
    pass_time();
    const std::string before = path();
    if (is_kill) {
      ++lives_;
      std::error_code vanished;  // RocksDB deletes files that it needs no more, when it likes
      do {
        std::filesystem::remove_all(path());
        std::filesystem::copy(before, path(), vanished);
      } while (vanished == std::errc::no_such_file_or_directory);
      std::filesystem::permissions(path(), std::filesystem::perms::owner_all);
    }
    machine_->committer->stop();
    machine_.reset();
    machine_.emplace(path(), clock_);
    const std::int64_t now = clock_.now().boot.ms;
    for (ModelHost& host : hosts_) {
      if (host.stale) {
        // Whoever comes back gets its interval; how much more, the wall clock decides.
        host.stale = {now + 2 * kEvery, now + kStale};
      }
    }
  }

  // Time alone makes hosts stale; within the bounds the engine decides when.
  void pass_time() {
    machine_->settle();
    const std::int64_t now = clock_.now().boot.ms;
    for (ModelHost& host : hosts_) {
      if (!host.stale || now < host.stale->first) {
        continue;
      }
      const bool is_certain = now >= host.stale->second;
      if (is_certain || state_of(host) == TrustState::kStale) {
        overdue_.push_back(&host);
        host.stale.reset();
      }
    }
    // In the order in which the engine noticed them: any order of those that were due at once.
    const std::vector<Change> seen = stored_changes();
    while (!overdue_.empty()) {
      ASSERT_LT(changes_.size(), seen.size()) << "a host should be stale";
      const std::string& name = seen[changes_.size()].host_name;
      const auto next = std::find_if(overdue_.begin(), overdue_.end(), [&](const ModelHost* host) {
        return host->machine.record().name == name;
      });
      ASSERT_NE(next, overdue_.end()) << name << " changed and was not due";
      becomes(**next, TrustState::kStale);
      overdue_.erase(next);
    }
  }

  [[nodiscard]] std::vector<Change> stored_changes() const {
    return *machine_->store->changes(1, 1'000'000);
  }

  void check_changes() {
    const std::vector<Change> seen = stored_changes();
    ASSERT_EQ(seen.size(), changes_.size());
    for (std::size_t i = checked_; i < seen.size(); ++i) {
      EXPECT_EQ(seen[i].sequence, i + 1);
      EXPECT_EQ(seen[i].host_name, changes_[i].host) << i;
      EXPECT_EQ(seen[i].previous, changes_[i].previous) << i;
      EXPECT_EQ(seen[i].current, changes_[i].current) << i;
    }
    checked_ = seen.size();
  }

  // Every sequence once, in runs or alone, with the state that it came to; no time goes back.
  void check_history(const ModelHost& host) const {
    const auto entries = *machine_->store->history(host.machine.record().uid, 0, 1'000'000);
    std::uint64_t expected = host.appraisals.size();
    WallTime later{INT64_MAX};
    for (const HistoryEntry& entry : entries) {
      ASSERT_EQ(entry.sequence, expected);
      for (std::uint64_t n = entry.first_sequence(); n <= entry.sequence; ++n) {
        EXPECT_EQ(entry.verdict.state, host.appraisals[n - 1]) << n;
      }
      EXPECT_LE(entry.time, later);
      later = entry.time;
      expected = entry.first_sequence() - 1;
    }
    EXPECT_EQ(expected, 0U) << host.machine.record().name;
  }

  std::mt19937_64 random_;
  quotemill::testing::TempFolder folder_;
  unsigned lives_ = 0;
  ManualClock clock_;
  std::optional<Machine> machine_;
  std::vector<ModelHost> hosts_;
  std::vector<ModelChange> changes_;
  std::vector<ModelHost*> overdue_;
  std::size_t checked_ = 0;
};

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST(Model, StatesChangesAndHistoryAreWhatAPlainModelSays) {
  const std::uint64_t first = setting("QUOTEMILL_MODEL_SEED", 1);
  const std::uint64_t steps = setting("QUOTEMILL_MODEL_STEPS", 200);
  for (std::uint64_t seed = first; seed < first + 3; ++seed) {
    SCOPED_TRACE("QUOTEMILL_MODEL_SEED=" + std::to_string(seed));
    Walk walk(seed);
    for (std::uint64_t i = 0; i < steps && !::testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE("step " + std::to_string(i));
      walk.step();
      walk.check();
    }
    for (const TrustState state :
         {TrustState::kTrusted, TrustState::kFailed, TrustState::kStale, TrustState::kUnknown}) {
      EXPECT_GT(walk.count(state), 0U) << "a walk that went nowhere: " << name_of(state);
    }
  }
}

}  // namespace
}  // namespace quotemill::daemon
