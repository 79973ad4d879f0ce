// Commits in a loop and prints the sequence of each acknowledged change, and behind it the last one
// of a host that is reaffirmed, until it is killed: the child of crash_test.cc. With a word behind
// the folder it does something else beside, over and over: "compact" rewrites the history, "fold"
// lets the journal have one entry at most, "backup" copies the store to FOLDER.copy-N.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>

#include "engine/crypto/hash.h"
#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"

namespace {

using namespace quotemill;           // NOLINT(google-build-using-namespace)
using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

constexpr std::uint8_t kHost = 1;
constexpr std::uint8_t kReaffirmed = 2;
constexpr std::uint8_t kSlow = 3;  // reaffirmed now and then, and folded between

// Some changes, and a state that counts them: both or neither must be there afterwards.
CommitBatch next_batch(std::uint64_t last, std::uint64_t count) {
  CommitBatch batch;
  for (std::uint64_t i = 1; i <= count; ++i) {
    batch.changes.push_back(sample_change(last + i, kHost));
    batch.history.push_back(sample_appraisal(kHost, last + i, i == 1));
  }
  HostState state = sample_state(kHost, last + count);
  state.host_changes = last + count;
  batch.hosts = {std::make_shared<const HostRecord>(sample_host(kHost))};
  batch.ek_certificates = {sample_ek_certificate(kHost)};
  batch.states = {std::make_shared<const HostState>(state)};
  batch.boot_logs = {sample_boot_log(20'000 + (last + count) % 64, 1)};
  // Each came with evidence of its own.
  batch.boot_logs.front().id =
      hash(HashAlgorithm::kSha256, as_bytes("evidence " + std::to_string(last + count)));
  // What states and appraisals of the samples rest on, so that a check of the store finds it.
  if (last == 0) {
    for (const Digest& id : {state.proof->log, batch.history.front().boot_log}) {
      batch.boot_logs.push_back({id, Bytes(1'000, 7)});
    }
  }
  return batch;
}

// One more of a host that nothing happens to; now and then an edge.
void add_reaffirmation(std::uint8_t host, std::uint64_t sequence, CommitBatch& batch) {
  if (sequence % 100 != 1) {
    batch.reaffirmed.push_back(sample_reaffirmation(host, sequence));
    return;
  }
  CommitBatch edge = edge_batch(host, sequence);
  batch.hosts.push_back(edge.hosts[0]);
  batch.ek_certificates.push_back(edge.ek_certificates[0]);
  batch.states.push_back(edge.states[0]);
  batch.history.push_back(edge.history[0]);
}

std::uint64_t last_reaffirmed(const storage::RocksStore& store, std::uint8_t host) {
  std::uint64_t last = 0;
  const auto read =
      store.for_each_host([&](const HostRecord& record, const std::optional<HostState>& state) {
        last = record.uid == sample_uid(host) && state ? state->sequence : last;
      });
  return read ? last : 0;
}

[[noreturn]] void compact_for_ever(storage::RocksStore& store) {
  while (true) {
    store.grow_older(1'000);
    (void)store.collect_logs();
    (void)store.drop_old_history();
  }
}

[[noreturn]] void back_up_for_ever(const storage::RocksStore& store, const std::string& path) {
  for (std::size_t number = 1;; ++number) {
    const std::string copy = path + ".copy-" + std::to_string(number);
    // Only the newest two: the disk is small.
    if (store.backup(copy) && number > 2) {
      std::error_code unused;
      // Under another name first: killed while it removes, it leaves no copy that is half there.
      const std::string old = path + ".copy-" + std::to_string(number - 2);
      std::filesystem::rename(old, old + ".partial", unused);
      std::filesystem::remove_all(old + ".partial", unused);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    return 2;
  }
  const std::string path = argv[1];
  const std::string beside = argc == 3 ? argv[2] : "";
  storage::StoreOptions options;
  options.path = path;
  // Folds often, so that a kill may meet one.
  options.journal_age_ms_max = 5 * quotemill::testing::kSampleStepMs;
  if (beside == "fold") {
    options.journal_entries_max = 1;
  }
  if (beside == "compact") {
    options.history_counts = {50, 50, 50};
  }
  const auto store = storage::RocksStore::open(options);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().to_string().c_str());
    return 1;
  }
  std::thread other;
  if (beside == "compact") {
    other = std::thread([&] { compact_for_ever(**store); });
  } else if (beside == "backup") {
    other = std::thread([&] { back_up_for_ever(**store, path); });
  }
  std::uint64_t last = (*store)->status()->last_change;
  std::uint64_t reaffirmed = last_reaffirmed(**store, kReaffirmed);
  std::uint64_t slow = last_reaffirmed(**store, kSlow);
  for (std::uint64_t round = 1;; ++round) {
    CommitBatch batch = next_batch(last, 1 + round % 5);
    if (round % 10 == 0) {
      add_reaffirmation(kSlow, ++slow, batch);
    }
    add_reaffirmation(kReaffirmed, ++reaffirmed, batch);
    if (const auto done = (*store)->commit(batch); !done) {
      std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
      return 1;
    }
    last = batch.changes.back().sequence;
    std::printf("acknowledged %llu %llu\n", static_cast<unsigned long long>(reaffirmed),
                static_cast<unsigned long long>(last));
    std::fflush(stdout);
  }
}
