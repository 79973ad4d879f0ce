#include "deploy/quotemilld/sink_start.h"

#include <array>
#include <unistd.h>
#include <utility>

#include "transport/sinks/http_sink.h"

namespace quotemill::daemon {
namespace {

using transport::Sink;

using MadeSink = Result<std::unique_ptr<Sink>>;

std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// What no setting says.
void identify(transport::EventSource& source) {
  source.verifier = machine_name();
  source.version = QUOTEMILL_VERSION;
  source.process_id = static_cast<std::uint32_t>(::getpid());
}

MadeSink http_sink(const transport::HttpReceiver& receiver,
                   std::unique_ptr<transport::HttpDialect> dialect) {
  return std::unique_ptr<Sink>(std::make_unique<transport::HttpSink>(receiver, std::move(dialect)));
}

MadeSink make_sink(const transport::FileSinkOptions& file) {
  return std::unique_ptr<Sink>(std::make_unique<transport::FileSink>(file));
}

MadeSink make_sink(const transport::SyslogSinkOptions& syslog) {
  return std::unique_ptr<Sink>(std::make_unique<transport::SyslogSink>(syslog));
}

MadeSink make_sink(const SplunkSettings& splunk) {
  return http_sink(splunk.receiver, transport::make_splunk_dialect(splunk.options));
}

MadeSink make_sink(const ElasticSettings& elastic) {
  return http_sink(elastic.receiver, transport::make_elastic_dialect(elastic.options));
}

MadeSink make_sink(const WebhookSettings& webhook) {
  return http_sink(webhook.receiver, transport::make_webhook_dialect(webhook.options));
}

MadeSink make_sink(const transport::KafkaSinkOptions& kafka) {
  return transport::KafkaSink::create(kafka);
}

}  // namespace

Result<std::unique_ptr<transport::SinkRunner>> start_sink(const SinkSettings& settings,
                                                          const std::string& state_folder,
                                                          const SinkParts& parts,
                                                          transport::SinkRunner::Log log) {
  MadeSink sink =
      std::visit([](const auto& receiver) { return make_sink(receiver); }, settings.receiver);
  if (!sink) {
    return sink.error();
  }
  const std::string files = state_folder + "/sinks/" + settings.name;
  transport::SinkRunnerOptions options;
  options.name = settings.name;
  options.per_second = settings.per_second;
  options.dead_letter_path = files + ".dead.jsonl";
  options.feed = settings.feed;
  options.feed.cursor_path = files + ".cursor";
  options.feed.confirmed_after = (*sink)->confirmed_after();
  identify(options.feed.source);
  options.feed.host_of = [&hosts = parts.hosts](const HostUid& uid) {
    return transport::told_host(hosts, uid);
  };
  return std::make_unique<transport::SinkRunner>(std::move(options), parts.store, parts.clock,
                                                 *std::move(sink), std::move(log));
}

}  // namespace quotemill::daemon
