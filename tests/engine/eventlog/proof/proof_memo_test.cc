#include "engine/eventlog/proof/proof_memo.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/proof/proven_log.h"
#include "tests/engine/eventlog/log_mutator.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::LogMutator;

const std::vector<HashAlgorithm> kBanks = {HashAlgorithm::kSha1, HashAlgorithm::kSha256};

bool are_same(const EventProof& left, const EventProof& right) {
  return left.proof == right.proof && left.hashed == right.hashed &&
         left.problem == right.problem && left.quirk == right.quirk;
}

// Both ways.
void expect_same(ProofMemo& memo, const BootEvent& event, HashAlgorithm bank) {
  ASSERT_TRUE(are_same(memo.prove(event, bank), prove(event, bank)))
      << "event " << event.number << " in " << name_of(bank);
}

void expect_same(ProofMemo& memo, const BootLog& log) {
  for (const HashAlgorithm bank : kBanks) {
    const ProvenLog remembered(log, bank, 0xFFFFFF, &memo);
    const ProvenLog plain(log, bank, 0xFFFFFF);
    for (std::size_t i = 0; i < log.events.size(); ++i) {
      ASSERT_TRUE(are_same(remembered.proof(i), plain.proof(i))) << "event " << i;
      ASSERT_TRUE(are_same(remembered.proof_in(log.events[i], kBanks[0]),
                           plain.proof_in(log.events[i], kBanks[0])));
    }
  }
}

// One event of each kind that is proven in a way of its own.
Bytes log_of_all_kinds() {
  BootLogWriter log(BootLogFormat::kCryptoAgile, kBanks);
  log.startup_locality(3);
  log.event(0, event_type::kSCrtmVersion, as_bytes("1.0"), as_bytes("1.0"));
  log.event(4, event_type::kEfiAction, as_bytes("Calling"), as_bytes("Calling"));
  log.event(4, event_type::kEfiBootServicesApplication, as_bytes("image"), as_bytes("path"));
  log.event(8, event_type::kIpl, as_bytes("ls"), as_bytes(std::string_view("grub_cmd: ls\0", 13)));
  log.event(9, event_type::kIpl, as_bytes("file"), as_bytes("/boot/vmlinuz"));
  log.event(7, event_type::kEfiVariableAuthority, as_bytes("db"), as_bytes("dbx"));
  log.event(7, 0x1234, as_bytes("what"), as_bytes("what"));
  log.event(7, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0));
  return to_bytes(log.bytes());
}

TEST(ProofMemo, SaysWhatProvingSaysAndRemembersIt) {
  const Bytes bytes = log_of_all_kinds();
  const BootLog log = read_boot_log(bytes).log;
  ProofMemo memo;
  for (int round = 0; round < 3; ++round) {
    for (const BootEvent& event : log.events) {
      expect_same(memo, event, HashAlgorithm::kSha256);
    }
  }
  EXPECT_EQ(memo.misses(), 8U) << "header and locality are never measured";
  EXPECT_EQ(memo.hits(), 16U);
}

// Whoever chooses events can aim at a place: everything that an answer depends on must count.
TEST(ProofMemo, IsNotMisledByEventsThatDifferInOneThing) {
  const Bytes bytes = log_of_all_kinds();
  const BootLog log = read_boot_log(bytes).log;
  for (const BootEvent& event : log.events) {
    ProofMemo memo(1);  // one place for all
    expect_same(memo, event, HashAlgorithm::kSha256);
    BootEvent other = event;
    for (other.pcr = 0; other.pcr < limits::kPcrCount; ++other.pcr) {
      expect_same(memo, event, HashAlgorithm::kSha256);
      expect_same(memo, other, HashAlgorithm::kSha256);
    }
    other = event;
    for (const BootEvent& labelled : log.events) {
      other.type = labelled.type;
      expect_same(memo, event, HashAlgorithm::kSha256);
      expect_same(memo, other, HashAlgorithm::kSha256);
      expect_same(memo, other, HashAlgorithm::kSha1);
    }
    Bytes data = to_bytes(event.data);
    for (std::size_t i = 0; i < data.size(); ++i) {
      data[i] ^= 0x10U;
      other = event;
      other.data = data;
      expect_same(memo, event, HashAlgorithm::kSha256);
      expect_same(memo, other, HashAlgorithm::kSha256);
      other.data = event.data.first(i);
      expect_same(memo, other, HashAlgorithm::kSha256);
      data[i] ^= 0x10U;
    }
    Bytes digests = to_bytes(event.digests);
    for (std::uint8_t& byte : digests) {
      byte ^= 0x10U;
      other = event;
      other.digests = digests;
      expect_same(memo, event, HashAlgorithm::kSha256);
      expect_same(memo, other, HashAlgorithm::kSha256);
      byte ^= 0x10U;
    }
  }
}

