// StoreKeeper: what the store needs beside its use, now and then, on a thread of its own: history
// grows older, and boot logs that nothing rests on any more are looked for.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "engine/ports/clock.h"
#include "storage/rocks_store.h"

namespace quotemill::daemon {

class StoreKeeper {
 public:
  // Told what was found, or what went wrong.
  using Report = std::function<void(bool is_bad, const std::string& text)>;

  // Store and clock are borrowed. The first look is one hour after the start, the next ones
  // `look_every_ms` after the one before ended.
  StoreKeeper(storage::RocksStore& store, const Clock& clock, std::int64_t look_every_ms,
              Report report);
  StoreKeeper(const StoreKeeper&) = delete;
  StoreKeeper& operator=(const StoreKeeper&) = delete;
  // Waits for a look that is under way.
  ~StoreKeeper();

 private:
  void run();
  void look();

  storage::RocksStore& store_;
  const Clock& clock_;
  const std::int64_t look_every_ms_;
  const Report report_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool is_over_ = false;
  std::thread thread_;
};

}  // namespace quotemill::daemon
