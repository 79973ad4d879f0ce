#include "engine/policy/selector.h"

#include <algorithm>

namespace quotemill {
namespace {

bool matches_any(const std::vector<std::string>& patterns, std::string_view text) {
  return patterns.empty() ||
         std::any_of(patterns.begin(), patterns.end(),
                     [text](const std::string& pattern) { return matches_pattern(pattern, text); });
}

}  // namespace

HostTraits traits_of(const HostRecord& record, const HostFacts& facts) {
  return {record.name, record.labels, facts, &record.uid};
}

bool HostSelector::matches_identity(const HostTraits& host) const {
  return matches_any(names, host.name) &&
         std::all_of(labels.begin(), labels.end(), [&host](const LabelPattern& wanted) {
           const auto label = host.labels.find(wanted.key);
           return label != host.labels.end() && matches_pattern(wanted.value, label->second);
         });
}

bool HostSelector::matches(const HostTraits& host) const {
  return matches_identity(host) && matches_any(os, host.facts.os_id) &&
         matches_any(vendor, host.facts.vendor) && matches_any(model, host.facts.model) &&
         matches_any(firmware, host.facts.firmware);
}

bool matches_pattern(std::string_view pattern, std::string_view text) {
  std::size_t at = 0;
  std::size_t in_pattern = 0;
  // Behind the last `*`, and where the text was then: a mismatch lets the star take one more.
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (at < text.size()) {
    const bool is_star = in_pattern < pattern.size() && pattern[in_pattern] == '*';
    if (is_star) {
      star = ++in_pattern;
      resume = at;
    } else if (in_pattern < pattern.size() &&
               (pattern[in_pattern] == '?' || pattern[in_pattern] == text[at])) {
      ++in_pattern;
      ++at;
    } else if (star != std::string_view::npos) {
      in_pattern = star;
      at = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', in_pattern) == std::string_view::npos;
}

}  // namespace quotemill
