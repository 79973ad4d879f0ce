// CloudEvents over HTTP, signed.
#include <chrono>

#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "transport/sinks/base64.h"
#include "transport/sinks/http_dialect.h"

namespace quotemill::transport {
namespace {

// A header's value in binary mode (HTTP protocol binding 1.0.2, 3.1.3.2).
std::string percent_encoded(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c <= ' ' || c >= '\x7F' || c == '"' || c == '%') {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kDigits[byte >> 4U], kDigits[byte & 0xFU]};
    } else {
      out += c;
    }
  }
  return out;
}

class WebhookDialect final : public HttpDialect {
 public:
  explicit WebhookDialect(WebhookOptions options) : options_(std::move(options)) {}

  [[nodiscard]] std::size_t events_max() const override {
    return options_.mode == WebhookMode::kBatch ? limits::kSinkBatchMax : 1;
  }

  [[nodiscard]] HttpRequest request(std::span<const RenderedEvent> events) const override {
    HttpRequest request;
    switch (options_.mode) {
      case WebhookMode::kBatch:
        add_batch(events, request);
        break;
      case WebhookMode::kStructured:
        request.headers = {"Content-Type: application/cloudevents+json; charset=utf-8"};
        request.body = events.front().body;
        break;
      case WebhookMode::kBinary:
        add_binary(events.front(), request);
        break;
    }
    if (!options_.authorization.empty()) {
      request.headers.push_back("Authorization: " + options_.authorization);
    }
    if (!options_.signing_secret.empty()) {
      sign(events.front().id, request);
    }
    return request;
  }

  // Whoever answers 2xx has them all.
  [[nodiscard]] Result<std::vector<Refusal>> refusals(const HttpAnswer& /*answer*/,
                                                      std::size_t /*count*/) const override {
    return std::vector<Refusal>();
  }

 private:
  static void add_batch(std::span<const RenderedEvent> events, HttpRequest& request) {
    request.headers = {"Content-Type: application/cloudevents-batch+json; charset=utf-8"};
    request.body = "[";
    for (const RenderedEvent& event : events) {
      request.body += (request.body.size() == 1 ? "" : ",") + event.body;
    }
    request.body += "]";
  }

  static void add_binary(const RenderedEvent& event, HttpRequest& request) {
    request.body = event.body;
    for (const auto& [name, value] : event.attributes) {
      request.headers.push_back((name == "datacontenttype" ? "Content-Type" : "ce-" + name) + ": " +
                                percent_encoded(value));
    }
  }

  void sign(const std::string& id, HttpRequest& request) const {
    using std::chrono::system_clock;
    const std::string now = std::to_string(system_clock::to_time_t(system_clock::now()));
    const std::string signed_text = id + "." + now + "." + request.body;
    const Digest mac = hmac_sha256(as_bytes(options_.signing_secret), as_bytes(signed_text));
    request.headers.push_back("webhook-id: " + id);
    request.headers.push_back("webhook-timestamp: " + now);
    request.headers.push_back("webhook-signature: v1," + base64(mac.view()));
  }

  const WebhookOptions options_;
};

}  // namespace

std::unique_ptr<HttpDialect> make_webhook_dialect(WebhookOptions options) {
  return std::make_unique<WebhookDialect>(std::move(options));
}

}  // namespace quotemill::transport
