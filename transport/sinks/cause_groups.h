// CauseGroups: many hosts that change for one cause, told as one: "412 hosts changed to failed: …".
//
// Beside the changes themselves, never in their place; counted in memory, so what a restart
// interrupts is told with fewer hosts or not at all. Not for sharing between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/verdict/change.h"
#include "transport/siem/notice.h"

namespace quotemill::transport {

struct GroupSettings {
  std::chrono::milliseconds window{60'000};  // from the first change of a cause on
  std::size_t hosts_min = 10;                // fewer are no group; 0: no groups at all
};

class CauseGroups {
 public:
  explicit CauseGroups(const GroupSettings& settings) : settings_(settings) {}

  // Causes beyond limits::kSinkCausesMax at once are not counted.
  void add(const Change& change, WallTime now);

  // Those whose window is over, and that are groups. Forgets them.
  std::vector<Notice> due(std::string_view stream_id, WallTime now);

 private:
  struct Group {
    WallTime begun;
    std::uint64_t first = 0;  // sequence of a change
    std::uint64_t last = 0;
    TrustState state = TrustState::kUnknown;
    std::string code;
    std::string policy;
    std::string message;  // of the first change; "" if there is no reason
    std::unordered_set<HostUid> hosts;
  };

  [[nodiscard]] Notice notice_of(std::string_view stream_id, const Group& group) const;

  const GroupSettings settings_;
  std::map<std::string, Group> groups_;  // by what is one cause
};

}  // namespace quotemill::transport
