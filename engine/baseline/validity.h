// The validity of reference values: what of imported baselines counts at a moment. A value counts
// from `valid_from` on and before `valid_until`; outside of that it is as if it were not there,
// whatever it is used for.
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "engine/baseline/baseline.h"

namespace quotemill {

// From when until when the same values count.
struct ValidityWindow {
  WallTime from{std::numeric_limits<std::int64_t>::min()};
  WallTime until{std::numeric_limits<std::int64_t>::max()};  // not in it any more

  [[nodiscard]] bool is_bounded() const { return *this != ValidityWindow{}; }

  [[nodiscard]] bool has(WallTime moment) const { return from <= moment && moment < until; }

  friend bool operator==(const ValidityWindow&, const ValidityWindow&) = default;
};

struct ValidBaselines {
  // In the order of those given: themselves, or copies without what does not count. A baseline of
  // which nothing counts stays, empty, so that no older version stands in for it.
  std::vector<std::shared_ptr<const Baseline>> baselines;
  ValidityWindow window;
};

// Retired baselines are passed on as they are. Without a moment only values count that have no
// bounds.
ValidBaselines valid_at(const std::vector<std::shared_ptr<const Baseline>>& baselines,
                        std::optional<WallTime> moment);

}  // namespace quotemill
