#include "transport/sinks/cause_groups.h"

#include <algorithm>
#include <utility>

#include "engine/base/text.h"
#include "engine/ports/streams.h"
#include "transport/siem/event_words.h"
#include "transport/sinks/limits.h"

namespace quotemill::transport {
namespace {

// Changes with the same text have one cause: they came to one state under one policy, by one code
// about one PCR and one digest.
std::string cause_of(const Change& change) {
  const Finding* reason = worst_reason(change);
  std::string cause =
      std::string(name_of(change.current)) + "|" + change.policy_id + "|" + code_of(change);
  if (reason != nullptr && reason->pcr) {
    cause += "|" + std::to_string(*reason->pcr);
  }
  if (reason != nullptr && reason->digest) {
    cause += "|" + reason->digest->hex();
  }
  return cause;
}

// As long as a change says them.
std::string policy_name_of(const Change& change) {
  return shortened(printable(change.policy_id), limits::kEventNameSizeMax);
}

std::string words_of(const Finding& reason) {
  return shortened(printable(message_of(reason)), limits::kEventSentenceSizeMax);
}

NoticeLevel level_of(TrustState state) {
  const bool is_bad = state == TrustState::kWarning || state == TrustState::kStale;
  return state == TrustState::kFailed ? NoticeLevel::kError
         : is_bad                     ? NoticeLevel::kWarning
                                      : NoticeLevel::kInfo;
}

}  // namespace

template <class Predicate>
void CauseGroups::end_groups(Predicate is_over) {
  for (auto group = open_.begin(); group != open_.end();) {
    if (!is_over(group->second)) {
      ++group;
      continue;
    }
    if (group->second.hosts.size() >= settings_.hosts_min) {
      ended_.push_back(std::move(group->second));
    }
    group = open_.erase(group);
  }
}

void CauseGroups::add(const Change& change, BootTime now) {
  count(change, now, true);
}

void CauseGroups::add_again(const Change& change, const std::vector<std::uint64_t>& begun,
                            BootTime now) {
  count(change, now, std::binary_search(begun.begin(), begun.end(), change.sequence));
}

void CauseGroups::count(const Change& change, BootTime now, bool may_begin) {
  if (settings_.hosts_min == 0) {
    return;
  }
  end_groups([&](const Group& group) {
    const std::int64_t age = change.time.ms - group.begun.ms;
    return age < 0 || age >= settings_.window.count();
  });
  const std::string cause = cause_of(change);
  auto found = open_.find(cause);
  if (found == open_.end()) {
    if (!may_begin || open_.size() >= limits::kSinkCausesMax) {
      return;
    }
    const Finding* reason = worst_reason(change);
    found = open_
                .emplace(cause, Group{change.time,
                                      now,
                                      change.sequence,
                                      change.sequence,
                                      change.current,
                                      code_of(change),
                                      policy_name_of(change),
                                      reason == nullptr ? "" : words_of(*reason),
                                      {}})
                .first;
  }
  Group& group = found->second;
  group.last = change.sequence;
  if (group.hosts.size() < limits::kSinkCauseHostsMax) {
    group.hosts.insert(change.host);
  }
}

// The times of changes never go back, the wall clock may: then the boot clock counts.
void CauseGroups::look(Moment now) {
  const std::int64_t settled = settings_.window.count() + limits::kSinkGroupSettleMs;
  end_groups([&](const Group& group) {
    return now.wall.ms - group.begun.ms >= settled || now.boot.ms - group.counted.ms >= settled;
  });
}

Notice CauseGroups::notice_of(std::string_view stream_id, const Group& group) const {
  const std::string count = std::to_string(group.hosts.size());
  const std::string state(name_of(group.state));
  Notice notice;
  notice.kind = NoticeKind::kGroup;
  notice.id = std::string(stream_id) + ":group:" + std::to_string(group.first) + "-" +
              std::to_string(group.last);
  notice.time = {group.begun.ms + settings_.window.count()};
  notice.level = level_of(group.state);
  notice.code = "group." + group.code;
  notice.sentence =
      count + " hosts changed to " + state + (group.message.empty() ? "" : ": " + group.message);
  notice.fields = {{"hosts", count},
                   {"state", state},
                   {"reason", group.code},
                   {"policy", group.policy},
                   {"first_change", std::to_string(group.first)},
                   {"last_change", std::to_string(group.last)}};
  return notice;
}

std::vector<EndedGroup> CauseGroups::ended(const std::vector<StreamBegin>& streams) const {
  std::vector<EndedGroup> out;
  for (const Group& group : ended_) {
    const std::string& stream = stream_of(streams, &StreamBegin::change, group.first);
    out.push_back({stream, notice_of(stream, group)});
  }
  return out;
}

void CauseGroups::forget(std::size_t told) {
  ended_.erase(ended_.begin(), ended_.begin() + static_cast<std::ptrdiff_t>(told));
}

std::vector<std::uint64_t> CauseGroups::begun() const {
  std::vector<std::uint64_t> out;
  for (const Group& group : ended_) {
    out.push_back(group.first);
  }
  for (const auto& [cause, group] : open_) {
    out.push_back(group.first);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace quotemill::transport
