#include "engine/baseline/validity.h"

#include <algorithm>

namespace quotemill {
namespace {

bool is_unbounded(const ReferenceValue& value) {
  return value.valid_from.ms == 0 && value.valid_until.ms == 0;
}

bool counts(const ReferenceValue& value, std::optional<WallTime> moment) {
  return moment ? value.is_valid_at(*moment) : is_unbounded(value);
}

void narrow(ValidityWindow& window, WallTime bound, WallTime moment) {
  if (bound.ms == 0) {
    return;
  }
  if (bound <= moment) {
    window.from = std::max(window.from, bound);
  } else {
    window.until = std::min(window.until, bound);
  }
}

std::shared_ptr<const Baseline> without_what_does_not_count(
    const std::shared_ptr<const Baseline>& baseline, std::optional<WallTime> moment) {
  const auto& values = baseline->values;
  if (std::all_of(values.begin(), values.end(),
                  [moment](const ReferenceValue& value) { return counts(value, moment); })) {
    return baseline;
  }
  auto copy = std::make_shared<Baseline>(*baseline);
  std::erase_if(copy->values,
                [moment](const ReferenceValue& value) { return !counts(value, moment); });
  return copy;
}

}  // namespace

ValidBaselines valid_at(const std::vector<std::shared_ptr<const Baseline>>& baselines,
                        std::optional<WallTime> moment) {
  ValidBaselines out;
  out.baselines.reserve(baselines.size());
  for (const auto& baseline : baselines) {
    if (baseline->is_retired()) {
      out.baselines.push_back(baseline);
      continue;
    }
    for (const ReferenceValue& value : baseline->values) {
      if (moment && !is_unbounded(value)) {
        narrow(out.window, value.valid_from, *moment);
        narrow(out.window, value.valid_until, *moment);
      }
    }
    out.baselines.push_back(without_what_does_not_count(baseline, moment));
  }
  return out;
}

}  // namespace quotemill
