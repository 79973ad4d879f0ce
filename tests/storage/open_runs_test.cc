#include "storage/open_runs.h"

#include <array>
#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include "tests/storage/sample_records.h"

namespace quotemill::storage {
namespace {

using namespace quotemill::testing;  // NOLINT(google-build-using-namespace)

std::vector<std::uint64_t> pins(const OpenRuns& runs) {
  std::vector<std::uint64_t> out;
  for (const OpenRuns::Run& run : runs.pending()) {
    out.push_back(run.pin);
  }
  return out;
}

using Pins = std::vector<std::uint64_t>;

TEST(OpenRuns, PinsTheRecordOfTheNewestAppraisal) {
  OpenRuns runs;
  for (const std::uint8_t host : std::array<std::uint8_t, 3>{1, 2, 3}) {
    runs.begin(sample_trusted_appraisal(host, 1));
  }
  EXPECT_EQ(pins(runs), (Pins{})) << "the rows say all of it";
  runs.extend(sample_reaffirmation(1, 2), 10);
  runs.extend(sample_reaffirmation(2, 2), 11);
  runs.extend(sample_reaffirmation(1, 3), 12);
  EXPECT_EQ(pins(runs), (Pins{11, 12}));
  runs.settle(sample_uid(2));
  EXPECT_EQ(pins(runs), (Pins{12}));
  runs.extend(sample_reaffirmation(2, 3), 13);
  EXPECT_EQ(pins(runs), (Pins{12, 13}));
  EXPECT_EQ(runs.find(sample_uid(2))->history.count(), 3U);
  EXPECT_EQ(runs.find(sample_uid(2))->stored, 2U);
  EXPECT_EQ(runs.find(sample_uid(1))->stored, 1U);
}

TEST(OpenRuns, ANewRunTakesThePlaceOfTheFormer) {
  OpenRuns runs;
  runs.begin(sample_trusted_appraisal(1, 1));
  runs.extend(sample_reaffirmation(1, 2), 10);
  runs.begin(sample_trusted_appraisal(1, 3));
  EXPECT_EQ(pins(runs), (Pins{}));
  EXPECT_EQ(runs.find(sample_uid(1))->history.count(), 1U);
  EXPECT_EQ(runs.find(sample_uid(1))->stored, 3U);
  runs.extend(sample_reaffirmation(1, 4), 11);
  EXPECT_EQ(runs.find(sample_uid(1))->history.first_sequence(), 3U);
}

TEST(OpenRuns, ShowsOnlyWhatRowsDoNotSay) {
  OpenRuns runs;
  runs.begin(sample_trusted_appraisal(1, 1));
  EXPECT_FALSE(runs.pending_history(sample_uid(1)));
  runs.extend(sample_reaffirmation(1, 2), 10);
  EXPECT_EQ(runs.pending_history(sample_uid(1))->sequence, 2U);
  EXPECT_EQ(runs.pending_states().at(sample_uid(1))->sequence, 2U);
  runs.settle(sample_uid(1));
  EXPECT_FALSE(runs.pending_history(sample_uid(1)));
  EXPECT_TRUE(runs.pending_states().empty());
  EXPECT_NE(runs.find(sample_uid(1)), nullptr);
  runs.end(sample_uid(1));
  EXPECT_EQ(runs.find(sample_uid(1)), nullptr);
  runs.end(sample_uid(1));
  runs.settle(sample_uid(1));
}

// The rows say all of it, and no appraisal belongs to it any more.
TEST(OpenRuns, ForgetsRunsThatAreOverButNoneThatOnlyTheJournalHas) {
  OpenRuns runs;
  for (const std::uint8_t host : std::array<std::uint8_t, 4>{1, 2, 3, 4}) {
    runs.begin(sample_trusted_appraisal(host, 1));
  }
  runs.extend(sample_reaffirmation(2, 2), 10);
  runs.begin(sample_trusted_appraisal(4, 2));
  runs.forget_over(sample_time(60), 10);
  EXPECT_NE(runs.find(sample_uid(1)), nullptr) << "a minute of the hour is left";
  runs.forget_over(sample_time(61), 1);
  EXPECT_EQ(runs.find(sample_uid(1)), nullptr);
  EXPECT_NE(runs.find(sample_uid(3)), nullptr) << "one at a time";
  runs.forget_over(sample_time(61), 10);
  EXPECT_EQ(runs.find(sample_uid(3)), nullptr);
  EXPECT_NE(runs.find(sample_uid(4)), nullptr) << "it began a minute later";
  EXPECT_EQ(pins(runs), (Pins{10}));
  runs.forget_over(sample_time(500), 10);
  EXPECT_EQ(pins(runs), (Pins{10}));
  EXPECT_EQ(runs.find(sample_uid(2))->history.count(), 2U);
  runs.settle(sample_uid(2));
  runs.forget_over(sample_time(500), 10);
  EXPECT_EQ(runs.find(sample_uid(2)), nullptr);
}

TEST(OpenRuns, IsReadWhileTheCommitThreadGoesOn) {
  OpenRuns runs;
  std::atomic<bool> is_over = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!is_over) {
        const auto history = runs.pending_history(sample_uid(1));
        if (history) {
          EXPECT_EQ(history->evidence_item,
                    sample_trusted_appraisal(1, history->sequence).evidence_item);
        }
        for (const auto& [host, state] : runs.pending_states()) {
          EXPECT_EQ(state->host, host);
        }
      }
    });
  }
  for (std::uint64_t sequence = 2; sequence < 600; ++sequence) {
    for (const std::uint8_t host : std::array<std::uint8_t, 3>{1, 2, 3}) {
      if (runs.find(sample_uid(host)) == nullptr) {
        runs.begin(sample_trusted_appraisal(host, sequence));
      } else {
        runs.extend(sample_reaffirmation(host, sequence), sequence);
      }
      if ((sequence + host) % 7 == 0) {
        runs.settle(sample_uid(host));
      }
      if ((sequence + host) % 50 == 0) {
        runs.end(sample_uid(host));
      }
    }
  }
  is_over = true;
  for (std::thread& reader : readers) {
    reader.join();
  }
}

}  // namespace
}  // namespace quotemill::storage
