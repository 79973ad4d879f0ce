// Agent: the logs that a server asks for.
#include <algorithm>
#include <poll.h>
#include <utility>

#include "engine/base/limits.h"
#include "transport/agent/agent.h"
#include "transport/agent/boot_clock.h"
#include "transport/wire/log_proof.h"

namespace quotemill::agent {
namespace {

using transport::SendOutcome;

constexpr std::int64_t kQueuePollMs = 5;

}  // namespace

void Agent::on_need(const transport::NeedMessage& need) {
  if (pending_ && need.sequence != pending_->sequence) {
    return;  // of evidence that a newer challenge voided
  }
  if (need.kind == transport::LogKind::kRuntime) {
    send_runtime_list(need);
  } else {
    send_boot_log(need);
  }
}

// The log is that of the evidence. An agent that was started anew since then has no evidence any
// more, but the log of the same boot: without it the host would fail for withholding it.
void Agent::send_boot_log(const transport::NeedMessage& need) {
  const Result<Bytes> log =
      pending_ ? Result<Bytes>(pending_->answer.boot_log) : attestor_->boot_log();
  if (!log || log->empty() || log->size() > need.max_bytes) {
    say(AgentLogLevel::kWarn, "the server asks for a boot log and does not get it: it has " +
                                  std::to_string(log ? log->size() : 0) + " bytes");
    return;
  }
  send_log(*log, need);
}

// Kernels list before they extend, so the list holds all that the quote proves, and perhaps more.
void Agent::send_runtime_list(const transport::NeedMessage& need) {
  const Result<Bytes> list = attestor_->runtime_list(need.from, need.max_bytes);
  if (!list) {
    say(AgentLogLevel::kWarn,
        "the server asks for the runtime list and does not get it: " + list.error().to_string());
    return;
  }
  if (list->empty()) {
    transport::LogsMessage nothing;
    nothing.sequence = need.sequence;
    nothing.kind = need.kind;
    if (prove(nothing)) {
      client_.send(std::move(nothing));
    }
    return;
  }
  send_log(*list, need);
}

void Agent::send_log(ByteView log, const transport::NeedMessage& need) {
  awaiting_ = true;
  wait_until(boot_ms() + options_.answer_timeout_ms);
  for (std::size_t offset = 0; offset < log.size();) {
    const ByteView segment =
        log.subspan(offset, std::min(limits::kLogSegmentSizeMax, log.size() - offset));
    transport::LogsMessage message;
    message.sequence = need.sequence;
    message.kind = need.kind;
    message.total_bytes = log.size();
    message.offset = offset;
    message.segment = to_bytes(segment);
    if (!prove(message)) {
      return;
    }
    const SendOutcome outcome = client_.send(std::move(message));
    if (outcome == SendOutcome::kSent) {
      offset += segment.size();
    } else if (outcome != SendOutcome::kFull || boot_ms() >= wake_ms_) {
      return;  // the silence that follows is handled like any other
    } else {
      poll(nullptr, 0, static_cast<int>(kQueuePollMs));
    }
  }
  wait_until(boot_ms() + options_.answer_timeout_ms);
}

// A gateway cannot vouch for a log: the segment is proven by our key. False if it cannot be, for
// the server would refuse it.
bool Agent::prove(transport::LogsMessage& segment) const {
  if (!is_behind_gateway()) {
    return true;
  }
  const CurveKey& server_key = client_.server().server_key;
  const Result<Digest> key =
      transport::log_proof_key(keys_.secret_key, server_key, keys_.public_key, server_key);
  if (!pending_ || !key) {
    return false;
  }
  segment.proof = to_bytes(transport::log_proof(*key, pending_->answer.item, segment).view());
  return true;
}

}  // namespace quotemill::agent
