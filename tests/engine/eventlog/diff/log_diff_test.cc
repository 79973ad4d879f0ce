#include "engine/eventlog/diff/log_diff.h"

#include <random>

#include <gtest/gtest.h>

#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/diff/align.h"
#include "engine/eventlog/event_type.h"
#include "tests/engine/eventlog/decode/event_bytes.h"
#include "tests/support/fixture_logs.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using testing::signature_list;
using testing::variable_data;

struct Item {
  std::uint32_t pcr;
  std::string text;
};

// A log of actions.
class Log {
 public:
  explicit Log(const std::vector<Item>& items) {
    BootLogWriter writer(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
    for (const Item& item : items) {
      writer.event(item.pcr, event_type::kEfiAction, as_bytes(item.text), as_bytes(item.text));
    }
    read(writer);
  }

  explicit Log(const BootLogWriter& writer) { read(writer); }

  [[nodiscard]] const BootLog& log() const { return log_; }

 private:
  void read(const BootLogWriter& writer) {
    bytes_ = to_bytes(writer.bytes());
    log_ = read_boot_log(bytes_).log;
  }

  Bytes bytes_;
  BootLog log_;
};

std::vector<std::string> words(const Log& before, const Log& after) {
  const LogDiff diff = diff_boot_logs(before.log(), after.log());
  std::vector<std::string> lines;
  for (const LogDifference& difference : diff.differences) {
    lines.push_back(std::string(name_of(difference.change)) + " " +
                    words_of(difference, diff.bank));
  }
  return lines;
}

TEST(LogDiff, EqualLogsDoNotDiffer) {
  const Log log({{4, "a"}, {4, "b"}});
  EXPECT_TRUE(words(log, log).empty());
  EXPECT_EQ(diff_boot_logs(log.log(), log.log()).same, 3U) << "the header, too";
}

TEST(LogDiff, AnInsertedEventDoesNotMakeAllThatFollowDiffer) {
  const Log before({{4, "a"}, {4, "b"}, {4, "c"}, {5, "d"}});
  const Log after({{4, "a"}, {4, "new"}, {4, "b"}, {4, "c"}, {5, "d"}});
  const auto lines = words(before, after);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].rfind("added PCR 4, event 2: EV_EFI_ACTION (new) with digest sha256:", 0), 0U)
      << lines[0];
}

TEST(LogDiff, AChangedEventIsOneDifference) {
  const auto lines = words(Log({{4, "a"}, {4, "b"}}), Log({{4, "a"}, {4, "x"}}));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].rfind("changed PCR 4, event 2: EV_EFI_ACTION (b) became EV_EFI_ACTION (x)", 0),
            0U)
      << lines[0];
}

TEST(LogDiff, PcrsInterleavedInAnotherOrderAreTheSame) {
  EXPECT_TRUE(words(Log({{4, "a"}, {5, "b"}}), Log({{5, "b"}, {4, "a"}})).empty());
}

TEST(LogDiff, AnotherOrderWithinAPcrIsAMove) {
  const auto lines = words(Log({{4, "a"}, {4, "b"}}), Log({{4, "b"}, {4, "a"}}));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].rfind("moved", 0), 0U) << lines[0];
}

