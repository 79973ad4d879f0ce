// WaitingLine: when hosts that found the inbox full are to come again. Each is given a moment, its
// place in the line; places follow each other somewhat faster than verdicts are made, so that the
// inbox does not run empty when some do not come. So with many hosts in line the server does not
// spend itself on telling them to wait, and they do not come at one instant.
//
// The line is nothing but the moment of its last place: time shortens it, nobody is counted, and
// who never comes leaves nothing behind. A host has one place, however often it asks.
//
// Whose moment finds the inbox full again gets one that is nearer: half of the line, then a
// quarter, at least an eighth. In the long run BUSY is told as often as there are places, however
// many wait; more often only when to serve them all takes much longer than the most that is told.
//
// How fast verdicts are made is measured only while the pipeline has enough to do: at rest it makes
// as many as it is asked for, which says nothing.
//
// Pure: times are arguments. Not for sharing between threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "engine/base/time.h"

namespace quotemill::transport {

class WaitingLine {
 public:
  // One host's, in its session.
  struct Place {
    BootTime due;            // when it is to come again
    std::uint8_t times = 0;  // that it was put off, as far as that matters; 0: it is not in line

    [[nodiscard]] bool is_taken() const { return times != 0; }
  };

  // Nobody is told less than the first, or more than the second.
  // REQUIRES: 0 < retry_ms_min <= retry_ms_max
  WaitingLine(std::uint32_t retry_ms_min, std::uint32_t retry_ms_max);

  // A host finds the inbox full, with `in_flight` of others before the pipeline. After how many
  // milliseconds it is to come again; that is its place now, unless it came before its time: then
  // it keeps the one that it has.
  std::uint32_t put_off(Place& place, std::size_t in_flight, BootTime now);

  // The pipeline is through with `hosts`; `in_flight` are still before it.
  void note_answered(std::size_t hosts, std::size_t in_flight, BootTime now);

  // Hosts a second, as last measured; 0 if that is not known.
  [[nodiscard]] std::int64_t rate() const { return rate_; }

 private:
  // Since when the pipeline has had enough to do, and what came of it.
  struct Measure {
    BootTime since;
    std::size_t answered = 0;
  };

  [[nodiscard]] std::int64_t within(std::int64_t wait_ms) const;
  void note_full(std::size_t in_flight, BootTime now);
  void close(std::int64_t passed_ms);

  std::int64_t retry_ms_min_;
  std::int64_t retry_ms_max_;
  std::int64_t end_us_ = 0;  // the next place
  std::int64_t rate_ = 0;
  std::optional<Measure> measure_;
  std::size_t in_flight_when_full_ = 0;
  BootTime full_;  // when it last was
};

}  // namespace quotemill::transport
