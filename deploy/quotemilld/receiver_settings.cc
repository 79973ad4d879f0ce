#include "deploy/quotemilld/receiver_settings.h"

#include <algorithm>
#include <array>
#include <unistd.h>

#include "deploy/quotemilld/secret_file.h"
#include "transport/sinks/base64.h"
#include "transport/sinks/limits.h"

namespace quotemill::daemon {
namespace {

using transport::EventFormat;
using transport::WebhookMode;

constexpr std::int64_t kMebibyte = 1024 * 1024;
constexpr std::int64_t kYearMs = 366LL * 86'400'000;

std::string required(TomlReader& in, const std::string& key, const std::string& what) {
  std::string value = in.text(key, "");
  if (value.empty()) {
    in.fail(key, "'" + key + "' must be " + what);
  }
  return value;
}

// An absolute path of a file that is there, or none.
std::string read_file_path(TomlReader& in, const std::string& key) {
  std::string path = in.text(key, "");
  if (!path.empty() && (path.front() != '/' || ::access(path.c_str(), R_OK) != 0)) {
    in.fail(key, "'" + key + "' must be the absolute path of a file that the daemon may read");
    path.clear();
  }
  return path;
}

// What is in a file of a secret; "" if none is named.
std::string read_secret(TomlReader& in, const std::string& key) {
  const std::string path = in.text(key, "");
  if (path.empty()) {
    return "";
  }
  const Result<std::string> secret = read_secret_file(path);
  if (!secret) {
    in.fail(key, "'" + key + "': " + secret.error().detail);
  }
  return secret ? *secret : std::string();
}

void expect_usable(TomlReader& in, const std::string& key, const transport::TlsOptions& tls) {
  if (const Result<void> checked = transport::check_tls(tls); !checked) {
    in.fail(key, "'" + key + "': " + checked.error().detail);
  }
}

transport::TlsOptions read_tls(TomlReader& in, const std::string& table) {
  transport::TlsOptions tls;
  tls.ca_file = read_file_path(in, table + ".ca_file");
  expect_usable(in, table + ".ca_file", tls);
  const std::string certificate = table + ".certificate_file";
  transport::TlsOptions ours;
  ours.certificate_file = read_file_path(in, certificate);
  ours.key_file = read_file_path(in, table + ".key_file");
  if (in.has(certificate) != in.has(table + ".key_file")) {
    in.fail(in.has(certificate) ? certificate : table + ".key_file",
            "'certificate_file' and 'key_file' of [" + table + "] come together or not at all");
  } else if (!ours.certificate_file.empty() && !ours.key_file.empty()) {
    expect_usable(in, certificate, ours);
  }
  tls.certificate_file = ours.certificate_file;
  tls.key_file = ours.key_file;
  return tls;
}

std::chrono::milliseconds read_timeout(TomlReader& in, const std::string& table,
                                       std::int64_t default_ms) {
  return std::chrono::milliseconds(in.duration_ms(table + ".timeout", default_ms, 100, 60'000));
}

transport::FileSinkOptions read_file(TomlReader& in) {
  transport::FileSinkOptions file;
  file.path = in.text("file.path", "");
  if (file.path.empty() || file.path.front() != '/') {
    in.fail("file.path", "'file.path' must be the absolute path of the file to write");
  } else if (::access(file.path.substr(0, file.path.rfind('/') + 1).c_str(), W_OK | X_OK) != 0) {
    in.fail("file.path", "'file.path' must be in a folder that is there, and may be written to");
  }
  file.rotate_bytes =
      static_cast<std::uint64_t>(kMebibyte * in.integer("file.rotate_mib", 64, 0, 1024 * 1024));
  file.rotate_after =
      std::chrono::seconds(in.duration_ms("file.rotate_after", 0, 0, kYearMs) / 1'000);
  file.keep = static_cast<unsigned>(in.integer("file.keep", 8, 0, 1000));
  file.sync = in.boolean("file.sync", true);
  return file;
}

transport::SyslogSinkOptions read_syslog(TomlReader& in, EventFormat format) {
  using transport::SyslogTransport;
  constexpr std::array kPorts = {601, 514, 6514};  // RFC 3195, RFC 5426, RFC 5425
  transport::SyslogSinkOptions syslog;
  syslog.transport =
      static_cast<SyslogTransport>(in.choice("syslog.transport", 0, {"tcp", "udp", "tls"}));
  syslog.receiver.host = required(in, "syslog.host", "the receiver's name or address");
  const int default_port = kPorts.at(static_cast<std::size_t>(syslog.transport));
  syslog.receiver.port = std::to_string(in.integer("syslog.port", default_port, 1, 65'535));
  syslog.receiver.timeout = read_timeout(in, "syslog", 5'000);
  syslog.unconfirmed_for = std::chrono::milliseconds(
      in.duration_ms("syslog.unconfirmed_for", syslog.unconfirmed_for.count(),
                     limits::kSinkUnconfirmedMsMin, limits::kSinkUnconfirmedMsMax));
  if (syslog.transport == SyslogTransport::kTls) {
    syslog.tls = read_tls(in, "syslog");
    syslog.tls.server_name = in.text("syslog.server_name", "");
  }
  if (transport::is_json(format)) {
    in.fail("sink.format", "a syslog receiver takes syslog or cef: JSON alone has no header");
  }
  return syslog;
}

transport::HttpReceiver read_http(TomlReader& in, const std::string& table) {
  transport::HttpReceiver receiver;
  receiver.url = in.text(table + ".url", "");
  const bool is_http = receiver.url.starts_with("https://") || receiver.url.starts_with("http://");
  const std::size_t host = receiver.url.find("://") + 3;
  const bool has_host =
      is_http && host < receiver.url.size() && receiver.url.find_first_of("/?#:", host) != host;
  if (!has_host || receiver.url.find_first_of("@ \r\n") != std::string::npos) {
    in.fail(table + ".url", "'" + table +
                                ".url' must be an http:// or https:// address with a host, and "
                                "without a password in it");
  }
  receiver.proxy = in.text(table + ".proxy", "");
  receiver.timeout = read_timeout(in, table, 15'000);
  receiver.tls = read_tls(in, table);
  return receiver;
}

SplunkSettings read_splunk(TomlReader& in, EventFormat format) {
  SplunkSettings splunk{read_http(in, "splunk"), {}};
  splunk.options.token = read_secret(in, "splunk.token_file");
  if (splunk.options.token.empty() && !in.has("splunk.token_file")) {
    in.fail("splunk.token_file", "'splunk.token_file' must be the file with the collector's token");
  }
  splunk.options.index = in.text("splunk.index", "");
  splunk.options.source_type = in.text("splunk.sourcetype", splunk.options.source_type);
  splunk.options.is_json = transport::is_json(format);
  return splunk;
}

void expect_password(TomlReader& in, const std::string& table) {
  if (in.has(table + ".user") != in.has(table + ".password_file")) {
    in.fail(table + (in.has(table + ".user") ? ".user" : ".password_file"),
            "'user' and 'password_file' of [" + table + "] come together or not at all");
  }
}

ElasticSettings read_elastic(TomlReader& in, EventFormat format) {
  ElasticSettings elastic{read_http(in, "elastic"), {}};
  elastic.receiver.url += elastic.receiver.url.ends_with("/") ? "_bulk" : "/_bulk";
  elastic.options.data_stream = in.text("elastic.data_stream", elastic.options.data_stream);
  const std::string api_key = read_secret(in, "elastic.api_key_file");
  const std::string user = in.text("elastic.user", "");
  const std::string password = read_secret(in, "elastic.password_file");
  expect_password(in, "elastic");
  if (!api_key.empty()) {
    elastic.options.authorization = "ApiKey " + api_key;
  } else if (!user.empty()) {
    const std::string both = user + ":" + password;
    elastic.options.authorization = "Basic " + transport::base64(as_bytes(both));
  }
  if (!transport::is_json(format)) {
    in.fail("sink.format", "Elastic takes formats that are JSON: ecs, json, ocsf, cloudevents");
  }
  return elastic;
}

// Standard Webhooks write secrets as "whsec_" and Base64; any other text is one as it is.
std::string read_signing_secret(TomlReader& in) {
  constexpr std::string_view kPrefix = "whsec_";
  std::string secret = read_secret(in, "webhook.secret_file");
  if (!secret.starts_with(kPrefix)) {
    return secret;
  }
  const std::optional<Bytes> bytes =
      transport::from_base64(std::string_view(secret).substr(kPrefix.size()));
  if (!bytes) {
    in.fail("webhook.secret_file", "'webhook.secret_file': what follows whsec_ is no Base64");
  }
  return bytes ? std::string(as_text(*bytes)) : secret;
}

WebhookSettings read_webhook(TomlReader& in, EventFormat& format) {
  WebhookSettings webhook{read_http(in, "webhook"), {}};
  webhook.options.mode =
      static_cast<WebhookMode>(in.choice("webhook.mode", 0, {"batch", "structured", "binary"}));
  webhook.options.signing_secret = read_signing_secret(in);
  const std::string token = read_secret(in, "webhook.token_file");
  webhook.options.authorization = token.empty() ? "" : "Bearer " + token;
  if (format != EventFormat::kCloudEvents) {
    in.fail("sink.format", "a webhook's format is cloudevents; its mode says how they are sent");
  }
  if (webhook.options.mode == WebhookMode::kBinary) {
    format = EventFormat::kCloudEventsBinary;
  }
  return webhook;
}

transport::KafkaSinkOptions read_kafka(TomlReader& in) {
  transport::KafkaSinkOptions kafka;
  kafka.brokers = required(in, "kafka.brokers", "brokers to begin with, \"host:port,host:port\"");
  kafka.topic = in.text("kafka.topic", kafka.topic);
  kafka.uses_tls = in.boolean("kafka.tls", false);
  if (kafka.uses_tls) {
    kafka.tls = read_tls(in, "kafka");
  }
  kafka.user = in.text("kafka.user", "");
  kafka.password = read_secret(in, "kafka.password_file");
  expect_password(in, "kafka");
  kafka.timeout = read_timeout(in, "kafka", 15'000);
  return kafka;
}

}  // namespace

EventFormat default_format(SinkKind kind) {
  switch (kind) {
    case SinkKind::kSyslog:
      return EventFormat::kSyslog;
    case SinkKind::kElastic:
      return EventFormat::kEcs;
    case SinkKind::kWebhook:
      return EventFormat::kCloudEvents;
    case SinkKind::kKafka:
      return EventFormat::kCloudEventsBinary;
    case SinkKind::kFile:
    case SinkKind::kSplunk:
      break;
  }
  return EventFormat::kJson;
}

ReceiverSettings read_receiver(TomlReader& in, SinkKind kind, EventFormat& format) {
  switch (kind) {
    case SinkKind::kFile:
      break;
    case SinkKind::kSyslog:
      return read_syslog(in, format);
    case SinkKind::kSplunk:
      return read_splunk(in, format);
    case SinkKind::kElastic:
      return read_elastic(in, format);
    case SinkKind::kWebhook:
      return read_webhook(in, format);
    case SinkKind::kKafka:
      return read_kafka(in);
  }
  return read_file(in);
}

}  // namespace quotemill::daemon
