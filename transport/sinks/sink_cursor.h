// SinkCursor: how far a sink has got in the change stream, in a file of its own, so that it is
// there after a restart. It moves behind what was delivered: after a crash the last events come
// again.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"

namespace quotemill::transport {

struct SinkPosition {
  std::string stream_id;
  std::uint64_t next = 1;      // sequence of the first change that it does not have
  std::uint64_t next_act = 1;  // number of the first act (engine/identity/audit_trail.h)
  // Of groups that were not told (cause_groups.h): the sequences of their first changes, ascending.
  std::vector<std::uint64_t> groups = {};
  // The first change of the window in which repeats are held back (flap_damper.h); 0: there is
  // none.
  std::uint64_t flaps = 0;

  // The first change that whoever goes on from here has to read.
  [[nodiscard]] std::uint64_t needed() const {
    const std::uint64_t first = flaps == 0 ? next : std::min(flaps, next);
    return groups.empty() ? first : std::min(groups.front(), first);
  }

  friend bool operator==(const SinkPosition&, const SinkPosition&) = default;
};

// nullopt if there is none yet; kStorage if the file is not one of ours.
Result<std::optional<SinkPosition>> read_position(const std::string& path);
// Durable when it returns.
Result<void> write_position(const std::string& path, const SinkPosition& position);

// The file of a cursor that lags: a place is kept once what is before it was delivered so long ago.
// For receivers that confirm nothing: after a crash they get again what they may not have read. By
// the boot clock: nobody can set it. One thread.
class LaggingCursor {
 public:
  LaggingCursor(std::string path, std::chrono::milliseconds lag)
      : path_(std::move(path)), lag_(lag) {}

  // It is here, and the file says so, or there is none yet. What was delivered behind it does not
  // count any more.
  void begin(const SinkPosition& position) {
    kept_ = position;
    delivered_.clear();
  }

  // All before `position` is delivered, now.
  Result<void> move(const SinkPosition& position, BootTime now);

  // Writes the last place that is old enough, if it is not written. What could not be written is
  // tried again with the next call.
  Result<void> keep(BootTime now);

  // What the file says.
  [[nodiscard]] const SinkPosition& kept() const { return kept_; }

 private:
  struct Delivered {
    BootTime when;
    SinkPosition position;
  };

  const std::string path_;
  const std::chrono::milliseconds lag_;
  SinkPosition kept_;
  std::deque<Delivered> delivered_;  // one for each second at most
};

}  // namespace quotemill::transport
