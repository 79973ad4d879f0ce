#include "engine/eventlog/diff/log_diff.h"

#include <algorithm>
#include <array>
#include <map>

#include "engine/base/limits.h"
#include "engine/eventlog/diff/align.h"
#include "engine/eventlog/event_description.h"

namespace quotemill {
namespace {

using Events = std::vector<const BootEvent*>;

// One group for each PCR, and one for what is not measured.
constexpr std::size_t kUnmeasured = limits::kPcrCount;
using Groups = std::array<Events, limits::kPcrCount + 1>;

Groups grouped(const BootLog& log) {
  Groups groups;
  for (const BootEvent& event : log.events) {
    groups.at(event.is_measured() ? std::min<std::size_t>(event.pcr, kUnmeasured) : kUnmeasured)
        .push_back(&event);
  }
  return groups;
}

std::optional<HashAlgorithm> common_bank(const BootLog& before, const BootLog& after) {
  for (const HashAlgorithm bank :
       {HashAlgorithm::kSha256, HashAlgorithm::kSha384, HashAlgorithm::kSha512,
        HashAlgorithm::kSm3_256, HashAlgorithm::kSha1}) {
    if (before.has_bank(bank) && after.has_bank(bank)) {
      return bank;
    }
  }
  return std::nullopt;
}

// Removed events that wait for an added one of their kind.
class Twins {
 public:
  explicit Twins(const Events& events) : events_(events), taken_(events.size()) {
    for (std::size_t i = 0; i < events.size(); ++i) {
      by_words_.emplace(std::pair(events[i]->type, describe(*events[i])), i);
      by_type_.emplace(events[i]->type, i);
    }
  }

  // The first of the same type and the same words, or else of the same type; nullptr if none is
  // left.
  const BootEvent* take(const BootEvent& event) {
    const BootEvent* const twin = take_from(by_words_, std::pair(event.type, describe(event)));
    return twin != nullptr ? twin : take_from(by_type_, event.type);
  }

  [[nodiscard]] Events left() const {
    Events left;
    for (std::size_t i = 0; i < events_.size(); ++i) {
      if (!taken_[i]) {
        left.push_back(events_[i]);
      }
    }
    return left;
  }

 private:
  // Each entry is looked at once: those taken by the other map go on the way.
  template <class Map>
  const BootEvent* take_from(Map& map, const typename Map::key_type& key) {
    for (auto found = map.find(key); found != map.end(); found = map.find(key)) {
      const std::size_t index = found->second;
      map.erase(found);
      if (!taken_[index]) {
        taken_[index] = true;
        return events_[index];
      }
    }
    return nullptr;
  }

  const Events& events_;
  std::vector<bool> taken_;
  std::multimap<std::pair<std::uint32_t, std::string>, std::size_t> by_words_;
  std::multimap<std::uint32_t, std::size_t> by_type_;
};

class Differ {
 public:
  Differ(const BootLog& before, const BootLog& after) { diff_.bank = common_bank(before, after); }

  void add_group(const Events& before, const Events& after) {
    const std::vector<ByteView> before_keys = keys_of(before);
    const std::vector<ByteView> after_keys = keys_of(after);
    Events removed;
    Events added;
    for (const AlignedPair& pair : align(before_keys, after_keys, limits::kLogDiffEditsMax)) {
      if (pair.before && pair.after) {
        add_run(removed, added);
        add_same(*before[*pair.before], *after[*pair.after]);
      } else if (pair.before) {
        removed.push_back(before[*pair.before]);
      } else {
        added.push_back(after[*pair.after]);
      }
    }
    add_run(removed, added);
  }

  LogDiff finish() && {
    find_moved();
    const auto number = [](const BootEvent* event) { return event == nullptr ? 0 : event->number; };
    std::stable_sort(diff_.differences.begin(), diff_.differences.end(),
                     [&number](const LogDifference& left, const LogDifference& right) {
                       const auto place = [&number](const LogDifference& each) {
                         return each.after != nullptr ? number(each.after) : number(each.before);
                       };
                       return place(left) < place(right);
                     });
    return std::move(diff_);
  }

 private:
  // Events of another number of digests are compared by what they show.
  [[nodiscard]] ByteView key_of(const BootEvent& event) const {
    const ByteView digest = diff_.bank ? event.digest(*diff_.bank) : ByteView{};
    return event.is_measured() && !digest.empty() ? digest : event.data;
  }

  [[nodiscard]] std::vector<ByteView> keys_of(const Events& events) const {
    std::vector<ByteView> keys;
    keys.reserve(events.size());
    std::transform(events.begin(), events.end(), std::back_inserter(keys),
                   [this](const BootEvent* event) { return key_of(*event); });
    return keys;
  }

  void add(LogChange change, const BootEvent* before, const BootEvent* after) {
    diff_.differences.push_back({change, before, after});
  }

  // Data that is not what the digest is of may differ from boot to boot (an image's address): that
  // is no difference as long as it says the same.
  void add_same(const BootEvent& before, const BootEvent& after) {
    const bool same_words = equal(before.data, after.data) || describe(before) == describe(after);
    if (before.type != after.type || !same_words) {
      add(LogChange::kRelabelled, &before, &after);
    } else {
      ++diff_.same;
    }
  }

  // What stands between two events that are in both: pairs of one kind are one change each.
  void add_run(Events& removed, Events& added) {
    Twins twins(removed);
    for (const BootEvent* after : added) {
      const BootEvent* const before = twins.take(*after);
      add(before == nullptr ? LogChange::kAdded : LogChange::kChanged, before, after);
    }
    for (const BootEvent* before : twins.left()) {
      add(LogChange::kRemoved, before, nullptr);
    }
    removed.clear();
    added.clear();
  }

  // A removed and an added event with the same digest in the same PCR.
  void find_moved() {
    std::multimap<std::pair<std::uint32_t, std::string_view>, std::size_t> removed;
    for (std::size_t i = 0; i < diff_.differences.size(); ++i) {
      const LogDifference& difference = diff_.differences[i];
      if (difference.change == LogChange::kRemoved) {
        removed.emplace(place_key(*difference.before), i);
      }
    }
    std::vector<bool> gone(diff_.differences.size());
    for (LogDifference& difference : diff_.differences) {
      const auto found = difference.change == LogChange::kAdded
                             ? removed.find(place_key(*difference.after))
                             : removed.end();
      if (found != removed.end()) {
        difference.change = LogChange::kMoved;
        difference.before = diff_.differences[found->second].before;
        gone[found->second] = true;
        removed.erase(found);
      }
    }
    std::size_t index = 0;
    std::erase_if(diff_.differences, [&](const LogDifference&) { return gone[index++]; });
  }

  [[nodiscard]] std::pair<std::uint32_t, std::string_view> place_key(const BootEvent& event) const {
    return {event.pcr, as_text(key_of(event))};
  }

  LogDiff diff_;
};

}  // namespace

std::string_view name_of(LogChange change) {
  switch (change) {
    case LogChange::kRemoved:
      return "removed";
    case LogChange::kAdded:
      return "added";
    case LogChange::kChanged:
      return "changed";
    case LogChange::kMoved:
      return "moved";
    case LogChange::kRelabelled:
      return "relabelled";
  }
  return "changed";
}

LogDiff diff_boot_logs(const BootLog& before, const BootLog& after) {
  Differ differ(before, after);
  const Groups first = grouped(before);
  const Groups second = grouped(after);
  for (std::size_t i = 0; i < first.size(); ++i) {
    differ.add_group(first.at(i), second.at(i));
  }
  return std::move(differ).finish();
}

}  // namespace quotemill
