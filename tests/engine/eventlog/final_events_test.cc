#include "engine/eventlog/final_events.h"

#include <functional>

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/base/limits.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/replay.h"
#include "tests/engine/eventlog/log_bytes.h"

namespace quotemill {
namespace {

using testing::kBanks;

// A log with one event per character.
Bytes log_of(std::string_view texts) {
  BootLogWriter log(BootLogFormat::kCryptoAgile, kBanks);
  for (const char& text : texts) {
    log.event(5, event_type::kEfiAction, as_bytes({&text, 1}), as_bytes({&text, 1}));
  }
  return to_bytes(log.bytes());
}

Bytes table_of(std::uint64_t version, std::uint64_t count, ByteView events) {
  ByteWriter table;
  return table.u64_le(version).u64_le(count).bytes(events).take();
}

Bytes table_of(std::string_view texts) {
  const std::size_t header_size = log_of("").size();
  const Bytes log = log_of(texts);
  return table_of(1, texts.size(), ByteView(log).subspan(header_size));
}

void expect_joined(std::string_view log, std::string_view table, std::string_view expected,
                   std::size_t overlap) {
  const Result<JoinedLog> joined = join_final_events(log_of(log), table_of(table));
  ASSERT_TRUE(joined) << log << " " << table;
  EXPECT_EQ(joined->log, log_of(expected)) << log << " " << table;
  EXPECT_EQ(joined->overlap, overlap) << log << " " << table;
  EXPECT_EQ(joined->appended, expected.size() - log.size()) << log << " " << table;
}

TEST(FinalEvents, AreAppendedWhereNothingOverlaps) {
  expect_joined("abc", "de", "abcde", 0);
  expect_joined("abc", "", "abc", 0);
  expect_joined("", "ab", "ab", 0);
  expect_joined("abc", "b", "abcb", 0);
}

TEST(FinalEvents, ThatStandInTheLogAreLeftOut) {
  expect_joined("abc", "bcd", "abcd", 2);
  expect_joined("abc", "c", "abc", 1);
  expect_joined("abc", "abc", "abc", 3);
  expect_joined("bc", "abc", "bcabc", 0);
}

TEST(FinalEvents, TheOverlapIsAsLongAsItCanBe) {
  expect_joined("aaa", "aaaa", "aaaa", 3);
  expect_joined("xabab", "ababc", "xababc", 4);
  expect_joined("xababx", "abab", "xababxabab", 0);
  expect_joined("aabaaab", "aabaaac", "aabaaabaaac", 3);
}

TEST(FinalEvents, EveryShortPairOfLogAndTableIsJoinedAsTheDefinitionSays) {
  const auto texts = [](std::size_t number) {
    std::string text;
    for (; number > 1; number /= 2) {
      text += number % 2 == 0 ? 'a' : 'b';
    }
    return text;
  };
  for (std::size_t i = 1; i < 64; ++i) {
    for (std::size_t j = 1; j < 32; ++j) {
      const std::string log = texts(i);
      const std::string table = texts(j);
      std::size_t overlap = std::min(log.size(), table.size());
      while (!log.ends_with(table.substr(0, overlap))) {
        --overlap;
      }
      expect_joined(log, table, log + table.substr(overlap), overlap);
    }
  }
}

TEST(FinalEvents, AreReplayedBehindTheLog) {
  const Result<JoinedLog> joined = join_final_events(log_of("abc"), table_of("cd"));
  ASSERT_TRUE(joined);
  const Bytes whole = log_of("abcd");
  EXPECT_EQ(replay(read_boot_log(joined->log).log, HashAlgorithm::kSha256),
            replay(read_boot_log(whole).log, HashAlgorithm::kSha256));
}

TEST(FinalEvents, PaddingOfTheLogAndOfTheTableIsDropped) {
  Bytes log = log_of("ab");
  log.resize(log.size() + 100, 0xFF);
  Bytes table = table_of("bc");
  table.resize(table.size() + 100, 0x00);
  const Result<JoinedLog> joined = join_final_events(log, table);
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->log, log_of("abc"));
}

TEST(FinalEvents, AHeaderWithItsVendorsInformationBehindItStaysWhole) {
  Bytes data = testing::spec_id_data(kBanks);
  data.back() = 4;
  Bytes log = testing::header_event(data);
  log.insert(log.end(), {0xDE, 0xAD, 0xBE, 0xEF});
  const Result<JoinedLog> joined = join_final_events(log, table_of("ab"));
  ASSERT_TRUE(joined);
  EXPECT_EQ(joined->appended, 2U);
  EXPECT_FALSE(read_boot_log(joined->log).broken);
}

TEST(FinalEventsHostile, CountsThatLieAreRefused) {
  const Bytes log = log_of("abc");
  const Bytes good = table_of("cd");
  const ByteView events = ByteView(good).subspan(16);
  EXPECT_TRUE(join_final_events(log, table_of(1, 2, events)));
  for (const std::uint64_t count :
       {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{0xFFFFFFFF},
        std::uint64_t{0xFFFFFFFFFFFFFFFF}, std::uint64_t{limits::kLogEventsMax} + 1}) {
    EXPECT_FALSE(join_final_events(log, table_of(1, count, events))) << count;
  }
}

TEST(FinalEventsHostile, ATableThatIsCutAnywhereIsRefused) {
  const Bytes log = log_of("abc");
  const Bytes table = table_of("cd");
  for (std::size_t size = 0; size < table.size(); ++size) {
    EXPECT_FALSE(join_final_events(log, ByteView(table).first(size))) << size;
  }
}

TEST(FinalEventsHostile, AnEventOf4GBIsRefused) {
  ByteWriter events;
  events.u32_le(7).u32_le(event_type::kSeparator).u32_le(1).u16_le(0x000B).bytes(Bytes(32, 1));
  events.u32_le(0xFFFFFFFF).bytes(Bytes(10, 1));
  EXPECT_FALSE(join_final_events(log_of("a"), table_of(1, 1, events.view())));
}

TEST(FinalEventsHostile, AlgorithmsThatTheLogDoesNotListAreRefused) {
  for (const std::uint16_t algorithm : {std::uint16_t{0x000C}, std::uint16_t{0x1234}}) {
    ByteWriter events;
    events.u32_le(7).u32_le(event_type::kSeparator).u32_le(1).u16_le(algorithm);
    events.bytes(Bytes(48, 1)).sized32_le(Bytes(4));
    EXPECT_FALSE(join_final_events(log_of("a"), table_of(1, 1, events.view())));
  }
}

TEST(FinalEventsHostile, OtherVersionsAndLogsThatCannotBeContinuedAreRefused) {
  const Bytes good = table_of("a");
  const ByteView events = ByteView(good).subspan(16);
  EXPECT_FALSE(join_final_events(log_of("a"), table_of(0, 1, events)));
  EXPECT_FALSE(join_final_events(log_of("a"), table_of(2, 1, events)));
  EXPECT_FALSE(join_final_events({}, good));
  Bytes broken = log_of("abc");
  broken.resize(broken.size() - 1);
  EXPECT_FALSE(join_final_events(broken, good));
  BootLogWriter sha1(BootLogFormat::kSha1, {HashAlgorithm::kSha1});
  sha1.event(5, event_type::kEfiAction, as_bytes("a"), as_bytes("a"));
  const Result<JoinedLog> joined = join_final_events(sha1.bytes(), good);
  ASSERT_FALSE(joined);
  EXPECT_EQ(joined.error().code, ErrorCode::kUnsupported);
}

// What is left of a log of these events.
std::optional<Bytes> once(const std::string& events) {
  return without_repeated_events(log_of(events));
}

TEST(RepeatedEvents, AreLeftOutOnceTheLongestRunOfThem) {
  EXPECT_EQ(once("abcdcde"), log_of("abcde"));
  EXPECT_EQ(once("abccd"), log_of("abcd"));
  EXPECT_EQ(once("abab"), log_of("ab"));
  EXPECT_EQ(once("xxabcabc"), log_of("xxabc")) << "not what firmware measures twice by itself";
  EXPECT_EQ(once("abcacd"), std::nullopt) << "not one behind the other";
  EXPECT_EQ(once("abc"), std::nullopt);
  EXPECT_EQ(once(""), std::nullopt);
}

TEST(RepeatedEvents, NothingIsGuessedOfLogsThatAreBrokenOrTooLong) {
  Bytes broken = log_of("abab");
  broken.resize(broken.size() - 1);
  EXPECT_EQ(without_repeated_events(broken), std::nullopt);
  EXPECT_EQ(once(std::string(kRepeatedEventsMax + 1, 'a')), std::nullopt);
  EXPECT_TRUE(once(std::string(kRepeatedEventsMax - 1, 'a')));
}

TEST(FinalEventsHostile, ManyEventsThatAreAlmostTheSameTakeLinearTime) {
  const std::string log(30'000, 'a');
  const std::string table = std::string(15'000, 'a') + 'b';
  expect_joined(log, table, log + 'b', 15'000);
}

}  // namespace
}  // namespace quotemill
