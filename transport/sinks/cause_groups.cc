#include "transport/sinks/cause_groups.h"

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "transport/siem/event_words.h"

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

NoticeLevel level_of(TrustState state) {
  const bool is_bad = state == TrustState::kWarning || state == TrustState::kStale;
  return state == TrustState::kFailed ? NoticeLevel::kError
         : is_bad                     ? NoticeLevel::kWarning
                                      : NoticeLevel::kInfo;
}

}  // namespace

void CauseGroups::add(const Change& change, WallTime now) {
  if (settings_.hosts_min == 0) {
    return;
  }
  const std::string cause = cause_of(change);
  auto found = groups_.find(cause);
  if (found == groups_.end()) {
    if (groups_.size() >= limits::kSinkCausesMax) {
      return;
    }
    const Finding* reason = worst_reason(change);
    found = groups_
                .emplace(cause, Group{now,
                                      change.sequence,
                                      change.sequence,
                                      change.current,
                                      code_of(change),
                                      printable(change.policy_id),
                                      reason == nullptr ? "" : printable(message_of(*reason)),
                                      {}})
                .first;
  }
  Group& group = found->second;
  group.last = change.sequence;
  if (group.hosts.size() < limits::kSinkCauseHostsMax) {
    group.hosts.insert(change.host);
  }
}

Notice CauseGroups::notice_of(std::string_view stream_id, const Group& group) const {
  const std::string count = std::to_string(group.hosts.size());
  const std::string state(name_of(group.state));
  Notice notice;
  notice.kind = NoticeKind::kGroup;
  notice.id = std::string(stream_id) + ":group:" + std::to_string(group.first) + "-" +
              std::to_string(group.last);
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

std::vector<Notice> CauseGroups::due(std::string_view stream_id, WallTime now) {
  std::vector<Notice> out;
  for (auto group = groups_.begin(); group != groups_.end();) {
    // A clock that was set back ends a window, too.
    const std::int64_t age = now.ms - group->second.begun.ms;
    if (age >= 0 && age < settings_.window.count()) {
      ++group;
      continue;
    }
    if (group->second.hosts.size() >= settings_.hosts_min) {
      out.push_back(notice_of(stream_id, group->second));
      out.back().time = now;
    }
    group = groups_.erase(group);
  }
  return out;
}

}  // namespace quotemill::transport
