// Bounds of the store that are its own; those that the engine knows are in engine/base/limits.h.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quotemill::limits {

// Of a host. Each is some 2 kB, and hosts decide how often they enrol anew.
inline constexpr std::uint32_t kFormerIdentitiesMax = 16;

inline constexpr std::size_t kStreamsMax = 64;  // of before; the oldest is forgotten

inline constexpr std::size_t kTellingsStep = 16'384;  // rows that are read under one lock

// What of a store of an older format is rewritten in one step.
inline constexpr std::size_t kMovedBytesAtOnce = std::size_t{1024} * 1024;

// RocksDB's own words.
inline constexpr std::uint64_t kDatabaseLogSizeMax = 8 * 1024 * 1024;  // twice of it on disk
inline constexpr std::size_t kDatabaseLogLineMax = 4'096;              // the rest is cut

}  // namespace quotemill::limits
