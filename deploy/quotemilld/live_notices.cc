#include "deploy/quotemilld/live_notices.h"

#include <utility>

#include "engine/base/limits.h"
#include "transport/siem/event_format.h"

namespace quotemill::daemon {
namespace {

std::string line_of(const std::string& stream_id, const transport::Notice& notice) {
  transport::EventSource source;
  source.stream_id = stream_id;
  return transport::render_event(transport::EventFormat::kJson, source, notice).body;
}

}  // namespace

void LiveNotices::look(Moment now) {
  const Result<StoreStatus> store = history_.status();
  const Result<AuditHead> head = history_.audit_head();
  if (!store || !head) {
    return;
  }
  if (!next_act_) {
    next_act_ = head->number + 1;
  }
  while (*next_act_ <= head->number) {
    const Result<std::vector<AuditRecord>> acts = history_.audit(*next_act_, limits::kSinkBatchMax);
    if (!acts || acts->empty()) {
      break;
    }
    for (const AuditRecord& act : *acts) {
      tell_(line_of(store->stream_id, transport::notice_of(store->stream_id, act)));
      next_act_ = act.number + 1;
    }
  }
  if (!heartbeat_ || now.boot.ms - heartbeat_->ms >= heartbeat_ms_) {
    heartbeat_ = now.boot;
    tell_(line_of(store->stream_id,
                  transport::heartbeat(store->stream_id, now.wall, store->last_change + 1,
                                       store->last_change)));
  }
}

}  // namespace quotemill::daemon
