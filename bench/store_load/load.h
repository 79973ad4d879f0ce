// Load: a store that is given the verdicts of a large fleet to which nothing happens, in commits of
// 256 as the commit stage makes them, and what that costs.
//
// Verdicts are real ones of a few hundred machines (bench/storage/verdict_batches.h), under as many
// names as there are hosts. They are made beside the commits, by another thread.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "storage/rocks_store.h"

namespace quotemill::bench {

struct LoadShape {
  unsigned hosts = 0;
  std::int64_t every_ms = 0;  // of store time, between two verdicts on a host
};

// What was given and what it cost, without the first verdict on each host.
struct LoadCost {
  std::uint64_t verdicts = 0;
  std::uint64_t last_sequence = 0;  // that every host came to at least
  double elapsed_s = 0;             // on the clock, from the first commit to the last
  double commit_s = 0;              // of it: in commits, until durable
  std::uint64_t given_bytes = 0;    // the records, as rows of their own would have them
  std::uint64_t written_bytes = 0;  // that the process handed to write(2)
};

// Gives each host its first verdict, then one after another to all of them, until `seconds` have
// passed or each host has come to `sequences`. The store is left open.
Result<LoadCost> load(storage::RocksStore& store, const LoadShape& shape, double seconds,
                      std::uint64_t sequences);

// Whether each host's last verdict is there: its sequence or one beyond.
Result<bool> is_all_there(const storage::RocksStore& store, const LoadShape& shape,
                          std::uint64_t sequence);

}  // namespace quotemill::bench
