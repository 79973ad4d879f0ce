// Commits in a loop and prints the sequence of each acknowledged change, until it is killed: the
// child of crash_test.cc.
#include <cstdio>
#include <cstdlib>

#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"

namespace {

using namespace quotemill;           // NOLINT(google-build-using-namespace)
using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

constexpr std::uint8_t kHost = 1;

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
  batch.states = {std::make_shared<const HostState>(state)};
  batch.blobs = {sample_blob(20'000 + (last + count) % 64, 1)};
  return batch;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    return 2;
  }
  const auto store = storage::RocksStore::open({.path = argv[1]});
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().to_string().c_str());
    return 1;
  }
  std::uint64_t last = (*store)->status()->last_change;
  for (std::uint64_t round = 1;; ++round) {
    const CommitBatch batch = next_batch(last, 1 + round % 5);
    if (const auto done = (*store)->commit(batch); !done) {
      std::fprintf(stderr, "%s\n", done.error().to_string().c_str());
      return 1;
    }
    last = batch.changes.back().sequence;
    std::printf("acknowledged %llu\n", static_cast<unsigned long long>(last));
    std::fflush(stdout);
  }
}
