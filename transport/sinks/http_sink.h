// HttpSink: events by POST to an HTTP receiver, in requests of bounded size.
//
// An answer 2xx is a delivery, as far as the dialect reads nothing else in it. A request that is
// refused because of its events is cut in halves until those at fault are alone. Everything else
// (429, 5xx, a token that is not taken, an address that is not there) is an Error: it passes, or
// somebody must look.
#pragma once

#include <memory>

#include "transport/sinks/http_client.h"
#include "transport/sinks/http_dialect.h"
#include "transport/sinks/sink.h"

namespace quotemill::transport {

class HttpSink final : public Sink {
 public:
  HttpSink(HttpReceiver receiver, std::unique_ptr<HttpDialect> dialect)
      : client_(std::move(receiver)), dialect_(std::move(dialect)) {}

  Result<std::vector<Refusal>> deliver(std::span<const RenderedEvent> events) override;

  [[nodiscard]] std::chrono::milliseconds asked_pause() const override { return asked_pause_; }

 private:
  [[nodiscard]] std::size_t fitting(std::span<const RenderedEvent> events) const;
  // Adds what is refused to `refused`; `first` is the index of the first event.
  Result<void> send(std::span<const RenderedEvent> events, std::size_t first,
                    std::vector<Refusal>& refused);
  Result<void> take_blame(const HttpAnswer& answer, std::span<const RenderedEvent> events,
                          std::size_t first, std::vector<Refusal>& refused);
  [[nodiscard]] Error failure(const HttpAnswer& answer) const;

  HttpClient client_;
  const std::unique_ptr<HttpDialect> dialect_;
  std::chrono::milliseconds asked_pause_{0};
};

}  // namespace quotemill::transport
