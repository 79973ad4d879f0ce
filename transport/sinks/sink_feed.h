// SinkFeed: what one sink is to get next, and how far it has got.
//
// Reads the durable changes and acts behind the sink's cursor, leaves out what its filter does not
// take, adds what is told beside them (groups, heartbeats), renders all of it. The cursor moves
// when the sink has what it was given, durably, and knows which groups were not told. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/ports/history.h"
#include "engine/ports/streams.h"
#include "transport/siem/event_format.h"
#include "transport/sinks/cause_groups.h"
#include "transport/sinks/flap_damper.h"
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
  bool with_notices = true;                // groups
  std::chrono::milliseconds heartbeat{0};  // how often; 0: never
  GroupSettings groups;
  std::chrono::milliseconds dedup_window{0};  // in which repeats are held back; 0: none are
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
  std::vector<Change> changes;  // those that the sink wants
  std::uint64_t held = 0;       // of these: not among the events, because their host flaps
  std::uint64_t acts = 0;       // how many of the events are acts
  std::uint64_t filtered = 0;   // changes that the sink does not want
  std::size_t groups = 0;       // how many of the events are groups
  FlapDamper damper{std::chrono::milliseconds(0)};  // as it is once the batch is delivered
  bool has_heartbeat = false;
  bool has_more = false;           // there may be changes or acts behind it
  std::optional<WallTime> oldest;  // time of the first change or act behind the cursor
  SinkPosition after;              // the cursor, once it is delivered; but for its groups

  // Whether there is nothing to do with it.
  [[nodiscard]] bool is_idle() const { return events.empty() && filtered == 0 && held == 0; }
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

  [[nodiscard]] const SinkPosition& position() const { return position_; }

  // Where it goes on after a crash; what is behind it must not go.
  [[nodiscard]] const SinkPosition& kept() const { return cursor_.kept(); }

 private:
  Result<void> find_position(const StoreStatus& store);
  // The file's position, put back to where its stream ends.
  SinkPosition within_stream(SinkPosition position, const StreamEnd& end) const;
  Result<void> recount(BootTime now);
  void count_again(const Change& change, BootTime now);
  // What is before `sequence` the sink never gets.
  void skip_to(std::uint64_t sequence);
  // As many changes as there are before one that ends a window.
  Result<void> add_changes(Moment now, std::size_t most, SinkBatch& batch);
  bool add_change(const Change& change, BootTime now, SinkBatch& batch) const;
  // What was held back in windows that ended.
  void add_held(std::size_t most, SinkBatch& batch) const;
  Result<void> add_acts(std::size_t most, SinkBatch& batch) const;
  void add_groups(SinkBatch& batch) const;
  void add_heartbeat(const StoreStatus& store, WallTime now, SinkBatch& batch) const;
  [[nodiscard]] EventSource source(const std::string& stream_id) const;

  const SinkFeedOptions options_;
  const SinkStore store_;
  const std::function<void(const std::string& text)> lost_;
  LaggingCursor cursor_;
  SinkPosition position_;
  bool has_position_ = false;
  std::vector<StreamBegin> streams_;  // as of the last next()
  CauseGroups groups_;                // up to the position
  bool has_groups_ = false;           // nor what is held back
  FlapDamper damper_;                 // likewise
  WallTime heartbeat_;                // the last one
};

}  // namespace quotemill::transport
