// Tally: what a run counted, of one process or of all, and how it is told.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/simulator/histogram.h"
#include "bench/simulator/plan.h"
#include "engine/base/result.h"
#include "transport/render/json.h"

namespace quotemill::bench {

struct Tally {
  std::uint64_t hosts = 0;
  double seconds = 0;     // of the measured time
  double daemon_cpu = 0;  // seconds of the daemon's processor time within it; 0: not looked at
  std::uint64_t attestations = 0;  // receipts that came within it
  std::uint64_t trusted = 0;       // of these
  std::uint64_t failed = 0;        // of these
  std::uint64_t interactive = 0;   // of these: answers to a CHALLENGE
  std::uint64_t logs_sent = 0;
  std::uint64_t signed_live = 0;  // within the measured time; the others were signed before
  std::uint64_t replays_refused = 0;
  std::uint64_t asked_again = 0;      // evidence that the daemon kept waiting: EXPIRED, no verdict
  std::uint64_t receipts_again = 0;   // for evidence that was sent many times
  std::uint64_t flood_messages = 0;   // evidence sent again by floods
  std::uint64_t unread_messages = 0;  // and by slow readers
  std::uint64_t storm_connections = 0;
  std::uint64_t busy = 0;
  std::uint64_t silences = 0;    // no answer for ten seconds
  std::uint64_t late = 0;        // open loop: the host was still waiting when its time came
  std::uint64_t unanswered = 0;  // at the end
  std::uint64_t bytes_sent = 0;  // of frames, before CURVE
  std::uint64_t bytes_received = 0;
  std::uint64_t wrong_verdicts = 0;
  std::vector<std::string> wrong;               // some of them, told
  std::map<std::string, std::uint64_t> errors;  // by code: those that were not expected
  std::array<std::uint64_t, kActionCount> actions{};
  Histogram latency;       // from sending evidence (open loop: from when it was due) to its receipt
  Histogram busy_latency;  // from sending evidence to BUSY
  Histogram receipts_per_host;  // within the measured time

  void add_wrong(const std::string& what);
  void merge(const Tally& other);
};

// The report, one object.
transport::Json render_tally(const Tally& tally);

// The same with everything that another process needs to merge it.
transport::Json encode_tally(const Tally& tally);
// kMalformed: not a tally.
Result<Tally> decode_tally(const transport::Json& json);

}  // namespace quotemill::bench
