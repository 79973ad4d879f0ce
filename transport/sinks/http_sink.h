// HttpSink: events by POST to an HTTP receiver, in requests of bounded size.
//
// An answer 2xx is a delivery, as far as the dialect reads nothing else in it. A request that is
// refused because of its events is cut in halves until those at fault are alone. Everything else
// (429, 5xx, a token that is not taken, an address that is not there) is an Error: it passes, or
// somebody must look. What arrived before it is not sent again with the next try: a receiver that
// takes so many requests and no more gets on.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <unordered_map>

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

  [[nodiscard]] bool made_headway() const override { return made_headway_; }

  void interrupt() override { is_interrupted_.store(true, std::memory_order_relaxed); }

 private:
  // By id, what became of an event: why it was refused, or "" if it arrived.
  using Settled = std::unordered_map<std::string, std::string>;

  [[nodiscard]] std::size_t fitting(std::span<const RenderedEvent> events) const;
  [[nodiscard]] std::vector<RenderedEvent> unsettled(std::span<const RenderedEvent> events);
  Result<void> send(std::span<const RenderedEvent> events);
  Result<void> take_blame(const HttpAnswer& answer, std::span<const RenderedEvent> events);
  void settle(const RenderedEvent& event, const std::string& refusal);
  [[nodiscard]] Error failure(const HttpAnswer& answer) const;
  // What an answer says for people, without the secrets of the address it may repeat.
  [[nodiscard]] std::string words_of(const HttpAnswer& answer) const;

  HttpClient client_;
  const std::unique_ptr<HttpDialect> dialect_;
  std::chrono::milliseconds asked_pause_{0};
  Settled settled_;  // of what is being given, until all of it is
  bool made_headway_ = false;
  std::atomic<bool> is_interrupted_{false};
};

}  // namespace quotemill::transport
