#include "transport/sinks/http_sink.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kAnswerShown = 200;

bool is_success(const HttpAnswer& answer) {
  return answer.status >= 200 && answer.status < 300;
}

}  // namespace

// 429 Too Many Requests, 503 Service Unavailable; then what passes by nothing but somebody's work.
ErrorCode code_of_status(int status) {
  if (status == 429 || status == 503) {
    return ErrorCode::kBusy;
  }
  return status >= 300 && status < 500 && status != 408 ? ErrorCode::kDenied
                                                        : ErrorCode::kMalformed;
}

// 400 Bad Request, 413 Content Too Large, 422 Unprocessable Content (RFC 9110, 15.5).
bool HttpDialect::blames_events(const HttpAnswer& answer) const {
  return answer.status == 400 || answer.status == 413 || answer.status == 422;
}

std::string HttpSink::words_of(const HttpAnswer& answer) const {
  return "it answered " + std::to_string(answer.status) +
         (answer.body.empty()
              ? ""
              : ": " + escaped(client_.receiver().without_secrets(answer.body), kAnswerShown));
}

Error HttpSink::failure(const HttpAnswer& answer) const {
  return {code_of_status(answer.status), "sink", 0,
          client_.receiver().place() + ": " + words_of(answer)};
}

// How many of the first events make a request: one at least.
std::size_t HttpSink::fitting(std::span<const RenderedEvent> events) const {
  const std::size_t most = std::min(events.size(), dialect_->events_max());
  std::size_t count = 0;
  for (std::size_t bytes = 0; count < most; ++count) {
    bytes += events[count].body.size();
    if (count != 0 && bytes > limits::kSinkRequestSizeMax) {
      break;
    }
  }
  return count;
}

// Those of which nothing is known yet. What is known of others is of no use any more.
std::vector<RenderedEvent> HttpSink::unsettled(std::span<const RenderedEvent> events) {
  Settled still;
  std::vector<RenderedEvent> out;
  for (const RenderedEvent& event : events) {
    if (const auto known = settled_.find(event.id); known != settled_.end()) {
      still.insert(*known);
    } else {
      out.push_back(event);
    }
  }
  settled_ = std::move(still);
  return out;
}

Result<std::vector<Refusal>> HttpSink::deliver(std::span<const RenderedEvent> events) {
  asked_pause_ = std::chrono::milliseconds(0);
  made_headway_ = false;
  const std::vector<RenderedEvent> open = unsettled(events);
  for (std::span<const RenderedEvent> rest(open); !rest.empty();) {
    const std::span<const RenderedEvent> next = rest.first(fitting(rest));
    if (Result<void> sent = send(next); !sent) {
      return sent.error();
    }
    rest = rest.subspan(next.size());
  }
  std::vector<Refusal> refused;
  for (std::size_t index = 0; index < events.size(); ++index) {
    if (const std::string& reason = settled_.at(events[index].id); !reason.empty()) {
      refused.push_back({index, reason});
    }
  }
  settled_.clear();
  return refused;
}

void HttpSink::settle(const RenderedEvent& event, const std::string& refusal) {
  settled_.insert_or_assign(event.id, refusal);
  made_headway_ = true;
}

Result<void> HttpSink::send(std::span<const RenderedEvent> events) {
  if (is_interrupted_.load(std::memory_order_relaxed)) {
    return Error{ErrorCode::kIo, "sink", 0, "stops"};
  }
  const Result<HttpAnswer> answer = client_.post(dialect_->request(events));
  if (!answer) {
    return answer.error();
  }
  if (!is_success(*answer)) {
    return take_blame(*answer, events);
  }
  const Result<std::vector<Refusal>> some = dialect_->refusals(*answer, events.size());
  if (!some) {
    asked_pause_ = answer->retry_after;
    return Error{some.error().code, "sink", 0,
                 client_.receiver().place() + ": " +
                     client_.receiver().without_secrets(some.error().detail)};
  }
  for (const RenderedEvent& event : events) {
    settle(event, "");
  }
  for (const Refusal& refusal : *some) {
    settle(events[refusal.index], client_.receiver().without_secrets(refusal.reason));
  }
  return {};
}

Result<void> HttpSink::take_blame(const HttpAnswer& answer, std::span<const RenderedEvent> events) {
  if (!dialect_->blames_events(answer)) {
    asked_pause_ = answer.retry_after;
    return failure(answer);
  }
  if (events.size() == 1) {
    settle(events.front(), words_of(answer));
    return {};
  }
  const std::size_t half = events.size() / 2;
  Result<void> sent = send(events.first(half));
  return sent ? send(events.subspan(half)) : sent;
}

}  // namespace quotemill::transport
