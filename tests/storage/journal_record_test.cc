#include "storage/journal_record.h"

#include <random>

#include <gtest/gtest.h>

#include "storage/records.h"
#include "tests/storage/sample_records.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

std::string record_of(const std::vector<Reaffirmation>& reaffirmations) {
  JournalRecordWriter writer;
  writer.begin(reaffirmations.size());
  for (const Reaffirmation& one : reaffirmations) {
    writer.add(one, {one.entry.sequence - 3, 2, 61'000});
  }
  return std::string(writer.view());
}

void expect_damaged(const std::string& value) {
  const auto read = decode_journal_record(77, value);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kStorage);
  EXPECT_NE(read.error().to_string().find("journal record: 77 "), std::string::npos)
      << read.error().to_string();
}

TEST(JournalRecord, GivesStateAndAppraisalAgainByteForByte) {
  const std::vector<Reaffirmation> written = {sample_reaffirmation(1, 8),
                                              sample_reaffirmation(2, 9)};
  const std::string value = record_of(written);
  const auto entries = decode_journal_record(77, value);
  ASSERT_TRUE(entries) << entries.error().to_string();
  ASSERT_EQ(entries->size(), 2U);
  for (std::size_t i = 0; i < 2; ++i) {
    const JournalEntry& entry = (*entries)[i];
    HostState state = sample_trusted_state(static_cast<std::uint8_t>(i + 1), 3);  // an older one
    apply(entry, state);
    EXPECT_EQ(encode_state(state), encode_state(*written[i].state));
    EXPECT_EQ(encode_appraisal(appraisal_of(entry, state)), encode_appraisal(written[i].entry));
    EXPECT_EQ(entry.run, (RunSoFar{written[i].entry.sequence - 3, 2, 61'000}));
    EXPECT_EQ(entry.generation, 3U);
  }
}

// A reaffirmation in which no two fields are the same.
Reaffirmation one_of_its_own() {
  HostState state = sample_trusted_state(1, 8);
  state.judged = {1'001};
  state.counters->clock.clock_ms = 1'002;
  state.counters->received = {1'003};
  state.nonce_issued = WallTime{1'004};
  state.nonce_deadline = {1'005};
  Reaffirmation one = {std::make_shared<const HostState>(state), sample_trusted_appraisal(1, 8)};
  one.entry.time = {1'006};
  one.entry.verdict.fresh_from = {1'007};
  one.entry.verdict.valid_until = {1'008};
  return one;
}

// As journal_record.h has it, written down here field by field.
TEST(JournalRecord, HasItsFieldsInTheirOrder) {
  const Reaffirmation one = one_of_its_own();
  JournalRecordWriter writer;
  writer.begin(1);
  writer.add(one, {5, 2, 1'009});
  ByteWriter expected;
  expected.u8(1).u32_le(1);
  expected.bytes(one.entry.host.view()).u32_le(one.entry.generation).u64_le(8);
  expected.u64_le(5).u64_le(2).u64_le(1'009);
  expected.u64_le(1'006).u64_le(1'001).u64_le(1'007).u64_le(1'008);
  expected.u8(7).u8(static_cast<std::uint8_t>(one.entry.nonce_kind));
  expected.u64_le(1'002).u64_le(1'003).u64_le(1'004).u64_le(1'005);
  expected.bytes(one.entry.nonce).bytes(one.state->evidence.view());
  expected.bytes(one.entry.boot_log.view());
  expected.sized32_le(one.state->receipt).sized32_le(one.entry.evidence_item);
  EXPECT_EQ(to_hex(as_bytes(writer.view())), to_hex(expected.view()));
}

TEST(JournalRecord, KeepsAbsentPartsAbsent) {
  HostState state = sample_trusted_state(1, 8);
  state.nonce_issued.reset();
  state.nonce_deadline = {};
  state.counters.reset();
  Reaffirmation bare = {std::make_shared<const HostState>(state), sample_trusted_appraisal(1, 8)};
  bare.entry.boot_log = Digest();
  const std::string value = record_of({bare});
  const auto entries = decode_journal_record(1, value);
  ASSERT_TRUE(entries) << entries.error().to_string();
  EXPECT_FALSE(entries->front().heartbeat);
  HostState read = state;
  read.nonce_issued = WallTime{1};
  apply(entries->front(), read);
  EXPECT_EQ(encode_state(read), encode_state(state));
  EXPECT_TRUE(appraisal_of(entries->front(), read).boot_log.is_filled_with(0));
}

TEST(JournalRecord, WritesOneAfterAnotherIntoTheSameMemory) {
  JournalRecordWriter writer;
  for (const std::uint64_t sequence : {5U, 6U}) {
    const Reaffirmation one = sample_reaffirmation(1, sequence);
    writer.begin(1);
    writer.add(one, {sequence, 0, 0});
    const auto entries = decode_journal_record(1, writer.view());
    ASSERT_TRUE(entries);
    EXPECT_EQ(entries->front().sequence, sequence);
  }
}

TEST(JournalRecord, IsDamagedWhereverItIsCut) {
  const std::string value = record_of({sample_reaffirmation(1, 8), sample_reaffirmation(2, 9)});
  for (std::size_t size = 1; size < value.size(); ++size) {
    expect_damaged(value.substr(0, size));
  }
  expect_damaged("");
  expect_damaged(value + "x");
}

TEST(JournalRecord, DamageAnywhereIsNeverACrash) {
  const std::string good = record_of({sample_reaffirmation(1, 8), sample_reaffirmation(2, 9)});
  std::mt19937 random(20261124);
  for (int round = 0; round < 20'000; ++round) {
    std::string value = good;
    for (unsigned flips = 1 + random() % 4; flips > 0; --flips) {
      value[random() % value.size()] = static_cast<char>(random());
    }
    const auto read = decode_journal_record(1, value);
    if (!read) {
      continue;  // most fields have no wrong values
    }
    for (const JournalEntry& entry : *read) {
      ASSERT_LE(entry.receipt.size() + entry.evidence_item.size(), value.size());
      HostState state;
      apply(entry, state);
      ASSERT_EQ(appraisal_of(entry, state).sequence, entry.sequence);
    }
  }
}

TEST(JournalRecord, IsDamagedIfAFieldIsOutOfRange) {
  const std::string good = record_of({sample_reaffirmation(1, 8)});
  const auto with = [&](std::size_t at, char byte) {
    std::string value = good;
    value[at] = byte;
    return value;
  };
  ASSERT_TRUE(decode_journal_record(77, good));
  expect_damaged(with(4, 1));          // 16 million entries more
  expect_damaged(with(5 + 35, 1));     // the run begins behind its end
  expect_damaged(with(5 + 84, 0x0F));  // an unknown flag
  expect_damaged(with(5 + 85, 0x02));  // an unknown kind of nonce
}

TEST(JournalRecord, NamesANewerVersion) {
  std::string value = record_of({sample_reaffirmation(1, 8)});
  value[0] = 2;
  const auto read = decode_journal_record(77, value);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::kUnsupported);
  EXPECT_NE(read.error().to_string().find("77 has record version 2, written by a newer Quotemill"),
            std::string::npos)
      << read.error().to_string();
}

// storage/README.md quotes this size.
TEST(JournalRecord, SizeIsAsTheReadmeSays) {
  Reaffirmation one = sample_reaffirmation(1, 1000);
  const std::size_t empty = record_of({}).size();
  HostState state = *one.state;
  state.receipt = Bytes(180, 1);
  one.state = std::make_shared<const HostState>(state);
  const std::size_t size = record_of({one}).size() - empty;
  std::printf("journal entry %zu, of it evidence %zu and receipt 180\n", size,
              one.entry.evidence_item.size());
  EXPECT_LT(size, one.entry.evidence_item.size() + 180 + 240);
}

}  // namespace
}  // namespace quotemill::storage
