// CauseGroups: many hosts that change for one cause, told as one: "412 hosts changed to failed: …".
//
// Beside the changes themselves, never in their place. A group is the changes of one cause within a
// window from its first one on, by their own times: a function of the stream, so that whoever
// counts the stream again, after a restart, comes to the same groups with the same ids. Not for
// sharing between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/ports/outbox.h"
#include "engine/verdict/change.h"
#include "transport/siem/notice.h"

namespace quotemill::transport {

struct GroupSettings {
  std::chrono::milliseconds window{60'000};  // from the first change of a cause on
  std::size_t hosts_min = 10;                // fewer are no group; 0: no groups at all
};

struct EndedGroup {
  std::string stream_id;
  Notice notice;
};

class CauseGroups {
 public:
  explicit CauseGroups(const GroupSettings& settings) : settings_(settings) {}

  // The next change of the stream. Causes beyond limits::kSinkCausesMax at once are not counted.
  void add(const Change& change, BootTime now);

  // A change that was counted before. Only groups that begin with one of these sequences
  // (ascending) are counted again: the others were told, or were none.
  void add_again(const Change& change, const std::vector<std::uint64_t>& begun, BootTime now);

  // There is no further change in the stream: windows are over by time alone.
  void look(Moment now);

  // Those whose window is over, and that are groups, until they are told. Each belongs to the
  // stream of its first change.
  [[nodiscard]] std::vector<EndedGroup> ended(const std::vector<StreamBegin>& streams) const;

  // The first so many of those that have ended are told.
  void forget(std::size_t told);

  // The sequences of the first changes of all that is not told, ascending.
  [[nodiscard]] std::vector<std::uint64_t> begun() const;

 private:
  struct Group {
    WallTime begun;           // time of its first change
    BootTime counted;         // when that was counted
    std::uint64_t first = 0;  // sequence of a change
    std::uint64_t last = 0;
    TrustState state = TrustState::kUnknown;
    std::string code;
    std::string policy;
    std::string message;  // of the first change; "" if there is no reason
    std::unordered_set<HostUid> hosts;
  };

  using Groups = std::map<std::string, Group>;  // by what is one cause

  void count(const Change& change, BootTime now, bool may_begin);
  // Ends those of which `is_over` holds.
  template <class Predicate>
  void end_groups(Predicate is_over);
  [[nodiscard]] Notice notice_of(std::string_view stream_id, const Group& group) const;

  GroupSettings settings_;
  Groups open_;
  std::vector<Group> ended_;
};

}  // namespace quotemill::transport
