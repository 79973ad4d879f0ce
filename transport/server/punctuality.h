// Punctuality: when what the server's thread reads came, as far as that can be told. Messages have
// no time of arrival but that at which they are read, and a thread that did not run for a while
// (starved of processor; its process, or the virtual machine, stopped) reads late what came in
// time.
//
// What is known: a socket that was found empty held nothing then. That counts only once the thread
// has been in time for kSettledMs, because after a pause libzmq's threads and the kernel still hold
// what they have to pass on. While the socket is never found empty, the answer stays what it was:
// how long a message waited cannot be told.
//
// Pure: times are arguments. Not for sharing between threads.
#pragma once

#include <cstdint>
#include <limits>

#include "engine/base/time.h"

namespace quotemill::transport {

// When something came.
struct Arrival {
  Moment read;
  // The earliest that it can have come: it may have waited since then.
  BootTime waiting_since;
  // How old something is that was issued before this cannot be told: its answer may have been sent
  // when nobody listened, or the wall clock, by which its age is known, was set since.
  BootTime measurable_from;

  // Of what was read as it came, by a thread that always was there.
  static Arrival in_time(Moment now) { return {now, now.boot, kEver}; }

 private:
  static constexpr BootTime kEver{std::numeric_limits<std::int64_t>::min()};
};

class Punctuality {
 public:
  // Longer than this between two looks at the time, and the thread was not in time.
  static constexpr std::int64_t kInTimeMs = 1'000;
  static constexpr std::int64_t kSettledMs = 1'000;
  // More than this in one go, and the wall clock was set.
  static constexpr std::int64_t kWallStepMs = 1'000;

  explicit Punctuality(Moment opened) : last_(opened) { note_opened(opened); }

  // The socket was opened, for the first time or again: nothing has waited in it, and what was sent
  // to the one before is lost, and will be sent again.
  void note_opened(Moment now);

  // The thread runs: once in each of its turns, at least.
  void note(Moment now);

  // It read something; when that came.
  Arrival note_read(Moment now);

  // It has found the socket empty since any of these.
  void note_empty();

 private:
  Moment last_;
  BootTime in_time_since_;
  BootTime empty_;
  BootTime measurable_from_;
};

}  // namespace quotemill::transport
