// The durable pull: changes and acts from a number on, waiting for the next.
//
// Whoever asks keeps its place, and may say which stream that is of. A place that is no longer
// kept, or that the stream does not have, is named and never taken for another.
#include <algorithm>

#include "deploy/quotemilld/limits.h"
#include "deploy/quotemilld/operator_verbs.h"
#include "engine/ports/streams.h"
#include "transport/control/control_error.h"
#include "transport/render/render_records.h"

namespace quotemill::daemon {

using transport::control_error;
using transport::ControlError;
using transport::ControlOutcome;
using transport::ControlWait;
using transport::Json;

namespace {

// What there is of changes, or of acts.
struct Kept {
  const char* what;          // "change", "act"
  std::uint64_t oldest = 1;  // where it begins, or will
  std::uint64_t last = 0;    // where it ends; 0: nothing yet
  std::string stream;        // the present one
};

// Where a reader is that asks from `from` on, of a stream that ends at `end`, the first of the
// next.
struct Place {
  std::uint64_t from = 1;
  std::uint64_t end = 1;
  bool is_known = true;  // its stream is one of the store's
};

// The store as it is, and where the reader's stream ends.
struct View {
  StoreStatus store;
  AuditHead acts;
  std::vector<StreamBegin> streams;
  StreamEnd end;
};

// `stream` is the reader's; empty: the present one.
Result<View> view_of(const OperatorParts& parts, const std::string& stream) {
  const Result<StoreStatus> store = parts.history.status();
  if (!store) {
    return store.error();
  }
  const Result<AuditHead> acts = parts.history.audit_head();
  if (!acts) {
    return acts.error();
  }
  View view{*store, *acts, {{store->stream_id, 1, 1}}, {}};
  if (parts.outbox != nullptr) {
    Result<std::vector<StreamBegin>> streams = parts.outbox->streams();
    if (!streams) {
      return streams.error();
    }
    view.streams = *std::move(streams);
  }
  view.end = end_of(view.streams, stream.empty() ? store->stream_id : stream,
                    {store->last_change + 1, acts->number + 1});
  return view;
}

Json details_of(const Kept& kept, std::uint64_t resume_from) {
  return {{"stream", kept.stream},
          {"oldest", kept.oldest},
          {"last", kept.last},
          {"resume_from", resume_from}};
}

ControlError ahead(const Kept& kept, const Place& place) {
  const std::string what = kept.what;
  const std::uint64_t next = std::max(place.end, kept.oldest);
  const std::string go_on = "go on from " + std::to_string(next);
  ControlError error{
      ErrorCode::kConflict,
      (place.is_known ? "the stream ends before " : "this store never had the stream of ") + what +
          " " + std::to_string(place.from),
      place.is_known ? "its last " + what + " is " + std::to_string(place.end - 1) +
                           "; was the store restored from a backup? If so, " + go_on
                     : go_on};
  error.details = details_of(kept, next);
  return error;
}

ControlError expired(const Kept& kept, const Place& place) {
  ControlError error{ErrorCode::kExpired,
                     std::string(kept.what) + " " + std::to_string(place.from) + " is not kept",
                     "the oldest is " + std::to_string(kept.oldest)};
  error.details = details_of(kept, kept.oldest);
  return error;
}

}  // namespace

ControlOutcome OperatorVerbs::changes(OperatorArgs& args, Call call) {
  const std::uint64_t wait_ms = args.number_or("wait_ms", 0, limits::kWaitMsMax);
  const std::size_t limit =
      args.number_or("limit", limits::kChangesPageDefault, limits::kChangesPageMax);
  const std::uint64_t asked = args.number_or("from", 0, UINT64_MAX);
  const std::string stream = args.text_or("stream", {});
  if (!args.ok()) {
    return args.error();
  }
  const Result<View> view = view_of(parts_, stream);
  if (!view) {
    return control_error(view.error());
  }
  const StoreStatus& store = view->store;
  Kept kept{"change", std::max<std::uint64_t>(store.first_change, 1), store.last_change,
            store.stream_id};
  // A default that moves with the stream would wait for ever.
  const std::uint64_t from = asked == 0 ? kept.oldest : asked;
  const Place place{from, view->end.change, view->end.is_known};
  if (place.from > place.end) {
    return ahead(kept, place);
  }
  const Result<std::vector<Change>> changes = parts_.history.changes(from, limit);
  if (!changes) {
    return control_error(changes.error());
  }
  // By what was read: the outbox may have been trimmed since its status was.
  kept.oldest = changes->empty() ? kept.oldest : std::max(kept.oldest, changes->front().sequence);
  if (from < kept.oldest) {
    return expired(kept, place);
  }
  if (changes->empty() && wait_ms != 0 && !call.is_final) {
    return ControlWait{std::chrono::milliseconds(wait_ms)};
  }
  Json rendered = Json::array();
  for (const Change& change : *changes) {
    rendered.push_back(
        transport::render_change(stream_of(view->streams, &StreamBegin::change, change.sequence),
                                 change, transport::told_host(parts_.hosts, change.host)));
  }
  return Json{{"stream", store.stream_id},
              {"changes", std::move(rendered)},
              {"next", from + changes->size()}};
}

// None of them is ever dropped.
ControlOutcome OperatorVerbs::audit_list(OperatorArgs& args, Call call) {
  const std::uint64_t wait_ms = args.number_or("wait_ms", 0, limits::kWaitMsMax);
  const std::uint64_t limit = args.number_or("limit", limits::kAuditPageMax, limits::kAuditPageMax);
  const std::uint64_t from = args.number_or("from", 1, INT64_MAX);
  const std::string stream = args.text_or("stream", {});
  if (!args.ok()) {
    return args.error();
  }
  const Result<View> view = view_of(parts_, stream);
  if (!view) {
    return control_error(view.error());
  }
  if (from > view->end.act) {
    return ahead({"act", 1, view->acts.number, view->store.stream_id},
                 {from, view->end.act, view->end.is_known});
  }
  const Result<std::vector<AuditRecord>> records = parts_.history.audit(from, limit);
  if (!records) {
    return control_error(records.error());
  }
  if (records->empty() && limit != 0 && wait_ms != 0 && !call.is_final) {
    return ControlWait{std::chrono::milliseconds(wait_ms)};
  }
  Json list = Json::array();
  for (const AuditRecord& record : *records) {
    list.push_back(transport::render_audit(record));
  }
  return Json{
      {"stream", view->store.stream_id}, {"audit", std::move(list)}, {"last", view->acts.number}};
}

}  // namespace quotemill::daemon
