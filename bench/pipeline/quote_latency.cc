#include "bench/pipeline/quote_latency.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <benchmark/benchmark.h>

#include "bench/fleet/plain_replay.h"
#include "bench/workload/engine.h"
#include "bench/workload/ima_list.h"
#include "bench/workload/temp_folder.h"
#include "engine/crypto/hash.h"
#include "storage/rocks_store.h"

namespace quotemill::bench {
namespace {

constexpr unsigned kBatchAgeMs = 2;  // as in the daemon's default configuration
constexpr unsigned kThreads = 2;
constexpr unsigned kQuotes = 1'024;

constexpr const char* kPolicyForLists = R"([policy]
id = "lists"
version = 1
priority = 1
[match]
names = ["list-*"]
[quote]
pcrs = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14]
)";

AppliedPolicies policies() {
  PolicyRecord record;
  record.number = 1;
  record.id = "lists";
  record.version = 1;
  record.text = kPolicyForLists;
  return {std::make_shared<const PolicyRecord>(std::move(record))};
}

// Evidence of a host that lists so many files, as it comes with the list. Its boot log does not:
// the list is judged, the log asked for, and the host's state stays, however often it is offered.
Submission with_list(std::size_t entries, const BootImage& image) {
  SigningHost host(KeyKind::kEcP256, kQuotes);
  host.record().name = "list-1";
  host.selection.mask |= 1U << kImaPcr;
  PcrBank pcrs = plain_replay(image.log_of(kQuotes), host.selection);
  Digest list_pcr(HashAlgorithm::kSha256);
  for (std::size_t number = 0; number < entries; ++number) {
    extend(list_pcr, hash(HashAlgorithm::kSha256, ima_template_data(number)).view());
  }
  pcrs.set(kImaPcr, list_pcr);
  Submission submission;
  submission.challenge = host.challenge(1, kNow);
  submission.item = host.draft(submission.challenge, {pcrs}, 1).seal();
  submission.host = std::make_shared<const HostRecord>(host.record());
  submission.received = kNow;
  submission.runtime_from = 0;
  submission.runtime_list = ima_list(entries);
  return submission;
}

// Machines of which nothing changed, before a pipeline.
class Quotes {
 public:
  Quotes(const std::vector<Machine>& machines, const BootImage& image,
         std::unique_ptr<TempFolder> folder, std::unique_ptr<storage::RocksStore> store)
      : folder_(std::move(folder)),
        store_(std::move(store)),
        engine_(*store_, *store_, image, policies()),
        pipeline_(engine_.parts(inbox_), kThreads) {
    engine_.enrol(machines);
    engine_.prove(first_evidence(machines));
    receipts_ = engine_.replies().receipts();
    pipeline_.start();
  }

  ~Quotes() {
    feeder_ = {};
    pipeline_.drain();
  }

  Quotes(const Quotes&) = delete;
  Quotes& operator=(const Quotes&) = delete;

  // From now on one list is judged and another waits, always.
  void feed(Submission list) {
    feeder_ = std::jthread([this, given = std::move(list)](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (inbox_.depth() > 1 || !inbox_.offer(Submission(given))) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      }
    });
  }

  // One quote, until its receipt is there.
  std::chrono::steady_clock::duration judge(Submission quote) {
    const auto begun = std::chrono::steady_clock::now();
    if (!inbox_.offer(std::move(quote))) {
      return std::chrono::hours(1);
    }
    engine_.replies().wait_for_receipts(++receipts_);
    return std::chrono::steady_clock::now() - begun;
  }

  [[nodiscard]] bool is_trusted(const Machine& machine) const {
    const auto state = engine_.state_of(machine);
    return state->state == TrustState::kTrusted && state->sequence == 2;
  }

  [[nodiscard]] std::uint64_t lists() const { return engine_.replies().others(); }

 private:
  std::unique_ptr<TempFolder> folder_;
  std::unique_ptr<storage::RocksStore> store_;
  Engine engine_;
  Inbox inbox_{limits::kInboxItemsMax, limits::kInboxBytesMax, kBatchAgeMs};
  Pipeline pipeline_;
  std::uint64_t receipts_ = 0;
  std::jthread feeder_;
};

void measure(benchmark::State& state, const Settings& settings, std::size_t entries) {
  const BootImage& image = settings.images.front();
  const std::vector<Machine> machines = boot_machines(KeyKind::kEcP256, image, kQuotes);
  std::vector<Submission> waiting = unchanged_evidence(machines);
  auto folder = std::make_unique<TempFolder>();
  auto store = storage::RocksStore::open({.path = *folder / "store"});
  if (!store) {
    state.SkipWithError("no store");
    return;
  }
  Quotes quotes(machines, image, std::move(folder), *std::move(store));
  if (entries != 0) {
    quotes.feed(with_list(entries, image));
  }
  std::vector<double> taken_us;
  while (state.KeepRunning() && taken_us.size() < waiting.size()) {
    const auto taken = quotes.judge(std::move(waiting[taken_us.size()]));
    taken_us.push_back(std::chrono::duration<double, std::micro>(taken).count());
  }
  const bool are_trusted =
      std::all_of(machines.begin(), machines.end(),
                  [&](const Machine& machine) { return quotes.is_trusted(machine); });
  if (!are_trusted || (entries != 0 && quotes.lists() == 0)) {
    state.SkipWithError("honest quotes are not judged trusted, or no list was judged");
    return;
  }
  std::sort(taken_us.begin(), taken_us.end());
  state.counters["p50_us"] = taken_us[taken_us.size() / 2];
  state.counters["p99_us"] = taken_us[taken_us.size() * 99 / 100];
  state.counters["lists"] = static_cast<double>(quotes.lists());
  state.SetItemsProcessed(state.iterations());
}

}  // namespace

void register_quote_latency(const Settings& settings) {
  for (const std::size_t entries : {std::size_t{0}, std::size_t{100'000}}) {
    const std::string name = entries == 0 ? "alone" : "beside_list/" + std::to_string(entries);
    benchmark::RegisterBenchmark(("pipeline/quote_latency/" + name).c_str(), measure, settings,
                                 entries)
        ->UseRealTime()
        ->Iterations(kQuotes);
  }
}

}  // namespace quotemill::bench
