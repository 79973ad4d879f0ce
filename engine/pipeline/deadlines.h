// Deadlines: when which host turns stale if nothing is heard of it. Used by the commit thread
// alone.
//
// Nearly every deadline is replaced by a later one before it comes. So a host is sorted in once,
// and again when that moment comes and has been put off: a host that goes on attesting is sorted
// once per deadline, not once per attestation. A million hosts have one: they are in a heap, where
// those of hosts that were cleared, or sorted in again, stay until their moment or until they are
// too many.
//
// A deadline is told with the validity that it comes from: when policies change that, the deadline
// moves by the difference, whatever else put it off.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/time.h"
#include "engine/evidence/host_map.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

class Deadlines {
 public:
  struct Term {
    BootTime at;
    std::int64_t validity_ms = 0;  // of the verdict, as it counts now

    friend bool operator==(const Term&, const Term&) = default;
  };

  struct Due {
    HostUid host;
    Term term;
  };

  // Room for so many hosts, at once.
  void reserve(std::size_t hosts);
  // Replaces the deadline that the host had.
  void set(const HostUid& host, const Term& term);
  void clear(const HostUid& host);

  // Has the memory fetched that the host's is in: of many hosts each look is a cache miss.
  void prefetch(const HostUid& host) const { by_host_.prefetch(host); }

  // nullopt if the host has none.
  [[nodiscard]] std::optional<Term> find(const HostUid& host) const;

  // All of them, by so much. Time linear in their number.
  void put_off(std::int64_t ms);

  // The hosts whose deadline is not after `now`, the earliest first; they are forgotten.
  std::vector<Due> take_due(BootTime now);

  // When to look again: no deadline is before it. Nothing if there is none.
  [[nodiscard]] std::optional<BootTime> next() const;

 private:
  struct Entry {
    Term term;
    BootTime sorted;  // where it is in heap_; never after `term.at`
  };

  using Sorted = std::pair<BootTime, HostUid>;

  void sort_in(BootTime at, const HostUid& host);
  void take_first();
  [[nodiscard]] bool is_left_over(const Sorted& sorted) const;

  std::vector<Sorted> heap_;  // the earliest in front, which is never left over
  HostMap<Entry> by_host_;
};

}  // namespace quotemill
