#include <charconv>

#include "deploy/quotemilld/metrics.h"
#include "deploy/quotemilld/readiness.h"
#include "transport/http/metric_page.h"
#include "transport/render/json.h"

namespace quotemill::daemon {

using transport::HttpPage;
using transport::Json;

Result<void> MonitoringPages::listen(const std::string& listen) {
  const std::size_t colon = listen.rfind(':');
  transport::HttpServerOptions options;
  options.address = listen.substr(0, colon);
  const char* const end = listen.data() + listen.size();
  if (colon == std::string::npos ||
      std::from_chars(listen.data() + colon + 1, end, options.port).ptr != end) {
    return Error{ErrorCode::kConfig, "metrics.listen", 0, listen + " is no ADDRESS:PORT"};
  }
  // Brackets around an IPv6 address.
  if (options.address.starts_with('[') && options.address.ends_with(']')) {
    options.address = options.address.substr(1, options.address.size() - 2);
  }
  Result<std::unique_ptr<transport::HttpServer>> opened = transport::HttpServer::open(
      options, [this](std::string_view path, std::string_view query) { return page(path, query); });
  if (!opened) {
    return opened.error();
  }
  server_ = *std::move(opened);
  server_->serve();
  return {};
}

HttpPage MonitoringPages::page(std::string_view path, std::string_view query) const {
  if (path == "/metrics") {
    return {200, transport::MetricPage::kContentType, metrics_text(parts_, server_->counters())};
  }
  if (path == "/healthz") {
    return {200, "text/plain; charset=utf-8", "ok\n"};
  }
  if (path == "/readyz") {
    return readiness(query == "verbose");
  }
  return {404, "text/plain; charset=utf-8", "/metrics, /healthz, /readyz\n"};
}

HttpPage MonitoringPages::readiness(bool is_verbose) const {
  const Result<StoreStatus> store = parts_.history.status();
  const std::vector<Hindrance> because =
      hindrances({store, is_draining_.load(std::memory_order_relaxed),
                  parts_.pipeline.commits_fail.load(std::memory_order_relaxed),
                  parts_.clock.now().boot.ms - heard_ms_.load(std::memory_order_relaxed)});
  const int status = because.empty() ? 200 : 503;
  if (!is_verbose) {
    std::string text = because.empty() ? "ready\n" : "not ready\n";
    for (const Hindrance& one : because) {
      text += one.name + ": " + one.why + "\n";
    }
    return {status, "text/plain; charset=utf-8", text};
  }
  Json reasons = Json::object();
  for (const Hindrance& one : because) {
    reasons[one.name] = one.why;
  }
  const Json answer = {{"ready", because.empty()},
                       {"because", std::move(reasons)},
                       {"stream", store ? Json(store->stream_id) : Json(nullptr)}};
  return {status, "application/json", transport::to_line(answer) + "\n"};
}

}  // namespace quotemill::daemon
