// Bounds of rollouts.
#pragma once

#include <cstddef>
#include <cstdint>

namespace quotemill::limits {

inline constexpr std::size_t kRolloutHostsMax = 1'000'000;  // of one cohort
inline constexpr std::size_t kRolloutWavesMax = 64;
inline constexpr std::size_t kRolloutsLiveMax = 16;  // each is looked through for every verdict
inline constexpr std::size_t kRolloutsMax = 1'024;   // that are kept, ended ones too
inline constexpr std::int64_t kRolloutMsMax = 366LL * 24 * 3600 * 1000;
inline constexpr std::size_t kRolloutSamplesMax = 256;  // counts over time

}  // namespace quotemill::limits
