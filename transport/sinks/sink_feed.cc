#include "transport/sinks/sink_feed.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

// Where a stream ends: what is behind it is no part of it.
struct StreamEnd {
  std::uint64_t change = 1;  // the first that is not in it
  std::uint64_t act = 1;
  bool is_known = true;
};

// Of the present stream it is `now`. Of a stream that the store never had whoever was there has
// nothing of this one's.
StreamEnd end_of(const std::vector<StreamBegin>& streams, const std::string& id, StreamEnd now) {
  const auto found = std::find_if(streams.begin(), streams.end(),
                                  [&id](const StreamBegin& stream) { return stream.id == id; });
  if (found == streams.end()) {
    return {streams.front().change, streams.front().act, false};
  }
  const auto next = found + 1;
  return next == streams.end()
             ? now
             : StreamEnd{std::min(next->change, now.change), std::min(next->act, now.act)};
}

// Of a change, by its sequence, or of an act, by its number.
const std::string& stream_of(const std::vector<StreamBegin>& streams,
                             std::uint64_t StreamBegin::*begin, std::uint64_t number) {
  const auto later =
      std::find_if(streams.begin() + 1, streams.end(),
                   [&](const StreamBegin& stream) { return stream.*begin > number; });
  return (later - 1)->id;
}

}  // namespace

SinkFeed::SinkFeed(SinkFeedOptions options, const SinkStore& store,
                   std::function<void(const std::string& text)> lost)
    : options_(std::move(options)),
      store_(store),
      lost_(std::move(lost)),
      cursor_(options_.cursor_path, options_.confirmed_after),
      groups_(options_.groups) {}

