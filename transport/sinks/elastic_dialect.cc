// Elasticsearch's _bulk: a line that says what to do, a line with the document; the answer has an
// item for each, in order.
#include <algorithm>
#include <array>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "transport/render/json.h"
#include "transport/sinks/http_dialect.h"

namespace quotemill::transport {
namespace {

constexpr int kConflict = 409;  // it is there already
constexpr std::size_t kReasonMax = 300;

Error strange(const std::string& what, ErrorCode code = ErrorCode::kMalformed) {
  return {code, "sink", 0, "an answer of _bulk " + what};
}

// About the document, and not about our key, the index or the time.
bool is_refusal(int status) {
  constexpr std::array kOurs = {401, 403, 404, 408, 429};
  return status >= 400 && status < 500 && status != kConflict &&
         std::find(kOurs.begin(), kOurs.end(), status) == kOurs.end();
}

bool is_integer(const Json& object, const char* name) {
  return object.contains(name) && object.at(name).is_number_integer();
}

class ElasticDialect final : public HttpDialect {
 public:
  explicit ElasticDialect(ElasticOptions options) : options_(std::move(options)) {}

  [[nodiscard]] std::size_t events_max() const override { return limits::kSinkBatchMax; }

  [[nodiscard]] HttpRequest request(std::span<const RenderedEvent> events) const override {
    HttpRequest request;
    request.headers = {"Content-Type: application/x-ndjson"};
    if (!options_.authorization.empty()) {
      request.headers.push_back("Authorization: " + options_.authorization);
    }
    for (const RenderedEvent& event : events) {
      const Json create = {{"create", {{"_index", options_.data_stream}, {"_id", event.id}}}};
      request.body += to_line(create) + "\n" + event.body + "\n";
    }
    return request;
  }

  [[nodiscard]] Result<std::vector<Refusal>> refusals(const HttpAnswer& answer,
                                                      std::size_t count) const override {
    const std::optional<Json> said = parse_json(answer.body);
    if (!said || !said->is_object() || !said->contains("items") || !said->at("items").is_array()) {
      return strange("has no items");
    }
    const Json& items = said->at("items");
    if (items.size() != count) {
      return strange("has " + std::to_string(items.size()) + " items for " + std::to_string(count) +
                     " events");
    }
    std::vector<Refusal> refused;
    for (std::size_t index = 0; index < count; ++index) {
      const Json& item = items.at(index);
      if (!item.is_object() || !item.contains("create") ||
          !is_integer(item.at("create"), "status")) {
        return strange("has an item without a status");
      }
      const int status = item.at("create").at("status").get<int>();
      const bool has_arrived = status == kConflict || (status >= 200 && status < 300);
      if (is_refusal(status)) {
        refused.push_back({index, reason_of(status, item.at("create"))});
      } else if (!has_arrived) {
        return strange("puts an event off with " + reason_of(status, item.at("create")),
                       code_of_status(status));
      }
    }
    return refused;
  }

 private:
  static std::string reason_of(int status, const Json& created) {
    std::string reason = "status " + std::to_string(status);
    if (created.contains("error")) {
      reason += ": " + escaped(to_line(created.at("error")), kReasonMax);
    }
    return reason;
  }

  const ElasticOptions options_;
};

}  // namespace

std::unique_ptr<HttpDialect> make_elastic_dialect(ElasticOptions options) {
  return std::make_unique<ElasticDialect>(std::move(options));
}

}  // namespace quotemill::transport
