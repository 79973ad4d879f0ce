// A sink's feed over a store in memory, whose daemon is killed and started again at will: what is
// owed outlives it in the cursor's file alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "storage/memory_store.h"
#include "tests/support/temp_folder.h"
#include "transport/sinks/sink_feed.h"

namespace quotemill::transport {

class RestartedFeed : public ::testing::Test {
 protected:
  static constexpr std::int64_t kBegin = 1'795'471'200'000;
  static constexpr std::int64_t kWindow = 60'000;
  static constexpr std::int64_t kSettled = kWindow + 2'000;  // what the last change may take

  RestartedFeed() { options_.cursor_path = folder_ / "test.cursor"; }

  SinkFeed& feed() {
    if (!feed_) {
      feed_ =
          std::make_unique<SinkFeed>(options_, SinkStore{store_, store_},
                                     [this](const std::string& text) { lost_.push_back(text); });
    }
    return *feed_;
  }

  // The daemon is killed; the next feed() is that of its next life.
  void crash() { feed_.reset(); }

  // Of both clocks, of which the wall's may have been set; the boot clock began anew with a restart
  // of the machine.
  [[nodiscard]] Moment at(std::int64_t later_ms) const {
    return {{kBegin + later_ms + wall_set_ms_}, {5'000'000 + later_ms}};
  }

  SinkBatch next(std::int64_t at_ms, std::size_t most = limits::kSinkBatchMax) {
    Result<SinkBatch> batch = feed().next(at(at_ms), most);
    EXPECT_TRUE(batch) << batch.error().to_string();
    return *std::move(batch);
  }

  testing::TempFolder folder_;
  storage::MemoryStore store_;
  SinkFeedOptions options_;
  std::vector<std::string> lost_;
  std::uint64_t last_ = 0;  // the newest change
  std::int64_t wall_set_ms_ = 0;

 private:
  std::unique_ptr<SinkFeed> feed_;
};

}  // namespace quotemill::transport
