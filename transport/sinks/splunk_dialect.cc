// Splunk's HTTP Event Collector: events one after another, each in an envelope.
#include <algorithm>
#include <array>
#include <cstdio>

#include "engine/base/limits.h"
#include "transport/render/json.h"
#include "transport/sinks/http_dialect.h"

namespace quotemill::transport {
namespace {

constexpr int kSuccess = 0;

// Codes of HEC's answers that are about the events: no data, invalid data, event field missing,
// event field blank, error in handling indexed fields.
constexpr std::array kEventCodes = {5, 6, 12, 13, 15};

class SplunkDialect final : public HttpDialect {
 public:
  explicit SplunkDialect(SplunkOptions options) : options_(std::move(options)) {}

  [[nodiscard]] std::size_t events_max() const override { return limits::kSinkBatchMax; }

  [[nodiscard]] HttpRequest request(std::span<const RenderedEvent> events) const override {
    HttpRequest request;
    request.headers = {"Authorization: Splunk " + options_.token, "Content-Type: application/json"};
    for (const RenderedEvent& event : events) {
      request.body += envelope(event);
    }
    return request;
  }

  // HEC takes all of a request or nothing, and says so: a page of somebody who is in its place, of
  // a load balancer, is no delivery.
  [[nodiscard]] Result<std::vector<Refusal>> refusals(const HttpAnswer& answer,
                                                      std::size_t /*count*/) const override {
    if (code_of(answer) != kSuccess) {
      return Error{ErrorCode::kMalformed, "sink", 0, "its answer is not the one of a collector"};
    }
    return std::vector<Refusal>();
  }

  [[nodiscard]] bool blames_events(const HttpAnswer& answer) const override {
    const std::optional<int> code = code_of(answer);
    if (answer.status != 400 || !code) {
      return answer.status == 413;
    }
    return std::find(kEventCodes.begin(), kEventCodes.end(), *code) != kEventCodes.end();
  }

 private:
  static std::optional<int> code_of(const HttpAnswer& answer) {
    const std::optional<Json> said = parse_json(answer.body);
    return said && said->is_object() && said->contains("code") &&
                   said->at("code").is_number_integer()
               ? std::optional<int>(said->at("code").get<int>())
               : std::nullopt;
  }

  [[nodiscard]] std::string envelope(const RenderedEvent& event) const {
    Json head = {{"source", "quotemill"}, {"sourcetype", options_.source_type}};
    if (!options_.index.empty()) {
      head["index"] = options_.index;
    }
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), "%.3f", static_cast<double>(event.time.ms) / 1'000.0);
    // The body is JSON already: it is put in as it is.
    std::string text = to_line(head);
    text.pop_back();
    return text + ",\"time\":" + time.data() + ",\"fields\":{\"event_id\":" + to_line(event.id) +
           "},\"event\":" + (options_.is_json ? event.body : to_line(event.body)) + "}\n";
  }

  const SplunkOptions options_;
};

}  // namespace

std::unique_ptr<HttpDialect> make_splunk_dialect(SplunkOptions options) {
  return std::make_unique<SplunkDialect>(std::move(options));
}

}  // namespace quotemill::transport
