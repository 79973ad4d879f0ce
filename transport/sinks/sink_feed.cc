#include "transport/sinks/sink_feed.h"

#include <algorithm>
#include <utility>

#include "transport/sinks/limits.h"

namespace quotemill::transport {
namespace {

GroupSettings groups_of(const SinkFeedOptions& options) {
  GroupSettings groups = options.groups;
  groups.hosts_min = options.with_notices ? groups.hosts_min : 0;
  return groups;
}

}  // namespace

SinkFeed::SinkFeed(SinkFeedOptions options, const SinkStore& store,
                   std::function<void(const std::string& text)> lost)
    : options_(std::move(options)),
      store_(store),
      lost_(std::move(lost)),
      cursor_(options_.cursor_path, options_.confirmed_after),
      groups_(groups_of(options_)),
      damper_(options_.dedup_window) {}

Result<void> SinkFeed::find_position(const StoreStatus& store) {
  const Result<std::optional<SinkPosition>> stored = read_position(options_.cursor_path);
  if (!stored) {
    return stored.error();
  }
  const Result<AuditHead> acts = store_.history.audit_head();
  if (!acts) {
    return acts.error();
  }
  const SinkPosition before = stored->value_or(
      SinkPosition{store.stream_id, std::max<std::uint64_t>(store.first_change, 1)});
  SinkPosition position = within_stream(
      before, end_of(streams_, before.stream_id, {store.last_change + 1, acts->number + 1}));
  position.stream_id = store.stream_id;
  // At once: the stream must not grow up to a cursor that is yet to go back.
  if (stored->has_value() && !(position == before)) {
    if (Result<void> written = write_position(options_.cursor_path, position); !written) {
      return written;
    }
  }
  position_ = std::move(position);
  cursor_.begin(position_);
  has_position_ = true;
  return {};
}

SinkPosition SinkFeed::within_stream(SinkPosition position, const StreamEnd& end) const {
  const auto name = [&](const char* of_what, std::uint64_t at, std::uint64_t begin) {
    lost_("its cursor " + std::string(of_what) + "was ahead, at " + std::to_string(at) +
          (end.is_known ? ", of a stream that ends with " + std::to_string(begin - 1) +
                              ": a backup was restored"
                        : std::string(", of a stream that this store never had")) +
          "; it goes on with " + std::to_string(begin));
  };
  if (position.next > end.change) {
    name("", position.next, end.change);
  } else if (position.next_act > end.act && options_.with_audit) {
    name("of acts ", position.next_act, end.act);
  }
  position.next = std::min(position.next, end.change);
  position.next_act = std::min(position.next_act, end.act);
  std::erase_if(position.groups, [&](std::uint64_t first) { return first >= position.next; });
  position.flaps = position.flaps >= position.next ? 0 : position.flaps;
  return position;
}

// The changes of groups that were not told, and those of the window in which repeats are held back,
// are counted again, up to the position.
Result<void> SinkFeed::recount(BootTime now) {
  groups_ = CauseGroups(groups_of(options_));
  damper_ = FlapDamper(options_.dedup_window);
  for (std::uint64_t from = position_.needed(); from < position_.next;) {
    const Result<std::vector<Change>> page = store_.history.changes(from, limits::kSinkBatchMax);
    if (!page) {
      return page.error();
    }
    if (page->empty()) {
      break;
    }
    for (const Change& change : *page) {
      const ToldHost host = options_.host_of ? options_.host_of(change.host) : ToldHost();
      if (change.sequence < position_.next && options_.filter.takes(change, host.labels)) {
        count_again(change, now);
      }
    }
    from = page->back().sequence + 1;
  }
  has_groups_ = true;
  return {};
}

void SinkFeed::count_again(const Change& change, BootTime now) {
  groups_.add_again(change, position_.groups, now);
  if (position_.flaps == 0 || change.sequence < position_.flaps) {
    return;
  }
  // Of another window than the file's only if windows are of another length by now.
  if (damper_.ends_before(change)) {
    damper_.end();
  }
  (void)damper_.take(change, now);
}

void SinkFeed::skip_to(std::uint64_t sequence) {
  lost_("changes " + std::to_string(position_.next) + " to " + std::to_string(sequence - 1) +
        " are no longer kept, and were not delivered");
  position_.next = sequence;
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
  if (!has_groups_) {
    if (Result<void> counted = recount(now.boot); !counted) {
      return counted.error();
    }
  }
  if (store->first_change > position_.next) {
    skip_to(store->first_change);
  }
  position_.stream_id = store->stream_id;
  SinkBatch batch;
  if (Result<void> added = add_changes(now, most, batch); !added) {
    return added.error();
  }
  if (batch.changes.empty() && !batch.has_more) {
    groups_.look(now);
  }
  if (Result<void> added = add_acts(most, batch); !added) {
    return added.error();
  }
  add_groups(batch);
  add_heartbeat(*store, now.wall, batch);
  return batch;
}

Result<void> SinkFeed::add_changes(Moment now, std::size_t most, SinkBatch& batch) {
  batch.after = position_;
  batch.damper = damper_;
  if (batch.damper.is_over(now, /*is_all=*/false)) {
    batch.damper.end();
  }
  // What comes behind a window comes behind what was held back in it.
  if (!batch.damper.ended().empty()) {
    add_held(most, batch);
    return {};
  }
  const Result<std::vector<Change>> changes = store_.history.changes(position_.next, most);
  if (!changes) {
    return changes.error();
  }
  // The outbox may have been trimmed since its status was read.
  if (!changes->empty() && changes->front().sequence > position_.next) {
    skip_to(changes->front().sequence);
    batch.after.next = position_.next;
  }
  batch.has_more = changes->size() == most;
  for (const Change& change : *changes) {
    if (!add_change(change, now.boot, batch)) {
      batch.has_more = true;
      break;
    }
    batch.oldest = batch.oldest.value_or(change.time);
    batch.after.next = change.sequence + 1;
  }
  const bool is_all = changes->empty() && !batch.has_more;
  if (is_all && batch.damper.is_over(now, is_all)) {
    batch.damper.end();
  }
  add_held(most, batch);
  return {};
}

// False if a window ends before it, of which there is something to tell first.
bool SinkFeed::add_change(const Change& change, BootTime now, SinkBatch& batch) const {
  if (batch.damper.ends_before(change)) {
    batch.damper.end();
    if (!batch.damper.ended().empty()) {
      return false;
    }
  }
  const ToldHost host = options_.host_of ? options_.host_of(change.host) : ToldHost();
  if (!options_.filter.takes(change, host.labels)) {
    ++batch.filtered;
    return true;
  }
  if (batch.damper.take(change, now)) {
    const std::string& stream = stream_of(streams_, &StreamBegin::change, change.sequence);
    batch.events.push_back(render_event(options_.format, source(stream), change, host));
  } else {
    ++batch.held;
  }
  batch.changes.push_back(change);
  return true;
}

void SinkFeed::add_held(std::size_t most, SinkBatch& batch) const {
  const std::vector<HeldChanges>& ended = batch.damper.ended();
  const std::size_t count = std::min(ended.size(), std::max<std::size_t>(most / 2, 1));
  for (std::size_t i = 0; i < count; ++i) {
    const Change& last = ended[i].last;
    const std::string& stream = stream_of(streams_, &StreamBegin::change, last.sequence);
    if (!ended[i].is_last_told) {
      const ToldHost host = options_.host_of ? options_.host_of(last.host) : ToldHost();
      batch.events.push_back(render_event(options_.format, source(stream), last, host));
    }
    batch.events.push_back(
        render_event(options_.format, source(stream), notice_of(stream, ended[i])));
  }
  batch.has_more = batch.has_more || count != 0;
  batch.damper.forget(count);
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

void SinkFeed::add_groups(SinkBatch& batch) const {
  const std::vector<EndedGroup> ended = groups_.ended(streams_);
  for (const EndedGroup& group : ended) {
    batch.events.push_back(render_event(options_.format, source(group.stream_id), group.notice));
  }
  batch.groups = ended.size();
}

void SinkFeed::add_heartbeat(const StoreStatus& store, WallTime now, SinkBatch& batch) const {
  const std::string& stream = position_.stream_id;
  const std::int64_t silence = now.ms - heartbeat_.ms;
  if (options_.heartbeat.count() != 0 && (silence < 0 || silence >= options_.heartbeat.count())) {
    batch.events.push_back(
        render_event(options_.format, source(stream),
                     heartbeat(stream, now, batch.after.next, store.last_change)));
    batch.has_heartbeat = true;
  }
}

Result<void> SinkFeed::done(const SinkBatch& batch, Moment now) {
  groups_.forget(batch.groups);
  for (const Change& change : batch.changes) {
    groups_.add(change, now.boot);
  }
  damper_ = batch.damper;
  SinkPosition after = batch.after;
  after.groups = groups_.begun();
  after.flaps = damper_.begun();
  const bool moves = !(after == position_);
  position_ = std::move(after);
  if (batch.has_heartbeat) {
    heartbeat_ = now.wall;
  }
  return moves ? cursor_.move(position_, now.boot) : Result<void>();
}

void SinkFeed::give_again() {
  if (!has_position_) {
    return;
  }
  position_ = cursor_.kept();
  cursor_.begin(position_);
  has_groups_ = false;
}

}  // namespace quotemill::transport