Result<void> SinkFeed::find_position(const StoreStatus& store) {
  const Result<std::optional<SinkPosition>> stored = read_position(options_.cursor_path);
  if (!stored) {
    return stored.error();
  }
  const Result<AuditHead> acts = store_.history.audit_head();
  if (!acts) {
    return acts.error();
  }
  SinkPosition position = stored->value_or(
      SinkPosition{store.stream_id, std::max<std::uint64_t>(store.first_change, 1)});
  const StreamEnd end =
      end_of(streams_, position.stream_id, {store.last_change + 1, acts->number + 1});
  if (position.next > end.change) {
    lost_("its cursor was ahead, at " + std::to_string(position.next) +
          (end.is_known ? ", of a stream that ends with " + std::to_string(end.change - 1) +
                              ": a backup was restored"
                        : std::string(", of a stream that this store never had")) +
          "; it goes on with " + std::to_string(end.change));
    position.next = end.change;
  }
  position.next_act = std::min(position.next_act, end.act);
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

EventSource SinkFeed::source(const std::string& stream_id) const {
  EventSource source = options_.source;
  source.stream_id = stream_id;
  return source;
}

Result<SinkBatch> SinkFeed::next(Moment now, std::size_t most) {
  const Result<StoreStatus> store = store_.history.status();
  Result<std::vector<StreamBegin>> streams = store_.outbox.streams();
  if (!store || !streams) {
    return store ? streams.error() : store.error();
  }
  streams_ = *std::move(streams);
  if (!has_position_) {
    if (Result<void> found = find_position(*store); !found) {
      return found.error();
    }
  }
  if (Result<void> kept = cursor_.keep(now.boot); !kept) {
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
  if (Result<void> added = add_changes(most, batch); !added) {
    return added.error();
  }
  if (Result<void> added = add_acts(most, batch); !added) {
    return added.error();
  }
  add_notices(*store, now.wall, batch);
  return batch;
}

Result<void> SinkFeed::add_changes(std::size_t most, SinkBatch& batch) const {
  const Result<std::vector<Change>> changes = store_.history.changes(position_.next, most);
  if (!changes) {
    return changes.error();
  }
  for (const Change& change : *changes) {
    const ToldHost host = options_.host_of ? options_.host_of(change.host) : ToldHost();
    if (options_.filter.takes(change, host.labels)) {
      const std::string& stream = stream_of(streams_, &StreamBegin::change, change.sequence);
      batch.events.push_back(render_event(options_.format, source(stream), change, host));
      batch.changes.push_back(change);
    } else {
      ++batch.filtered;
    }
  }
  if (!changes->empty()) {
    batch.oldest = changes->front().time;
    batch.after.next = changes->back().sequence + 1;
  }
  batch.has_more = changes->size() == most;
  return {};
}

Result<void> SinkFeed::add_acts(std::size_t most, SinkBatch& batch) const {
  if (!options_.with_audit) {
    return {};
  }
  const Result<std::vector<AuditRecord>> acts = store_.history.audit(position_.next_act, most);
  if (!acts) {
    return acts.error();
  }
  for (const AuditRecord& act : *acts) {
    const std::string& stream = stream_of(streams_, &StreamBegin::act, act.number);
    batch.events.push_back(render_event(options_.format, source(stream), notice_of(stream, act)));
    batch.after.next_act = act.number + 1;
  }
  if (!acts->empty()) {
    batch.oldest = std::min(batch.oldest.value_or(acts->front().time), acts->front().time);
  }
  batch.acts = acts->size();
  batch.has_more = batch.has_more || acts->size() == most;
  return {};
}

void SinkFeed::add_notices(const StoreStatus& store, WallTime now, SinkBatch& batch) {
  const std::string& stream = position_.stream_id;
  for (Notice& group : groups_.due(stream, now)) {
    tell(std::move(group));
  }
  {
    const std::lock_guard lock(mutex_);
    for (const Notice& notice : told_) {
      batch.events.push_back(render_event(options_.format, source(stream), notice));
    }
    batch.told = untold_ + told_.size();
  }
  const std::int64_t silence = now.ms - heartbeat_.ms;
  if (options_.heartbeat.count() != 0 && (silence < 0 || silence >= options_.heartbeat.count())) {
    batch.events.push_back(
        render_event(options_.format, source(stream),
                     heartbeat(stream, now, batch.after.next, store.last_change)));
    batch.has_heartbeat = true;
  }
}

Result<void> SinkFeed::done(const SinkBatch& batch, Moment now) {
  const bool moves = !(batch.after == position_);
  position_ = batch.after;
  for (const Change& change : batch.changes) {
    // What comes again was counted.
    if (change.sequence > grouped_) {
      groups_.add(change, now.wall);
      grouped_ = change.sequence;
    }
  }
  if (batch.has_heartbeat) {
    heartbeat_ = now.wall;
  }
  note_told(batch.told, now.boot);
  return moves ? cursor_.move(position_, now.boot) : Result<void>();
}

void SinkFeed::note_told(std::uint64_t told, BootTime now) {
  const std::lock_guard lock(mutex_);
  for (; untold_ < told && !told_.empty(); ++untold_) {
    unconfirmed_.push_back({now, std::move(told_.front())});
    told_.pop_front();
  }
  while (!unconfirmed_.empty() &&
         (unconfirmed_.size() > limits::kSinkNoticesMax ||
          now.ms - unconfirmed_.front().when.ms >= options_.confirmed_after.count())) {
    unconfirmed_.pop_front();
  }
}

void SinkFeed::give_again() {
  if (!has_position_) {
    return;
  }
  position_ = cursor_.kept();
  cursor_.begin(position_);
  const std::lock_guard lock(mutex_);
  for (; !unconfirmed_.empty(); unconfirmed_.pop_back()) {
    told_.push_front(std::move(unconfirmed_.back().notice));
    --untold_;
  }
}

void SinkFeed::tell(Notice notice) {
  if (!options_.with_notices) {
    return;
  }
  const std::lock_guard lock(mutex_);
  told_.push_back(std::move(notice));
  while (told_.size() > limits::kSinkNoticesMax) {
    told_.pop_front();
    ++untold_;
  }
}

}  // namespace quotemill::transport
