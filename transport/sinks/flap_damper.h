// FlapDamper: of a host that changes to and fro, a sink is told each thing once in a window.
//
// A change is a repeat if the sink had one of this host, to the same state and for no other
// reasons, within the window. Repeats are held back; what is new never is, so that nobody hides a
// failure behind a host that flaps. When the window ends, the last one that was held is told, if it
// is not what the sink was told last, and how many there were. The stream, the history and every
// other sink have them all.
//
// Windows are of the changes' own times, and begin where a multiple of their length is: a function
// of the stream, so that whoever counts it again, after a restart, comes to the same. A value:
// copied to see what comes of a batch before it is delivered. Not for sharing between threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/verdict/change.h"
#include "transport/siem/notice.h"

namespace quotemill::transport {

// Of one host, at the end of a window.
struct HeldChanges {
  Change last;
  bool is_last_told = false;  // the sink was told as much before
  std::uint64_t count = 0;
  std::uint64_t first = 0;  // sequence of the first one
  WallTime told;            // the end of the window
};

Notice notice_of(std::string_view stream_id, const HeldChanges& held);

class FlapDamper {
 public:
  // 0: nothing is held.
  explicit FlapDamper(std::chrono::milliseconds window) : window_ms_(window.count()) {}

  // Whether a window ends before the change; end() it then.
  [[nodiscard]] bool ends_before(const Change& change) const {
    return is_open_ && change.time.ms / window_ms_ != index_;
  }

  // The next change; whether the sink is to be told of it now. Of hosts beyond
  // limits::kSinkFlapHostsMax in one window nothing is held. REQUIRES: !ends_before(change)
  bool take(const Change& change, BootTime now);

  // Whether the open window is over by time alone. Its changes' times never go back, the wall clock
  // may be set: then the boot clock counts. `is_all`: there is no further change in the stream.
  [[nodiscard]] bool is_over(Moment now, bool is_all) const;

  // The open window is over.
  void end();

  // What is to be told of windows that ended, in the order of the last changes.
  [[nodiscard]] const std::vector<HeldChanges>& ended() const { return ended_; }

  // The first so many of those are told.
  void forget(std::size_t told);

  // The sequence from which on changes are to be counted again by whoever goes on from here; 0:
  // there is none.
  [[nodiscard]] std::uint64_t begun() const { return is_open_ || !ended_.empty() ? first_ : 0; }

 private:
  // What a change says, as far as a repeat says the same.
  struct Word {
    TrustState state = TrustState::kUnknown;
    bool in_maintenance = false;
    std::optional<FindingCode> reason;  // none: there is none

    friend bool operator==(const Word&, const Word&) = default;
  };

  struct Host {
    std::vector<Word> told;
    std::vector<Word> last_told;  // the words of one change
    std::shared_ptr<const Change> last_held;
    std::uint64_t held = 0;
    std::uint64_t first_held = 0;
  };

  static std::vector<Word> words_of(const Change& change);

  std::int64_t window_ms_;
  bool is_open_ = false;
  std::int64_t index_ = 0;   // of the window, from the epoch on
  std::uint64_t first_ = 0;  // sequence of its first change
  BootTime counted_;         // when that was counted
  std::unordered_map<HostUid, Host> hosts_;
  std::vector<HeldChanges> ended_;
};

}  // namespace quotemill::transport
