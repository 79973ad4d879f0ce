// A table that is filled from a store's rows gives back what is stored, bit by bit.
#include <algorithm>
#include <map>
#include <thread>

#include <gmock/gmock.h>

#include "engine/pipeline/host_filler.h"
#include "storage/database.h"
#include "storage/rocks_store.h"
#include "tests/storage/random_hosts.h"
#include "tests/storage/sample_records.h"
#include "tests/support/temp_folder.h"

namespace quotemill::storage {
namespace {

using ::quotemill::testing::edge_batch;
using ::quotemill::testing::Random;
using ::quotemill::testing::random_record;
using ::quotemill::testing::random_state;
using ::quotemill::testing::reaffirmed_batch;
using ::quotemill::testing::sample_uid;
using ::quotemill::testing::stored_text;
using ::quotemill::testing::TempFolder;

struct Filled {
  std::map<HostUid, std::string> stored;
  std::map<HostUid, HostRecord> records;
};

Filled fill(RocksStore& store, int hosts, int commits) {
  Random random(13);
  Filled out;
  for (int commit = 0; commit < commits; ++commit) {
    CommitBatch batch;
    for (int i = 0; i < hosts; ++i) {
      HostRecord record = random_record(random);
      record.name = "host-" + std::to_string(commit * hosts + i);
      HostState state = random_state(random, record.uid);
      if (random() % 10 == 0) {  // just enrolled
        state = HostState();
        state.host = record.uid;
        state.generation = record.generation;
      } else {
        batch.states.push_back(std::make_shared<const HostState>(state));
      }
      out.stored.emplace(record.uid, stored_text(record, state));
      out.records.emplace(record.uid, record);
      batch.hosts.push_back(std::make_shared<const HostRecord>(std::move(record)));
    }
    EXPECT_TRUE(store.commit(batch));
  }
  return out;
}

Result<void> recall_part(const RocksStore& store, std::uint32_t part, std::uint32_t parts,
                         HostTable& table) {
  HostFiller filler(table);
  const Result<void> read = store.for_each_host_row(
      part, parts, [&](const HostRow& row) { return filler.put(row); },
      [&](HostRecord record, std::optional<HostState> state) {
        filler.put(std::move(record), std::move(state));
      });
  filler.finish();
  return read;
}

TEST(HostFilling, FillsATableThatGivesBackEveryHostAsItIsStored) {
  const TempFolder folder;
  StoreOptions options;
  options.path = folder / "store";
  const Filled all = fill(*RocksStore::open(options).value(), 1'000, 3);
  const std::unique_ptr<RocksStore> store = *RocksStore::open(options);
  HostTable table;
  {
    std::vector<std::jthread> threads;
    for (std::uint32_t part = 0; part < 3; ++part) {
      threads.emplace_back([&, part] { EXPECT_TRUE(recall_part(*store, part, 3, table)); });
    }
  }
  EXPECT_EQ(table.size(), all.stored.size());
  std::vector<std::string> names;
  for (const auto& [uid, record] : all.records) {
    const std::optional<Host> host = table.find(uid);
    ASSERT_TRUE(host);
    EXPECT_EQ(stored_text(*host->record, *host->state), all.stored.at(uid));
    const bool holds_key = record.may_attest() || record.life_cycle == LifeCycle::kPending;
    EXPECT_EQ(table.find_by_key(record.curve_key).has_value(), holds_key);
    EXPECT_EQ(table.admits(record.curve_key), record.may_attest());
    EXPECT_EQ(table.find_by_name(record.name).has_value(), record.may_attest());
    EXPECT_EQ(table.find_by_ek(record.ek_sha256).has_value(), !record.ek_sha256.empty());
    if (record.may_attest()) {
      names.push_back(record.name);
    }
  }
  std::sort(names.begin(), names.end());
  std::vector<std::string> listed;
  for (const Host& host : table.list({}, names.size() + 1)) {
    listed.push_back(host.record->name);
  }
  EXPECT_EQ(listed, names);
}

TEST(HostFilling, IsShownAtAGlanceOnceEachHoweverTheyAreOrdered) {
  const TempFolder folder;
  StoreOptions options;
  options.path = folder / "store";
  const std::unique_ptr<RocksStore> store = *RocksStore::open(options);
  fill(*store, 1'000, 3);
  HostTable table;
  ASSERT_TRUE(recall_part(*store, 0, 1, table));
  std::vector<std::string> by_name;
  table.glance({}, [&](const HostGlance& host) {
    EXPECT_EQ(host.name, host.record().name);
    EXPECT_EQ(host.uid, host.record().uid);
    EXPECT_EQ(host.labels, host.record().labels);
    by_name.emplace_back(host.name);
    return true;
  });
  std::vector<std::string> all;
  table.glance_at_all([&](const HostGlance& host) { all.emplace_back(host.name); });
  EXPECT_THAT(all, ::testing::UnorderedElementsAreArray(by_name));
}

TEST(HostFilling, TakesTheNewerStateThatIsNotInTheRowsYet) {
  const TempFolder folder;
  StoreOptions options;
  options.path = folder / "store";
  const std::unique_ptr<RocksStore> store = *RocksStore::open(options);
  ASSERT_TRUE(store->commit(edge_batch(1, 1)));
  ASSERT_TRUE(store->commit(reaffirmed_batch(1, 2)));
  HostTable table;
  ASSERT_TRUE(recall_part(*store, 0, 1, table));
  EXPECT_EQ(table.find(sample_uid(1))->state->sequence, 2U);
}

TEST(HostFilling, ARowThatIsDamagedIsAnErrorThatNamesIt) {
  for (const Family family : {Family::kHosts, Family::kStates}) {
    const TempFolder folder;
    StoreOptions options;
    options.path = folder / "store";
    const Filled all = fill(*RocksStore::open(options).value(), 50, 1);
    {
      DatabaseOptions raw;
      raw.path = options.path;
      const std::unique_ptr<Database> database = *Database::open(raw);
      Database::Cursor cursor = database->scan(family, {}, {});
      cursor.to_first();
      ASSERT_TRUE(cursor.valid());
      rocksdb::WriteBatch batch;
      database->put(family, cursor.key(), std::string(cursor.value()) + "\x0a\x7f", batch);
      ASSERT_TRUE(database->write(batch).ok());
    }
    HostTable table;
    const Result<void> read = recall_part(**RocksStore::open(options), 0, 1, table);
    ASSERT_FALSE(read) << name_of(family);
    EXPECT_EQ(read.error().code, ErrorCode::kStorage);
    EXPECT_NE(read.error().to_string().find("damaged"), std::string::npos);
  }
}

}  // namespace
}  // namespace quotemill::storage
