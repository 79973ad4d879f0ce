// SinkFeed: what one sink is to get next, and how far it has got.
//
// Reads the durable changes and acts behind the sink's cursor, leaves out what its filter does not
// take, adds notices (groups, other sinks' troubles, heartbeats), renders all of it. The cursor
// moves when the sink has what it was given, durably. What is only told (notices without a number)
// waits in memory, bounded, and is lost with the process.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/history.h"
#include "engine/ports/outbox.h"
#include "transport/siem/event_format.h"
#include "transport/sinks/cause_groups.h"
#include "transport/sinks/sink_cursor.h"
#include "transport/sinks/sink_filter.h"

namespace quotemill::transport {

struct SinkFeedOptions {
  EventFormat format = EventFormat::kJson;
  EventSource source;  // its stream id is the store's
  std::string cursor_path;
  // The cursor is kept so long behind what was delivered: of receivers that confirm nothing.
  std::chrono::milliseconds confirmed_after{0};
  SinkFilter filter;
  bool with_audit = true;                  // acts of operators, enrolments, changes of identity
  bool with_notices = true;                // groups, and what befalls sinks
  std::chrono::milliseconds heartbeat{0};  // how often; 0: never
  GroupSettings groups;
  std::function<ToldHost(const HostUid& host)> host_of;  // any thread; empty: nothing is known
};

// Borrowed; what both say is of one store.
struct SinkStore {
  const History& history;
  const Outbox& outbox;
};

// What is delivered at once.
struct SinkBatch {
  std::vector<RenderedEvent> events;
  std::vector<Change> changes;  // those among the events
  std::uint64_t acts = 0;       // how many of the events are acts
  std::uint64_t filtered = 0;   // changes that the sink does not want
  std::uint64_t told = 0;       // how many notices were told, up to the last among the events
  bool has_heartbeat = false;
  bool has_more = false;           // there may be changes or acts behind it
  std::optional<WallTime> oldest;  // time of the first change or act behind the cursor
  SinkPosition after;              // the cursor, once it is delivered

  // Whether there is nothing to do with it.
  [[nodiscard]] bool is_idle() const { return events.empty() && filtered == 0; }
};

class SinkFeed {
 public:
  // `lost` is told, as it happens, that the cursor was not where the stream is: changes that the
  // sink never gets, or a backup that was restored.
  SinkFeed(SinkFeedOptions options, const SinkStore& store,
           std::function<void(const std::string& text)> lost);

  // At most `most` changes and as many acts, and what there is beside them.
  Result<SinkBatch> next(Moment now, std::size_t most);

  // The sink has it. Durable when it returns, or confirmed_after later.
  Result<void> done(const SinkBatch& batch, Moment now);

  // What was delivered and is not durably so may be lost: all of it comes again.
  void give_again();

  // To be delivered with the next batch. Of too many, the oldest go. Any thread.
  void tell(Notice notice);

  [[nodiscard]] const SinkPosition& position() const { return position_; }

  // Where it goes on after a crash; what is behind it must not go.
  [[nodiscard]] const SinkPosition& kept() const { return cursor_.kept(); }

 private:
  Result<void> find_position(const StoreStatus& store);
  Result<void> add_changes(std::size_t most, SinkBatch& batch) const;
  Result<void> add_acts(std::size_t most, SinkBatch& batch) const;
  void add_notices(const StoreStatus& store, WallTime now, SinkBatch& batch);
  [[nodiscard]] EventSource source(const std::string& stream_id) const;
  void note_told(std::uint64_t told, BootTime now);

  struct Told {
    BootTime when;
    Notice notice;
  };

  const SinkFeedOptions options_;
  const SinkStore store_;
  const std::function<void(const std::string& text)> lost_;
  LaggingCursor cursor_;
  SinkPosition position_;
  bool has_position_ = false;
  std::vector<StreamBegin> streams_;  // as of the last next()
  CauseGroups groups_;
  std::uint64_t grouped_ = 0;     // sequence of the last change that was counted
  std::deque<Told> unconfirmed_;  // notices, delivered less than confirmed_after ago
  WallTime heartbeat_;            // the last one

  std::mutex mutex_;
  std::deque<Notice> told_;
  std::uint64_t untold_ = 0;  // how many were told before the first of them
};

}  // namespace quotemill::transport
