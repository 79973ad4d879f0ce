// HttpDialect: how events become a request of one kind of receiver, and what its answer says.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "transport/sinks/http_client.h"
#include "transport/sinks/sink.h"

namespace quotemill::transport {

// What kind of failure a status is (sink_cause.h) that is neither a success nor a refusal.
ErrorCode code_of_status(int status);

// Immutable.
class HttpDialect {
 public:
  HttpDialect() = default;
  HttpDialect(const HttpDialect&) = delete;
  HttpDialect& operator=(const HttpDialect&) = delete;
  virtual ~HttpDialect() = default;

  // How many events a request may have.
  [[nodiscard]] virtual std::size_t events_max() const = 0;

  // REQUIRES: 0 < events.size() <= events_max()
  [[nodiscard]] virtual HttpRequest request(std::span<const RenderedEvent> events) const = 0;

  // What a receiver that answered 2xx has refused for good, of so many events. An Error: they are
  // to be given again.
  [[nodiscard]] virtual Result<std::vector<Refusal>> refusals(const HttpAnswer& answer,
                                                              std::size_t count) const = 0;

  // Whether another status says that the events are at fault, and not we, nor the time.
  [[nodiscard]] virtual bool blames_events(const HttpAnswer& answer) const;
};

// HTTP Event Collector of Splunk, /services/collector/event.
struct SplunkOptions {
  std::string token;
  std::string index;  // empty: the token's
  std::string source_type = "quotemill:trust";
  bool is_json = true;  // the events are
};

// Elasticsearch's and OpenSearch's _bulk. An event that is there already is one that has arrived.
struct ElasticOptions {
  std::string data_stream = "logs-quotemill.trust-default";
  std::string authorization;  // "ApiKey …" or "Basic …"; empty: none
};

// CloudEvents 1.0 over HTTP (the protocol binding's three modes).
enum class WebhookMode : std::uint8_t { kBatch, kStructured, kBinary };

// Signed as Standard Webhooks have it: HMAC-SHA-256 over "<webhook-id>.<webhook-timestamp>.<body>",
// with the id of the (first) event. In binary mode the other ce- headers are not covered.
struct WebhookOptions {
  WebhookMode mode = WebhookMode::kBatch;
  std::string signing_secret;  // empty: unsigned
  std::string authorization;   // empty: none
};

std::unique_ptr<HttpDialect> make_splunk_dialect(SplunkOptions options);
std::unique_ptr<HttpDialect> make_elastic_dialect(ElasticOptions options);
std::unique_ptr<HttpDialect> make_webhook_dialect(WebhookOptions options);

}  // namespace quotemill::transport