TEST(LogDiff, TheSameDigestShownOtherwiseIsARelabelling) {
  BootLogWriter before(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  before.event(4, event_type::kEfiAction, as_bytes("x"), as_bytes("shown"));
  BootLogWriter after(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
  after.event(4, event_type::kEfiAction, as_bytes("x"), as_bytes("other"));
  const auto lines = words(Log(before), Log(after));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_EQ(lines[0].rfind("relabelled", 0), 0U) << lines[0];
}

TEST(LogDiff, AKeyDatabaseSaysHowManyEntriesChanged) {
  const auto log = [](std::size_t entries) {
    Bytes value;
    for (std::size_t i = 0; i < entries; ++i) {
      const Bytes list =
          signature_list(guids::kCertSha256, Bytes(32, static_cast<std::uint8_t>(i)));
      value.insert(value.end(), list.begin(), list.end());
    }
    const Bytes data = variable_data(guids::kImageSecurityDatabase, "dbx", value);
    BootLogWriter writer(BootLogFormat::kCryptoAgile, {HashAlgorithm::kSha256});
    writer.event(7, event_type::kEfiVariableDriverConfig, data, data);
    return Log(writer);
  };
  const auto lines = words(log(2), log(5));
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NE(lines[0].find("(dbx), 3 entries added, 0 removed: digest"), std::string::npos)
      << lines[0];
}

TEST(LogDiff, LogsWithoutACommonBankAreComparedByWhatTheyShow) {
  BootLogWriter sha1(BootLogFormat::kSha1, {HashAlgorithm::kSha1});
  sha1.event(4, event_type::kEfiAction, as_bytes("x"), as_bytes("x"));
  const Log after({{4, "x"}});
  const LogDiff diff = diff_boot_logs(Log(sha1).log(), after.log());
  EXPECT_FALSE(diff.bank);
  EXPECT_EQ(diff.same, 1U);
}

std::size_t longest_common(const std::vector<Bytes>& a, const std::vector<Bytes>& b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) {
      table[i + 1][j + 1] =
          a[i] == b[j] ? table[i][j] + 1 : std::max(table[i][j + 1], table[i + 1][j]);
    }
  }
  return table[a.size()][b.size()];
}

std::vector<Bytes> random_sequence(std::mt19937& random) {
  std::vector<Bytes> out(random() % 12);
  for (Bytes& each : out) {
    each = Bytes(1, static_cast<std::uint8_t>(random() % 4));
  }
  return out;
}

TEST(Align, IsShortestAndKeepsBothOrders) {
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    const std::vector<Bytes> a = random_sequence(random);
    const std::vector<Bytes> b = random_sequence(random);
    const std::vector<ByteView> before(a.begin(), a.end());
    const std::vector<ByteView> after(b.begin(), b.end());
    std::size_t next_before = 0;
    std::size_t next_after = 0;
    std::size_t common = 0;
    for (const AlignedPair& pair : align(before, after, 100)) {
      if (pair.before) {
        ASSERT_EQ(*pair.before, next_before++);
      }
      if (pair.after) {
        ASSERT_EQ(*pair.after, next_after++);
      }
      if (pair.before && pair.after) {
        ASSERT_EQ(a[*pair.before], b[*pair.after]);
        ++common;
      }
    }
    ASSERT_EQ(next_before, a.size());
    ASSERT_EQ(next_after, b.size());
    ASSERT_EQ(common, longest_common(a, b));
  }
}

TEST(Align, TooManyEditsLeaveTheMiddleUnpaired) {
  const std::vector<Bytes> a = {{1}, {2}, {3}, {9}};
  const std::vector<Bytes> b = {{1}, {4}, {5}, {9}};
  const std::vector<ByteView> before(a.begin(), a.end());
  const std::vector<ByteView> after(b.begin(), b.end());
  const auto pairs = align(before, after, 2);
  ASSERT_EQ(pairs.size(), 6U);
  EXPECT_TRUE(pairs.front().before && pairs.front().after);
  EXPECT_TRUE(pairs.back().before && pairs.back().after);
}

TEST(LogDiffHostile, LogsWithNothingInCommonTakeNoQuadraticTime) {
  const auto log = [](char prefix) {
    std::vector<Item> items;
    for (int i = 0; i < 20'000; ++i) {
      items.push_back({4, prefix + std::to_string(i)});
    }
    return Log(items);
  };
  const LogDiff diff = diff_boot_logs(log('a').log(), log('b').log());
  EXPECT_EQ(diff.same, 1U);
  EXPECT_EQ(diff.differences.size(), 20'000U);
}

TEST(LogDiffFixtures, AFirmwareUpdateIsToldByTheEventsThatChanged) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const std::string folder = "derived/immune-gmbh+guard-oss/";
  const Bytes first = testing::boot_log_bytes(folder + "test-before/eventlog.bin");
  const Bytes second = testing::boot_log_bytes(folder + "test-update/eventlog.bin");
  const BootLog before = read_boot_log(first).log;
  const BootLog after = read_boot_log(second).log;
  const LogDiff diff = diff_boot_logs(before, after);
  EXPECT_GT(diff.same, 80U);
  EXPECT_FALSE(diff.differences.empty());
  EXPECT_LT(diff.differences.size(), 40U);
}

}  // namespace
}  // namespace quotemill
