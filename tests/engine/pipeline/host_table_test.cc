#include "engine/pipeline/host_table.h"

#include <thread>

#include <gmock/gmock.h>

namespace quotemill {
namespace {

using ::testing::IsEmpty;

HostRecord record_of(std::uint8_t number, LifeCycle life_cycle = LifeCycle::kActive) {
  HostRecord record;
  record.uid.bytes.fill(number);
  record.name = "host-" + std::to_string(number);
  record.life_cycle = life_cycle;
  record.ek_sha256 = "ek-" + std::to_string(number);
  record.curve_key.fill(number);
  return record;
}

void put(HostTable& table, const HostRecord& record) {
  table.put(std::make_shared<const HostRecord>(record));
}

TEST(HostTable, FindsAnActiveHostByEverythingItHas) {
  HostTable table;
  const HostRecord record = record_of(1);
  put(table, record);
  for (const auto& found : {table.find(record.uid), table.find_by_key(record.curve_key),
                            table.find_by_name(record.name), table.find_by_ek(record.ek_sha256)}) {
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record->uid, record.uid);
    ASSERT_TRUE(found->state) << "a fresh host has a default state";
    EXPECT_EQ(found->state->host, record.uid);
    EXPECT_EQ(found->state->state, TrustState::kUnknown);
  }
  EXPECT_TRUE(table.admits(record.curve_key));
  EXPECT_EQ(table.size(), 1U);
}

TEST(HostTable, FindsNothingOfAStranger) {
  const HostTable table;
  const HostRecord record = record_of(1);
  EXPECT_FALSE(table.find(record.uid));
  EXPECT_FALSE(table.find_by_key(record.curve_key));
  EXPECT_FALSE(table.find_by_name(record.name));
  EXPECT_FALSE(table.find_by_ek(record.ek_sha256));
  EXPECT_FALSE(table.admits(record.curve_key));
}

TEST(HostTable, FindsAnAttestationKeyWhileItsHostLives) {
  HostTable table;
  HostRecord record = record_of(1);
  record.ak_public = {1, 2, 3};
  HostRecord twin = record_of(2);
  twin.ak_public = record.ak_public;
  put(table, record);
  put(table, twin);
  ASSERT_TRUE(table.find_by_ak(record.ak_public));
  EXPECT_FALSE(table.find_by_ak(Bytes{1, 2}));
  record.life_cycle = LifeCycle::kRetired;
  put(table, record);
  ASSERT_TRUE(table.find_by_ak(twin.ak_public)) << "the other one still has it";
  EXPECT_EQ(table.find_by_ak(twin.ak_public)->record->uid, twin.uid);
  twin.ak_public = {4};
  put(table, twin);
  EXPECT_FALSE(table.find_by_ak(record.ak_public));
  EXPECT_TRUE(table.find_by_ak(twin.ak_public));
  table.remove(twin.uid);
  EXPECT_FALSE(table.find_by_ak(twin.ak_public));
}

TEST(HostTable, HostsWithoutAnEkAreNotOneAndTheSame) {
  HostTable table;
  HostRecord record = record_of(1);
  record.ek_sha256.clear();
  put(table, record);
  EXPECT_FALSE(table.find_by_ek(""));
  EXPECT_FALSE(table.find_by_ak({})) << "nor those without an AK";
}

struct LifeCycleCase {
  LifeCycle life_cycle;
  bool by_key;
  bool by_name;
  bool admits;
};

class HostTableLifeCycle : public ::testing::TestWithParam<LifeCycleCase> {};

TEST_P(HostTableLifeCycle, DecidesUnderWhatAHostIsFound) {
  HostTable table;
  const HostRecord record = record_of(1, GetParam().life_cycle);
  put(table, record_of(1));  // it was active before
  put(table, record);
  EXPECT_TRUE(table.find(record.uid));
  EXPECT_EQ(table.find_by_key(record.curve_key).has_value(), GetParam().by_key);
  EXPECT_EQ(table.find_by_name(record.name).has_value(), GetParam().by_name);
  EXPECT_TRUE(table.find_by_ek(record.ek_sha256)) << "or a retired TPM would be admitted anew";
  EXPECT_EQ(table.admits(record.curve_key), GetParam().admits);
  EXPECT_EQ(table.pending_count(), GetParam().life_cycle == LifeCycle::kPending ? 1U : 0U);
}

INSTANTIATE_TEST_SUITE_P(All, HostTableLifeCycle,
                         ::testing::Values(LifeCycleCase{LifeCycle::kPending, true, false, false},
                                           LifeCycleCase{LifeCycle::kActive, true, true, true},
                                           LifeCycleCase{LifeCycle::kMaintenance, true, true, true},
                                           LifeCycleCase{LifeCycle::kRetired, false, false, false},
                                           LifeCycleCase{LifeCycle::kDenied, false, false, false}),
                         [](const auto& param) {
                           return std::string(name_of(param.param.life_cycle));
                         });

TEST(HostTable, ForgetsTheFormerKeyOfANewGeneration) {
  HostTable table;
  const HostRecord before = record_of(1);
  put(table, before);
  HostRecord after = before;
  after.generation = 2;
  after.curve_key.fill(0xEE);
  after.name = "renamed";
  put(table, after);
  EXPECT_FALSE(table.admits(before.curve_key));
  EXPECT_FALSE(table.find_by_name(before.name));
  EXPECT_EQ(table.find_by_key(after.curve_key)->record->generation, 2U);
  EXPECT_TRUE(table.find_by_name("renamed"));
  EXPECT_EQ(table.size(), 1U);
}

TEST(HostTable, KeepsTheStateThroughANewRecord) {
  HostTable table;
  const HostRecord record = record_of(1);
  put(table, record);
  auto state = std::make_shared<HostState>();
  state->host = record.uid;
  state->sequence = 7;
  table.put_state(state);
  put(table, record);
  EXPECT_EQ(table.find(record.uid)->state->sequence, 7U);
}

TEST(HostTable, IgnoresTheStateOfAHostThatIsGone) {
  HostTable table;
  auto state = std::make_shared<HostState>();
  state->host = record_of(1).uid;
  table.put_state(state);
  EXPECT_EQ(table.size(), 0U);
}

// Host 1 is retired; host 2 has its TPM. What happens to 1 is no business of 2's.
TEST(HostTable, ASuccessorKeepsItsIndexesWhenTheFormerOwnerGoes) {
  HostTable table;
  const HostRecord old = record_of(1);
  put(table, old);
  HostRecord retired = old;
  retired.life_cycle = LifeCycle::kRetired;
  put(table, retired);
  HostRecord successor = old;
  successor.uid.bytes.fill(2);
  put(table, successor);
  put(table, retired);
  EXPECT_EQ(table.find_by_ek(old.ek_sha256)->record->uid, successor.uid);
  table.remove(old.uid);
  EXPECT_EQ(table.find_by_name(old.name)->record->uid, successor.uid);
  EXPECT_EQ(table.find_by_ek(old.ek_sha256)->record->uid, successor.uid);
  EXPECT_TRUE(table.admits(old.curve_key));
}

TEST(HostTable, RemovesAllOfAHost) {
  HostTable table;
  const HostRecord record = record_of(1, LifeCycle::kPending);
  put(table, record);
  table.remove(record.uid);
  table.remove(record.uid);
  EXPECT_EQ(table.size(), 0U);
  EXPECT_EQ(table.pending_count(), 0U);
  EXPECT_THAT(table.pending(), IsEmpty());
  EXPECT_FALSE(table.find_by_key(record.curve_key));
}

TEST(HostTable, ListsByNameInPages) {
  HostTable table;
  for (std::uint8_t i = 1; i <= 9; ++i) {
    put(table, record_of(i));
  }
  put(table, record_of(10, LifeCycle::kRetired));
  std::vector<std::string> names;
  std::string after;
  for (auto page = table.list(after, 4); !page.empty(); page = table.list(after, 4)) {
    for (const Host& host : page) {
      names.push_back(host.record->name);
    }
    after = names.back();
  }
  EXPECT_EQ(names.size(), 9U);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
}

TEST(HostTable, ListsThoseThatEndedApart) {
  HostTable table;
  for (const auto& [number, life_cycle] :
       {std::pair{1, LifeCycle::kActive}, std::pair{4, LifeCycle::kRetired},
        std::pair{3, LifeCycle::kDenied}, std::pair{2, LifeCycle::kPending}}) {
    put(table, record_of(static_cast<std::uint8_t>(number), life_cycle));
  }
  const std::vector<Host> ended = table.ended(10);
  ASSERT_EQ(ended.size(), 2U);
  EXPECT_EQ(ended[0].record->name, "host-3");
  EXPECT_EQ(ended[1].record->name, "host-4");
  EXPECT_EQ(table.ended(1).size(), 1U);
}

TEST(HostTableStress, ReadersSeeWholeHostsWhileOneThreadWrites) {
  HostTable table;
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        for (std::uint8_t number = 1; number <= 20; ++number) {
          CurveKey key{};
          key.fill(number);
          if (const auto host = table.find_by_key(key)) {
            torn += host->record->curve_key == key && host->state ? 0 : 1;
          }
          (void)table.admits(key);
        }
        torn += table.list({}, 100).size() <= 20 ? 0 : 1;
        torn += table.pending().size() <= 20 ? 0 : 1;
        std::this_thread::yield();  // the lock prefers readers
      }
    });
  }
  for (int round = 0; round < 100; ++round) {
    for (std::uint8_t number = 1; number <= 20; ++number) {
      const auto life_cycle = static_cast<LifeCycle>((round + number) % 5);
      put(table, record_of(number, life_cycle));
      auto state = std::make_shared<HostState>();
      state->host.bytes.fill(number);
      table.put_state(std::move(state));
      if (round % 7 == 0) {
        table.remove(record_of(number).uid);
      }
    }
  }
  done = true;
  readers.clear();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace quotemill
