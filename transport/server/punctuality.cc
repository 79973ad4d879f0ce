#include "transport/server/punctuality.h"

#include <cstdlib>
#include <utility>

namespace quotemill::transport {

void Punctuality::note_opened(Moment now) {
  note(now);
  in_time_since_ = now.boot;
  empty_ = now.boot;
  measurable_from_ = now.boot;
}

void Punctuality::note(Moment now) {
  const Moment last = std::exchange(last_, now);
  const std::int64_t passed_ms = now.boot.ms - last.boot.ms;
  if (passed_ms > kInTimeMs) {
    in_time_since_ = now.boot;
  }
  if (std::abs(now.wall.ms - last.wall.ms - passed_ms) > kWallStepMs) {
    measurable_from_ = now.boot;
  }
}

// The clock may have been set since the last turn.
Arrival Punctuality::note_read(Moment now) {
  note(now);
  return {now, empty_, measurable_from_};
}

void Punctuality::note_empty() {
  if (last_.boot.ms - in_time_since_.ms >= kSettledMs) {
    empty_ = last_.boot;
  }
}

}  // namespace quotemill::transport