// A place that nobody filled yet says nothing.
TEST(ProofMemo, KnowsNothingAtFirst) {
  const Bytes zeros(32, 0);
  BootEvent event;  // all zeros, and no data
  event.digests = zeros;
  event.digest_at[bank_index(HashAlgorithm::kSha256)] = 0;
  ProofMemo memo(1);
  expect_same(memo, event, HashAlgorithm::kSha256);
  EXPECT_EQ(memo.hits(), 0U);
}

// The same digest, whatever its algorithm: what one bank proves is nothing of another.
TEST(ProofMemo, KeepsBanksApart) {
  const Bytes data = to_bytes(as_bytes("Calling"));
  const Digest sha256 = hash(HashAlgorithm::kSha256, data);
  BootEvent event;
  event.pcr = 4;
  event.type = event_type::kEfiAction;
  event.data = data;
  event.digests = sha256.view();
  event.digest_at[bank_index(HashAlgorithm::kSha256)] = 0;
  event.digest_at[bank_index(HashAlgorithm::kSm3_256)] = 0;
  ProofMemo memo(1);
  expect_same(memo, event, HashAlgorithm::kSha256);
  expect_same(memo, event, HashAlgorithm::kSm3_256);
  expect_same(memo, event, HashAlgorithm::kSha256);
}

TEST(ProofMemo, KeepsNoMoreThanItsBoundAndGoesOnBehindIt) {
  constexpr std::size_t kBound = 10'000;
  ProofMemo memo(256, kBound);
  std::mt19937 random(20'261'127);
  std::size_t most = 0;
  for (int i = 0; i < 2'000; ++i) {
    const Bytes data(random() % (i % 50 == 0 ? 2 * kBound : 200), static_cast<std::uint8_t>(i));
    BootLogWriter writer(BootLogFormat::kCryptoAgile, kBanks);
    writer.event(4, event_type::kEfiAction, data, data);
    const Bytes bytes = to_bytes(writer.bytes());
    const BootLog log = read_boot_log(bytes).log;
    expect_same(memo, log.events.back(), HashAlgorithm::kSha256);
    expect_same(memo, log.events.back(), HashAlgorithm::kSha256);
    ASSERT_LE(memo.bytes(), kBound);
    most = std::max(most, memo.bytes());
  }
  EXPECT_GT(most, kBound / 2);
  EXPECT_GT(memo.hits(), 1'800U) << "it learns again";
}

// What machines send, damaged anywhere, in turn with what is right: one memo for all of them.
TEST(ProofMemo, SaysTheSameOfDamagedLogs) {
  std::vector<Bytes> logs = {log_of_all_kinds()};
  for (const char* const name :
       {"qemu/sb-on/eventlog.bin", "tuples/t41-immune-r340/eventlog.bin"}) {
    logs.push_back(testing::read_file(testing::fixtures() / name));
  }
  ProofMemo memo(512);
  for (const Bytes& log : logs) {
    for (unsigned seed = 0; seed < 150; ++seed) {
      LogMutator mutator(seed);
      const Bytes faulty =
          mutator.with_fault(mutator.below(3) == 0 ? log : mutator.with_fault(log));
      expect_same(memo, read_boot_log(faulty).log);
      expect_same(memo, read_boot_log(log).log);
    }
  }
  EXPECT_GT(memo.hits(), memo.misses());
}

}  // namespace
}  // namespace quotemill
