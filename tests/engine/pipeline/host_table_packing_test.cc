// That a table that packs states tells what one that keeps them as they are tells.
#include <algorithm>
#include <random>

#include <gmock/gmock.h>

#include "engine/crypto/hash.h"
#include "engine/pipeline/host_index.h"
#include "engine/pipeline/host_table.h"
#include "storage/records.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kHosts = 40;

std::shared_ptr<const HostRecord> record_of(std::uint32_t number, LifeCycle life_cycle) {
  HostRecord record;
  record.uid.bytes.fill(static_cast<std::uint8_t>(number));
  record.name = "host-" + std::to_string(number);
  record.life_cycle = life_cycle;
  record.ek_sha256 = "ek-" + std::to_string(number);
  record.ak_public = {static_cast<std::uint8_t>(number)};
  record.curve_key.fill(static_cast<std::uint8_t>(number));
  record.labels["rack"] = std::to_string(number % 2);
  if (number % 11 == 0) {
    record.ek_public.resize(70'000);  // that does not pack
  }
  return std::make_shared<const HostRecord>(std::move(record));
}

HostState state_of(std::uint32_t number, std::uint64_t sequence) {
  HostState state;
  state.host.bytes.fill(static_cast<std::uint8_t>(number));
  state.sequence = sequence;
  state.state = static_cast<TrustState>(sequence % 5);
  state.verdict.state = state.state;
  state.verdict.valid_until = {static_cast<std::int64_t>(sequence)};
  state.facts.model = "model " + std::to_string(number % 3);
  state.evidence = hash(HashAlgorithm::kSha256, as_bytes(std::to_string(sequence)));
  if (sequence % 4 != 0) {
    state.counters.emplace().received = {static_cast<std::int64_t>(sequence)};
  }
  if (sequence % 3 != 0) {
    auto proof = std::make_shared<BootProof>();
    proof->log = state.evidence;
    state.proof = std::move(proof);
  }
  if (sequence % 7 == 0) {
    state.evidence = Digest(HashAlgorithm::kSha384);  // that does not pack
  }
  return state;
}

std::string text_of(const std::optional<Host>& host) {
  return host ? storage::encode_host(*host->record) + storage::encode_state(*host->state) : "none";
}

std::string glances_of(const HostTable& table, const std::string& after) {
  std::string out;
  table.glance(after, [&](const HostGlance& host) {
    out += host.record().name + std::string(name_of(host.state)) +
           std::string(name_of(host.life_cycle)) + host.facts.model +
           std::to_string(host.valid_until.ms) + "," +
           std::to_string(host.received.value_or(WallTime{-1}).ms) +
           (host.proven_log ? host.proven_log->hex() : "unproven") + "\n";
    return true;
  });
  return out;
}

void expect_same(const HostTable& packing, const HostTable& plain) {
  EXPECT_EQ(packing.size(), plain.size());
  EXPECT_EQ(packing.counts(), plain.counts());
  EXPECT_EQ(glances_of(packing, {}), glances_of(plain, {}));
  EXPECT_EQ(glances_of(packing, "host-2"), glances_of(plain, "host-2"));
  for (std::uint32_t number = 0; number < kHosts; ++number) {
    const auto record = record_of(number, LifeCycle::kActive);
    EXPECT_EQ(text_of(packing.find(record->uid)), text_of(plain.find(record->uid)));
    EXPECT_EQ(text_of(packing.find_by_key(record->curve_key)),
              text_of(plain.find_by_key(record->curve_key)));
    EXPECT_EQ(text_of(packing.find_by_ek(record->ek_sha256)),
              text_of(plain.find_by_ek(record->ek_sha256)));
    EXPECT_EQ(text_of(packing.find_by_ak(record->ak_public)),
              text_of(plain.find_by_ak(record->ak_public)));
  }
  const std::vector<Host> page = packing.list({}, kHosts);
  const std::vector<Host> plain_page = plain.list({}, kHosts);
  ASSERT_EQ(page.size(), plain_page.size());
  for (std::size_t i = 0; i < page.size(); ++i) {
    EXPECT_EQ(text_of(page[i]), text_of(plain_page[i]));
  }
}

void happens(std::mt19937_64& random, std::uint64_t sequence, HostTable& table) {
  const auto number = static_cast<std::uint32_t>(random() % kHosts);
  const std::uint64_t what = random() % 10;
  if (what < 6) {
    table.put_state(std::make_shared<const HostState>(state_of(number, sequence)));
  } else if (what < 8) {
    table.put(record_of(number, static_cast<LifeCycle>(random() % 6)));
  } else if (what < 9) {
    table.put_stored({{record_of(number, LifeCycle::kActive), state_of(number, sequence)}});
  } else {
    table.remove(record_of(number, LifeCycle::kActive)->uid);
  }
}

TEST(HostTablePacking, TellsWhatATableTellsThatKeepsStatesAsTheyAre) {
  HostTable packing(3);
  HostTable plain;
  std::mt19937_64 random(7);
  std::mt19937_64 same(7);
  for (std::uint64_t sequence = 1; sequence <= 4'000; ++sequence) {
    happens(random, sequence, packing);
    happens(same, sequence, plain);
    if (sequence % 100 == 0) {
      expect_same(packing, plain);
    }
  }
}

TEST(HostTablePacking, FindsManyAtOnceAsOneByOne) {
  HostTable table(kHosts / 4);
  // More than are put at once; nobody's.
  std::vector<std::shared_ptr<const HostState>> states(
      100, std::make_shared<const HostState>(state_of(201, 1)));
  std::vector<HostUid> uids;
  for (std::uint32_t number = 1; number <= kHosts; ++number) {
    table.put(record_of(number, LifeCycle::kActive));
    states.push_back(std::make_shared<const HostState>(state_of(number, number)));
    uids.push_back(states.back()->host);
    uids.emplace_back().bytes.fill(200);  // nobody's
  }
  EXPECT_TRUE(HostTable().find_all(uids).back() == std::nullopt) << "of an empty table";
  states.push_back(std::make_shared<const HostState>(state_of(1, 9)));  // a second one
  table.put_states(states);
  const std::vector<std::optional<Host>> found = table.find_all(uids);
  ASSERT_EQ(found.size(), uids.size());
  for (std::size_t i = 0; i < uids.size(); ++i) {
    EXPECT_EQ(text_of(found[i]), text_of(table.find(uids[i]))) << i;
    const std::uint64_t sequence = i == 0 ? 9 : i / 2 + 1;
    ASSERT_EQ(found[i].has_value(), i % 2 == 0) << i;
    EXPECT_TRUE(!found[i] || found[i]->state->sequence == sequence) << i;
  }
}

TEST(HostTablePacking, APackedStateIsOfTheRevisionThatItWas) {
  HostTable table(1);
  table.put(record_of(1, LifeCycle::kActive));
  table.put(record_of(2, LifeCycle::kActive));
  table.put_state(std::make_shared<const HostState>(state_of(1, 1)));
  const Host before = *table.find_by_name("host-1");
  table.put_state(std::make_shared<const HostState>(state_of(2, 1)));
  const Host packed = *table.find_by_name("host-1");
  EXPECT_NE(packed.state, before.state) << "it is a copy";
  EXPECT_EQ(packed.revision, before.revision);
  table.put(record_of(1, LifeCycle::kMaintenance));
  EXPECT_EQ(table.find_by_name("host-1")->revision, before.revision) << "its state is the same";
}

TEST(HostTablePacking, AnEqualStateIsAnotherRevisionAllTheSame) {
  HostTable table;
  table.put(record_of(1, LifeCycle::kActive));
  const auto state = std::make_shared<const HostState>(state_of(1, 1));
  table.put_state(state);
  const std::uint64_t before = table.find_by_name("host-1")->revision;
  table.put_state(state);
  EXPECT_NE(table.find_by_name("host-1")->revision, before);
}

TEST(HostTablePacking, AHostThatComesAgainIsOfNoFormerRevision) {
  HostTable table;
  table.put(record_of(1, LifeCycle::kActive));
  const std::uint64_t before = table.find_by_name("host-1")->revision;
  table.remove(record_of(1, LifeCycle::kActive)->uid);
  table.put(record_of(1, LifeCycle::kActive));
  EXPECT_NE(table.find_by_name("host-1")->revision, before);
}

TEST(HostTablePacking, StoredHostsAreListedByNameInWhateverOrderTheyCame) {
  HostTable table;
  std::vector<std::string> names;
  std::mt19937_64 random(5);
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<StoredHost> some;
    for (int i = 0; i < 50; ++i) {
      HostRecord record = *record_of(1, LifeCycle::kActive);
      for (std::uint8_t& byte : record.uid.bytes) {
        byte = static_cast<std::uint8_t>(random());
      }
      std::copy_n(record.uid.bytes.begin(), 16, record.curve_key.begin());
      record.ek_sha256 = record.uid.hex();
      // Of one beginning, longer than what is compared first; and short ones.
      record.name = (random() % 2 == 0 ? "rack-of-the-northern-hall-" : "h") +
                    std::to_string(random() % 100'000);
      names.push_back(record.name);
      HostState state = state_of(1, 1);
      state.host = record.uid;
      some.push_back({std::make_shared<const HostRecord>(record),
                      random() % 5 == 0 ? std::nullopt : std::optional(state)});
    }
    table.put_stored(std::move(some));
    if (batch == 10) {
      EXPECT_TRUE(table.find_by_name(names.front())) << "sorted in once, and more to come";
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<std::string> listed;
  for (const Host& host : table.list({}, 2'000)) {
    listed.push_back(host.record->name);
    EXPECT_EQ(host.state->host, host.record->uid);
  }
  EXPECT_EQ(listed, names);
}

TEST(HostTablePacking, AGlanceEndsWhenItIsTold) {
  HostTable table;
  for (std::uint32_t number = 0; number < 3'000; ++number) {
    HostRecord record;
    record.uid.bytes[0] = static_cast<std::uint8_t>(number);
    record.uid.bytes[1] = static_cast<std::uint8_t>(number >> 8U);
    record.curve_key[0] = record.uid.bytes[0];
    record.curve_key[1] = record.uid.bytes[1];
    record.name = "host-" + std::to_string(number);
    record.life_cycle = LifeCycle::kActive;
    table.put(std::make_shared<const HostRecord>(record));
  }
  std::uint32_t seen = 0;
  table.glance({}, [&](const HostGlance&) { return ++seen < 5; });
  EXPECT_EQ(seen, 5U);
  seen = 0;
  table.glance({}, [&](const HostGlance&) { return ++seen != 0; });
  EXPECT_EQ(seen, 3'000U) << "over several pages";
}

// Numbers of the hosts that are packed.
std::vector<std::uint32_t> packed_in(const HostTable& table) {
  std::vector<std::uint32_t> numbers;
  for (const KeptHost& host : table.kept({}, kHosts)) {
    if (host.packed) {
      numbers.push_back(host.uid().bytes[0]);
    }
  }
  return numbers;
}

TEST(HostTablePacking, PacksWhatNothingWasWrittenOfForFiveMinutes) {
  HostTable table;
  const auto put = [&table](std::uint32_t number) {
    table.put_state(std::make_shared<const HostState>(state_of(number, 5)));
  };
  table.pack_idle({1'000});
  for (const std::uint32_t number : {1U, 2U, 3U}) {
    table.put(record_of(number, LifeCycle::kActive));
    put(number);
  }
  table.pack_idle({300'999});
  EXPECT_THAT(packed_in(table), ::testing::IsEmpty());
  put(2);
  const std::string before = text_of(table.find(record_of(1, LifeCycle::kActive)->uid));
  table.pack_idle({301'000});
  EXPECT_THAT(packed_in(table), ::testing::UnorderedElementsAre(1U, 3U));
  EXPECT_EQ(text_of(table.find(record_of(1, LifeCycle::kActive)->uid)), before);
  put(1);
  EXPECT_THAT(packed_in(table), ::testing::ElementsAre(3U)) << "it is there as it is again";
  table.pack_idle({1'000'000});
  EXPECT_THAT(packed_in(table), ::testing::UnorderedElementsAre(1U, 2U, 3U));
}

TEST(HostTablePacking, PacksAFewAtOnceSoThatNobodyWaits) {
  constexpr std::uint32_t kMany = 2'000;
  HostTable table;
  for (std::uint32_t number = 0; number < kMany; ++number) {
    HostRecord record = *record_of(1 + number % 7, LifeCycle::kActive);
    record.name = "host-" + std::to_string(number);
    record.uid.bytes[1] = static_cast<std::uint8_t>(number);
    record.uid.bytes[2] = static_cast<std::uint8_t>(number >> 8U);
    table.put(std::make_shared<const HostRecord>(record));
  }
  const auto packed = [&table] {
    const std::vector<KeptHost> all = table.kept({}, kMany);
    return std::count_if(all.begin(), all.end(), [](const KeptHost& host) { return host.packed; });
  };
  table.pack_idle({1'000'000});
  EXPECT_GT(packed(), 0);
  EXPECT_LT(packed(), kMany / 2);
  for (int i = 0; i < 10; ++i) {
    table.pack_idle({1'000'000});
  }
  EXPECT_EQ(packed(), kMany);
}

}  // namespace
}  // namespace quotemill
