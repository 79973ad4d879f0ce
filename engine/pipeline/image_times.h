// ImageTimes: when a host last attested to each image of ESXi.
//
// A host attests to the image that its boot is proven to be of by the very quote that came; what a
// quote leaves open (another boot, a log that is withheld, counters that go back) moves nothing,
// and neither does being judged again.
//
// All of it is in memory and exact. The store follows it by a minute at most: no image is written
// more often than that, so that a kill may leave a time that is so much too early, and none that is
// too late.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/pipeline/judge.h"
#include "engine/ports/image_time_log.h"

namespace quotemill {

// The image that the judgement's own quote proves, and when that came; nullopt if it proves none.
std::optional<ImageTime> image_attested_to(const Judgement& judgement);

class ImageTimes {
 public:
  // Borrows the log. `kept`: what it has.
  ImageTimes(ImageTimeLog& log, const std::vector<ImageTime>& kept);

  // nullopt: no host ever did. Any thread.
  [[nodiscard]] std::optional<WallTime> last(const Digest& image) const;

  // --- The commit thread's own

  // Of evidence that is durable.
  void note(const ImageTime& time);
  // Has what is due kept. What the store refuses is tried again a minute later.
  Result<void> keep(BootTime now);
  // Has everything kept, at the end.
  Result<void> keep_all();

 private:
  static constexpr std::int64_t kKeepMs = 60'000;

  struct Entry {
    WallTime last;
    WallTime kept;
  };

  Result<void> write();

  ImageTimeLog& log_;
  mutable std::mutex mutex_;
  std::map<Digest, Entry> entries_;  // as many as there are images
  // The commit thread's own.
  bool is_behind_ = false;  // the store is
  std::optional<BootTime> wrote_;
};

}  // namespace quotemill
