#include "transport/sinks/http_sink.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::transport {
namespace {

constexpr std::size_t kAnswerShown = 200;

// What an answer says for people.
std::string words_of(const HttpAnswer& answer) {
  return "it answered " + std::to_string(answer.status) +
         (answer.body.empty() ? "" : ": " + escaped(answer.body, kAnswerShown));
}

bool is_success(const HttpAnswer& answer) {
  return answer.status >= 200 && answer.status < 300;
}

}  // namespace

// 400 Bad Request, 413 Content Too Large, 422 Unprocessable Content (RFC 9110, 15.5).
bool HttpDialect::blames_events(const HttpAnswer& answer) const {
  return answer.status == 400 || answer.status == 413 || answer.status == 422;
}

Error HttpSink::failure(const HttpAnswer& answer) const {
  return {ErrorCode::kIo, "sink", 0, client_.url() + ": " + words_of(answer)};
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

Result<std::vector<Refusal>> HttpSink::deliver(std::span<const RenderedEvent> events) {
  asked_pause_ = std::chrono::milliseconds(0);
  std::vector<Refusal> refused;
  for (std::size_t first = 0; first < events.size();) {
    const std::span<const RenderedEvent> next =
        events.subspan(first, fitting(events.subspan(first)));
    if (Result<void> sent = send(next, first, refused); !sent) {
      return sent.error();
    }
    first += next.size();
  }
  return refused;
}

Result<void> HttpSink::send(std::span<const RenderedEvent> events, std::size_t first,
                            std::vector<Refusal>& refused) {
  const Result<HttpAnswer> answer = client_.post(dialect_->request(events));
  if (!answer) {
    return answer.error();
  }
  if (!is_success(*answer)) {
    return take_blame(*answer, events, first, refused);
  }
  const Result<std::vector<Refusal>> some = dialect_->refusals(*answer, events.size());
  if (!some) {
    asked_pause_ = answer->retry_after;
    return some.error();
  }
  for (const Refusal& refusal : *some) {
    refused.push_back({first + refusal.index, refusal.reason});
  }
  return {};
}

Result<void> HttpSink::take_blame(const HttpAnswer& answer, std::span<const RenderedEvent> events,
                                  std::size_t first, std::vector<Refusal>& refused) {
  if (!dialect_->blames_events(answer)) {
    asked_pause_ = answer.retry_after;
    return failure(answer);
  }
  if (events.size() == 1) {
    refused.push_back({first, words_of(answer)});
    return {};
  }
  const std::size_t half = events.size() / 2;
  Result<void> sent = send(events.first(half), first, refused);
  return sent ? send(events.subspan(half), first + half, refused) : sent;
}

}  // namespace quotemill::transport
