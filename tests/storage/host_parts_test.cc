// The hosts of a store, read in parts.
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "storage/rocks_store.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using ::quotemill::testing::edge_batch;
using ::quotemill::testing::TempFolder;

constexpr std::uint64_t kHosts = 500;

std::set<HostUid> fill(RocksStore& store) {
  std::mt19937_64 random(3);
  CommitBatch batch;
  std::set<HostUid> uids;
  for (std::uint64_t number = 0; number < kHosts; ++number) {
    const CommitBatch one = edge_batch(static_cast<std::uint8_t>(number), 1);
    HostRecord record = *one.hosts.front();
    HostState state = *one.states.front();
    for (std::uint8_t& byte : record.uid.bytes) {
      byte = static_cast<std::uint8_t>(random());
    }
    if (number < 2) {
      record.uid.bytes.fill(number == 0 ? 0x00 : 0xFF);  // the ends of the range
    }
    state.host = record.uid;
    state.sequence = number;
    uids.insert(record.uid);
    batch.hosts.push_back(std::make_shared<const HostRecord>(std::move(record)));
    batch.states.push_back(std::make_shared<const HostState>(std::move(state)));
  }
  EXPECT_TRUE(store.commit(batch));
  return uids;
}

TEST(HostParts, TogetherHaveEachHostOnce) {
  const TempFolder folder;
  StoreOptions options;
  options.path = folder / "store";
  const auto store = *RocksStore::open(options);
  const std::set<HostUid> all = fill(*store);
  for (const std::uint32_t parts : {1U, 2U, 3U, 7U, 64U}) {
    std::set<HostUid> seen;
    for (std::uint32_t part = 0; part < parts; ++part) {
      const Result<void> read = store->for_each_host_of(
          part, parts, [&](const HostRecord& record, const std::optional<HostState>& state) {
            EXPECT_TRUE(seen.insert(record.uid).second) << "twice, of " << parts;
            ASSERT_TRUE(state);
            EXPECT_EQ(state->host, record.uid);
          });
      ASSERT_TRUE(read);
    }
    EXPECT_EQ(seen, all) << parts << " parts";
  }
}

TEST(HostParts, AreOfAboutEqualSize) {
  const TempFolder folder;
  StoreOptions options;
  options.path = folder / "store";
  const auto store = *RocksStore::open(options);
  fill(*store);
  for (std::uint32_t part = 0; part < 4; ++part) {
    std::uint64_t hosts = 0;
    ASSERT_TRUE(store->for_each_host_of(part, 4, [&](const auto&, const auto&) { ++hosts; }));
    EXPECT_GT(hosts, kHosts / 8);
    EXPECT_LT(hosts, kHosts / 2);
  }
}

}  // namespace
}  // namespace quotemill::storage
