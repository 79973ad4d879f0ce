#include "transport/sinks/sink_feed.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

// The end of the trail. On a stream that a restore began, the restore itself is the newest act, and
// nobody has it.
std::uint64_t next_act_of(bool is_other_stream, std::uint64_t newest) {
  return is_other_stream ? std::max<std::uint64_t>(newest, 1) : newest + 1;
}

}  // namespace

SinkFeed::SinkFeed(SinkFeedOptions options, const History& history,
                   std::function<void(const std::string& text)> lost)
    : options_(std::move(options)),
      history_(history),
      lost_(std::move(lost)),
      cursor_(options_.cursor_path, options_.confirmed_after),
      groups_(options_.groups) {}

Result<void> SinkFeed::find_position(const StoreStatus& store) {
  const Result<std::optional<SinkPosition>> stored = read_position(options_.cursor_path);
  if (!stored) {
    return stored.error();
  }
  const Result<AuditHead> acts = history_.audit_head();
  if (!acts) {
    return acts.error();
  }
  SinkPosition position = stored->value_or(
      SinkPosition{store.stream_id, std::max<std::uint64_t>(store.first_change, 1)});
  if (position.next > store.last_change + 1) {
    lost_("its cursor was ahead, at " + std::to_string(position.next) +
          ", of a stream that ends with " + std::to_string(store.last_change) +
          ": a backup was restored; it goes on from the end");
    position.next = store.last_change + 1;
  }
  const bool is_other_stream = position.stream_id != store.stream_id;
  position.next_act = std::min(position.next_act, next_act_of(is_other_stream, acts->number));
  position.stream_id = store.stream_id;
  // At once: the stream must not grow up to a cursor that is yet to go back.
  if (stored->has_value() && !(position == **stored)) {
    if (Result<void> written = write_position(options_.cursor_path, position); !written) {
      return written;
    }
  }
  position_ = std::move(position);
  cursor_.begin(position_);
  has_position_ = true;
  return {};
}

// The store may have been given a new stream since: events carry the id that it has now.
EventSource SinkFeed::source() const {
  EventSource source = options_.source;
  source.stream_id = position_.stream_id;
  return source;
}

Result<SinkBatch> SinkFeed::next(WallTime now, std::size_t changes_max) {
  const Result<StoreStatus> store = history_.status();
  if (!store) {
    return store.error();
  }
  if (!has_position_) {
    if (Result<void> found = find_position(*store); !found) {
      return found.error();
    }
  }
  if (Result<void> kept = cursor_.keep(now); !kept) {
    return kept.error();
  }
  if (store->first_change > position_.next) {
    lost_("changes " + std::to_string(position_.next) + " to " +
          std::to_string(store->first_change - 1) + " are no longer kept, and were not delivered");
    position_.next = store->first_change;
  }
  position_.stream_id = store->stream_id;
  SinkBatch batch;
  batch.after = position_;
  if (Result<void> added = add_changes(changes_max, batch); !added) {
    return added.error();
  }
  if (Result<void> added = add_audit(batch); !added) {
    return added.error();
  }
  add_notices(*store, now, batch);
  return batch;
}

Result<void> SinkFeed::add_changes(std::size_t changes_max, SinkBatch& batch) const {
  const Result<std::vector<Change>> changes = history_.changes(position_.next, changes_max);
  if (!changes) {
    return changes.error();
  }
  for (const Change& change : *changes) {
    const ToldHost host = options_.host_of ? options_.host_of(change.host) : ToldHost();
    if (options_.filter.takes(change, host.labels)) {
      batch.events.push_back(render_event(options_.format, source(), change, host));
      batch.changes.push_back(change);
    } else {
      ++batch.filtered;
    }
  }
  if (!changes->empty()) {
    batch.oldest = changes->front().time;
    batch.after.next = changes->back().sequence + 1;
  }
  batch.has_more = changes->size() == changes_max;
  return {};
}

Result<void> SinkFeed::add_audit(SinkBatch& batch) const {
  if (!options_.with_audit) {
    return {};
  }
  const Result<std::vector<AuditRecord>> acts =
      history_.audit(position_.next_act, limits::kSinkBatchMax);
  if (!acts) {
    return acts.error();
  }
  for (const AuditRecord& act : *acts) {
    batch.events.push_back(
        render_event(options_.format, source(), notice_of(position_.stream_id, act)));
    batch.after.next_act = act.number + 1;
  }
  batch.has_more = batch.has_more || acts->size() == limits::kSinkBatchMax;
  return {};
}

void SinkFeed::add_notices(const StoreStatus& store, WallTime now, SinkBatch& batch) {
  for (Notice& group : groups_.due(position_.stream_id, now)) {
    tell(std::move(group));
  }
  {
    const std::lock_guard lock(mutex_);
    for (const Notice& notice : told_) {
      batch.events.push_back(render_event(options_.format, source(), notice));
    }
    batch.told = untold_ + told_.size();
  }
  const std::int64_t silence = now.ms - heartbeat_.ms;
  if (options_.heartbeat.count() != 0 && (silence < 0 || silence >= options_.heartbeat.count())) {
    batch.events.push_back(
        render_event(options_.format, source(),
                     heartbeat(position_.stream_id, now, batch.after.next, store.last_change)));
    batch.has_heartbeat = true;
  }
}

Result<void> SinkFeed::done(const SinkBatch& batch, WallTime now) {
  const bool moves = !(batch.after == position_);
  position_ = batch.after;
  for (const Change& change : batch.changes) {
    groups_.add(change, now);
  }
  if (batch.has_heartbeat) {
    heartbeat_ = now;
  }
  {
    const std::lock_guard lock(mutex_);
    for (; untold_ < batch.told && !told_.empty(); ++untold_) {
      told_.pop_front();
    }
  }
  return moves ? cursor_.move(position_, now) : Result<void>();
}

void SinkFeed::tell(Notice notice) {
  if (!options_.with_notices) {
    return;
  }
  const std::lock_guard lock(mutex_);
  told_.push_back(std::move(notice));
  if (told_.size() > limits::kSinkNoticesMax) {
    told_.pop_front();
    ++untold_;
  }
}

}  // namespace quotemill::transport
