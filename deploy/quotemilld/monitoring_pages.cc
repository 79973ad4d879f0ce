#include <charconv>

#include "deploy/quotemilld/metrics.h"
#include "engine/base/text.h"
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

// Whether evidence is judged and remembered: the store answers, and nobody is stopping us.
HttpPage MonitoringPages::readiness(bool is_verbose) const {
  const Result<StoreStatus> store = parts_.history.status();
  const bool is_draining = is_draining_.load(std::memory_order_relaxed);
  const int status = store && !is_draining ? 200 : 503;
  if (!is_verbose) {
    return {status, "text/plain; charset=utf-8", status == 200 ? "ready\n" : "not ready\n"};
  }
  const Json answer = {{"ready", status == 200},
                       {"draining", is_draining},
                       {"store", store ? Json("open") : Json(printable(store.error().to_string()))},
                       {"stream", store ? Json(store->stream_id) : Json(nullptr)}};
  return {status, "application/json", transport::to_line(answer) + "\n"};
}

}  // namespace quotemill::daemon
