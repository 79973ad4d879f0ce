#include "transport/server/waiting_line.h"

#include <algorithm>

namespace quotemill::transport {
namespace {

// So many places for so many verdicts: some of those who come again do so in vain. Better so than
// idle, when others do not come or verdicts are made faster.
constexpr std::int64_t kPlaces = 4;
constexpr std::int64_t kVerdicts = 3;
// A host is put off for a part of the line, halved each time, so many times at most.
constexpr std::uint8_t kHalvedMax = 3;
// So many times the longest wait; then it begins again in its middle.
constexpr std::int64_t kLineMax = 4;
// How long a measure takes; the first one, and one at the end of a load, no longer than it must.
constexpr std::int64_t kMeasuredMs = 500;
constexpr std::int64_t kMeasuredMsMin = 100;
// What was measured so long before says nothing of the load that begins.
constexpr std::int64_t kForgottenMs = 60'000;

}  // namespace

WaitingLine::WaitingLine(std::uint32_t retry_ms_min, std::uint32_t retry_ms_max)
    : retry_ms_min_(retry_ms_min), retry_ms_max_(retry_ms_max) {}

std::uint32_t WaitingLine::put_off(Place& place, std::size_t in_flight, BootTime now) {
  note_full(in_flight, now);
  if (place.is_taken() && now < place.due) {
    return static_cast<std::uint32_t>(std::max(place.due.ms - now.ms, retry_ms_min_));
  }
  const std::int64_t soonest_us = (now.ms + retry_ms_min_) * 1'000;
  const std::int64_t line_us_max = (retry_ms_max_ - retry_ms_min_) * kLineMax * 1'000;
  if (end_us_ > soonest_us + line_us_max) {
    end_us_ = soonest_us + line_us_max / 2;
  }
  end_us_ = std::max(end_us_, soonest_us);
  const std::int64_t line_ms = (end_us_ - soonest_us) / 1'000;
  if (rate_ != 0) {
    end_us_ += 1'000'000 * kVerdicts / (kPlaces * rate_);
  }
  const std::int64_t wait_ms = within(retry_ms_min_ + (line_ms >> place.times));
  place.due.ms = now.ms + wait_ms;
  place.times = static_cast<std::uint8_t>(std::min<int>(place.times + 1, kHalvedMax));
  return static_cast<std::uint32_t>(wait_ms);
}

// Who would wait longer than the most is spread over the second half of that.
std::int64_t WaitingLine::within(std::int64_t wait_ms) const {
  if (wait_ms <= retry_ms_max_) {
    return wait_ms;
  }
  const std::int64_t middle_ms = (retry_ms_min_ + retry_ms_max_) / 2;
  return middle_ms + (wait_ms - middle_ms) % (retry_ms_max_ - middle_ms + 1);
}

void WaitingLine::note_full(std::size_t in_flight, BootTime now) {
  if (now.ms - full_.ms > kForgottenMs) {
    rate_ = 0;
    measure_.reset();
  }
  full_ = now;
  in_flight_when_full_ = in_flight;
  if (!measure_) {
    measure_ = Measure{now};
  }
}

// With half of what filled the inbox before it, the pipeline was never idle.
void WaitingLine::note_answered(std::size_t hosts, std::size_t in_flight, BootTime now) {
  if (!measure_) {
    return;
  }
  measure_->answered += hosts;
  const std::int64_t passed_ms = now.ms - measure_->since.ms;
  const bool is_over = in_flight == 0 || in_flight < in_flight_when_full_ / 2;
  const bool is_enough =
      passed_ms >= (is_over || rate_ == 0 ? kMeasuredMsMin : kMeasuredMs) && measure_->answered > 0;
  if (is_enough) {
    close(passed_ms);
  }
  if (is_over) {
    measure_.reset();
  } else if (is_enough) {
    measure_ = Measure{now};
  }
}

void WaitingLine::close(std::int64_t passed_ms) {
  const std::int64_t measured =
      std::max<std::int64_t>(1, static_cast<std::int64_t>(measure_->answered) * 1'000 / passed_ms);
  // Halfway, so that one stall does not send all away for long.
  rate_ = rate_ == 0 ? measured : (rate_ + measured + 1) / 2;
}

}  // namespace quotemill::transport
