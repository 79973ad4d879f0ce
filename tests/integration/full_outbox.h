// A store whose outbox is full of changes before its daemon starts: a burst for its sinks.
#pragma once

#include "storage/rocks_store.h"
#include "tests/integration/fleet.h"

namespace quotemill::testing {

// Changes of 200 hosts in turn. REQUIRES: the daemon does not run, and has no store yet
inline ::testing::AssertionResult fill_outbox(const TestDaemon& daemon, std::uint64_t count) {
  const std::filesystem::path state = daemon.folder() / "state";
  std::filesystem::create_directory(state);
  std::filesystem::permissions(state, std::filesystem::perms::owner_all);
  auto store = storage::RocksStore::open({.path = (state / "store").string()});
  if (!store) {
    return ::testing::AssertionFailure() << store.error().to_string();
  }
  for (std::uint64_t next = 1; next <= count;) {
    CommitBatch batch;
    for (; next <= count && batch.changes.size() < 500; ++next) {
      Change change;
      change.sequence = next;
      change.host_sequence = next / 200 + 1;
      change.host.bytes = {static_cast<std::uint8_t>(next % 200)};
      change.host_name = "web-" + std::to_string(next % 200);
      change.previous = next % 2 == 0 ? TrustState::kFailed : TrustState::kTrusted;
      change.current = next % 2 == 0 ? TrustState::kTrusted : TrustState::kFailed;
      change.time = {1'700'000'000'000 + static_cast<std::int64_t>(next)};
      batch.changes.push_back(std::move(change));
    }
    if (const Result<void> written = (*store)->commit(batch); !written) {
      return ::testing::AssertionFailure() << written.error().to_string();
    }
  }
  return ::testing::AssertionSuccess();
}

}  // namespace quotemill::testing
