#include "engine/pipeline/deadlines.h"

#include <algorithm>
#include <functional>

namespace quotemill {
namespace {

constexpr std::size_t kLeftOverAtLeast = 1'024;  // before they are looked for

}  // namespace

void Deadlines::reserve(std::size_t hosts) {
  heap_.reserve(hosts);
  by_host_.reserve(hosts);
}

void Deadlines::set(const HostUid& host, const Term& term) {
  const auto [entry, is_new] = by_host_.try_add(host, {term, term.at});
  entry->term = term;
  if (is_new || term.at < entry->sorted) {
    entry->sorted = term.at;
    sort_in(term.at, host);
  }
}

void Deadlines::clear(const HostUid& host) {
  by_host_.erase(host);
  while (!heap_.empty() && is_left_over(heap_.front())) {
    take_first();
  }
}

std::optional<Deadlines::Term> Deadlines::find(const HostUid& host) const {
  const Entry* const found = by_host_.find(host);
  return found == nullptr ? std::nullopt : std::optional(found->term);
}

void Deadlines::put_off(std::int64_t ms) {
  by_host_.visit([ms](Entry& entry) {
    entry.term.at.ms += ms;
    entry.sorted.ms += ms;
  });
  for (Sorted& sorted : heap_) {
    sorted.first.ms += ms;  // what was in order is
  }
}

std::vector<Deadlines::Due> Deadlines::take_due(BootTime now) {
  std::vector<Due> due;
  while (!heap_.empty() && (heap_.front().first <= now || is_left_over(heap_.front()))) {
    const Sorted first = heap_.front();
    take_first();
    if (is_left_over(first)) {
      continue;
    }
    Entry& entry = *by_host_.find(first.second);
    if (entry.term.at == entry.sorted) {
      due.push_back({first.second, entry.term});
      by_host_.erase(first.second);
    } else {
      entry.sorted = entry.term.at;
      sort_in(entry.term.at, first.second);
    }
  }
  return due;
}

std::optional<BootTime> Deadlines::next() const {
  return heap_.empty() ? std::nullopt : std::optional(heap_.front().first);
}

void Deadlines::sort_in(BootTime at, const HostUid& host) {
  heap_.emplace_back(at, host);
  if (heap_.size() > 2 * by_host_.size() + kLeftOverAtLeast) {
    std::erase_if(heap_, [this](const Sorted& sorted) { return is_left_over(sorted); });
    std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
  } else {
    std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
  }
}

void Deadlines::take_first() {
  std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
  heap_.pop_back();
}

bool Deadlines::is_left_over(const Sorted& sorted) const {
  const Entry* const found = by_host_.find(sorted.second);
  return found == nullptr || found->sorted != sorted.first;
}

}  // namespace quotemill
