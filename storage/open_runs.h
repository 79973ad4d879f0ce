// OpenRuns: the runs that may still grow, one per host, and what of them is in the journal alone.
//
// Threads: changed and walked through by the commit thread alone; the reads that are marked may be
// made by any thread beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "engine/evidence/host_map.h"
#include "engine/ports/records.h"

namespace quotemill::storage {

class OpenRuns {
 public:
  struct Run {
    HistoryEntry history;                    // so far; its last appraisal is the host's newest one
    std::uint64_t stored = 0;                // the last sequence that its row has
    std::shared_ptr<const HostState> state;  // after the last one; null if rows say all of it
    // The journal record that must stay for it: that of the last appraisal, because an entry counts
    // its run from the beginning. 0 if rows say all of it.
    std::uint64_t pin = 0;
  };

  // --- Commit thread

  // A run, as long as it does not end.
  using Place = std::list<Run>::iterator;

  [[nodiscard]] std::optional<Place> place_of(const HostUid& host) const;

  // Has the memory fetched that a look for the host's run begins at.
  void prefetch(const HostUid& host) const { places_.prefetch(host); }

  // Borrowed until the run changes; null if there is none.
  [[nodiscard]] const Run* find(const HostUid& host) const;

  // Runs that the rows do not say all of, by pin, the oldest first.
  [[nodiscard]] const std::list<Run>& pending() const { return pending_; }

  // A run begins with this appraisal, which has a row, as its state has. The host's former one
  // ends.
  void begin(const HistoryEntry& first);

  // One more appraisal, which journal record `record` has; `record` never goes back.
  // REQUIRES: it continues the host's run
  void extend(const Reaffirmation& reaffirmation, std::uint64_t record);
  // The same, of the run at this place.
  void extend(Place place, const Reaffirmation& reaffirmation, std::uint64_t record);

  // The rows say all of it; it may go on growing.
  void settle(const HostUid& host);

  // Something else is written of the host.
  void end(const HostUid& host);

  // Of those that the rows say all of, `most` at most that are over (history_run.h): a host that
  // says nothing for an hour has none, as after a start. To be called again and again; of the
  // longest settled first, and none behind one that is not over.
  void forget_over(WallTime now, std::size_t most);

  // --- Any thread

  // The run of the host, if the rows do not say all of it.
  [[nodiscard]] std::optional<HistoryEntry> pending_history(const HostUid& host) const;

  // The states that the rows do not have yet.
  [[nodiscard]] std::unordered_map<HostUid, std::shared_ptr<const HostState>> pending_states()
      const;

 private:
  std::list<Run>& list_of(const Run& run) { return run.pin == 0 ? settled_ : pending_; }

  mutable std::mutex mutex_;  // held for changes and for reads by others
  std::list<Run> pending_;
  std::list<Run> settled_;
  HostMap<Place> places_;
};

}  // namespace quotemill::storage
