#include "deploy/quotemilld/config.h"

#include "deploy/common/log_settings.h"
#include "deploy/common/text_file.h"
#include "engine/base/limits.h"
#include "engine/policy/toml_reader.h"
#include "transport/socket/endpoint.h"

namespace quotemill::daemon {
namespace {

constexpr std::int64_t kMebibyte = 1024 * 1024;
constexpr std::int64_t kInboxItemsMin = 8;
constexpr std::size_t kIpcPathMax = 100;  // sun_path holds 107

std::string read_endpoint(TomlReader& in, std::string_view key, const std::string& default_value) {
  std::string endpoint = in.text(key, default_value);
  if (!transport::is_tcp_endpoint(endpoint) && !transport::is_ipc_endpoint(endpoint)) {
    in.fail(key, "'" + std::string(key) +
                     "' must be \"tcp://ADDRESS:PORT\" (a port from 1 to 65535) or \"ipc:///PATH\" "
                     "(a path of at most " +
                     std::to_string(kIpcPathMax) + " characters)");
  }
  return endpoint;
}

// The change stream has no keys of its own yet: a folder guards it, which a network has not.
std::string read_stream_endpoint(TomlReader& in, const std::string& default_value) {
  std::string endpoint = in.text("listen.changes", default_value);
  if (!transport::is_ipc_endpoint(endpoint)) {
    in.fail("listen.changes", "'listen.changes' must be \"ipc:///PATH\" (a path of at most " +
                                  std::to_string(kIpcPathMax) + " characters)");
  }
  return endpoint;
}

std::string read_path(TomlReader& in, std::string_view key, const std::string& default_value,
                      bool may_be_empty) {
  std::string path = in.text(key, default_value);
  const bool is_fine = path.empty() ? may_be_empty : path.front() == '/';
  if (!is_fine) {
    in.fail(key, "'" + std::string(key) + "' must be an absolute path");
  }
  return path;
}

std::string read_control_path(TomlReader& in, const std::string& default_value) {
  std::string path = read_path(in, "listen.control", default_value, false);
  if (path.size() > kIpcPathMax) {
    in.fail("listen.control", "'listen.control' is longer than a socket's path may be (" +
                                  std::to_string(kIpcPathMax) + " characters)");
  }
  return path;
}

void read_listen(TomlReader& in, Config::Listen& listen) {
  listen.attest = read_endpoint(in, "listen.attest", listen.attest);
  listen.enrol = read_endpoint(in, "listen.enrol", listen.enrol);
  listen.attest_public = read_endpoint(in, "listen.attest_public", listen.attest);
  listen.control = read_control_path(in, listen.control);
  listen.changes = read_stream_endpoint(in, listen.changes);
  if (listen.attest == listen.enrol) {
    in.fail("listen.enrol", "'listen.enrol' must differ from 'listen.attest'");
  }
}

void read_pipeline(TomlReader& in, Config::Pipeline& pipeline) {
  pipeline.threads = in.integer("pipeline.threads", pipeline.threads, 0, 1024);
  pipeline.batch_age_ms = in.duration_ms("pipeline.batch_age", pipeline.batch_age_ms, 0, 1000);
  pipeline.batch_rest_ms = in.duration_ms("pipeline.batch_rest", pipeline.batch_rest_ms, 0, 1000);
  pipeline.inbox_items = in.integer("pipeline.inbox", pipeline.inbox_items, kInboxItemsMin,
                                    std::int64_t{limits::kInboxItemsMax});
  pipeline.memory_bytes =
      kMebibyte *
      in.integer("pipeline.memory_mib", pipeline.memory_bytes / kMebibyte, 256, 1024 * 1024);
  pipeline.need_timeout_ms =
      in.duration_ms("pipeline.need_timeout", pipeline.need_timeout_ms, 100, 600'000);
}

std::string read_monitoring_address(TomlReader& in, const std::string& default_value) {
  std::string address = in.text("metrics.listen", default_value);
  if (!address.empty() && !transport::is_tcp_endpoint("tcp://" + address)) {
    in.fail("metrics.listen", "'metrics.listen' must be \"ADDRESS:PORT\", or \"\" for nowhere");
  }
  return address;
}

void read_outbox(TomlReader& in, Config::Outbox& outbox) {
  constexpr std::int64_t kMost = 1'000'000'000;
  outbox.keep = static_cast<std::uint64_t>(
      in.integer("outbox.keep", static_cast<std::int64_t>(outbox.keep), 1'000, kMost));
  outbox.keep_max = static_cast<std::uint64_t>(
      in.integer("outbox.keep_max", static_cast<std::int64_t>(outbox.keep_max), 0, kMost));
  if (outbox.keep_max != 0 && outbox.keep_max < outbox.keep) {
    in.fail("outbox.keep_max", "'outbox.keep_max' must be 0 or at least 'outbox.keep'");
  }
}

void read_history(TomlReader& in, Config::History& history) {
  constexpr std::int64_t kDay = 86'400'000;
  constexpr std::int64_t kAgeMax = 36'500 * kDay;
  history.trusted_ms = in.duration_ms("history.trusted_for", history.trusted_ms, kDay, kAgeMax);
  history.warning_ms = in.duration_ms("history.warning_for", history.warning_ms, kDay, kAgeMax);
  history.failed_ms = in.duration_ms("history.failed_for", history.failed_ms, kDay, kAgeMax);
  constexpr std::int64_t kCountMax = 1'000'000'000;
  history.trusted_count = in.integer("history.trusted_count", history.trusted_count, 0, kCountMax);
  history.warning_count = in.integer("history.warning_count", history.warning_count, 0, kCountMax);
  history.failed_count = in.integer("history.failed_count", history.failed_count, 0, kCountMax);
  history.appraisals_per_host =
      in.integer("history.appraisals_per_host", history.appraisals_per_host, 100, 1'000'000'000);
  history.collect_every_ms =
      in.duration_ms("history.collect_every", history.collect_every_ms, 60'000, 30 * kDay);
}

}  // namespace

Result<Config> parse_config(std::string_view text, std::string_view file_name) {
  Result<TomlReader> in = TomlReader::parse(text, file_name);
  if (!in) {
    return in.error();
  }
  Config config;
  read_listen(*in, config.listen);
  config.state.folder = read_path(*in, "state.folder", config.state.folder, false);
  config.state.store = read_path(*in, "state.store", config.state.folder + "/store", false);
  config.trust.roots = read_path(*in, "trust.roots", config.trust.roots, false);
  config.trust.ek_list = read_path(*in, "trust.ek_list", "", true);
  config.enrolment.pending_ttl_ms = in->duration_ms(
      "enrolment.pending_ttl", config.enrolment.pending_ttl_ms, 1000, 30LL * 86'400'000);
  config.enrolment.memory_bytes =
      kMebibyte *
      in->integer("enrolment.memory_mib", config.enrolment.memory_bytes / kMebibyte, 64, 65'536);
  read_pipeline(*in, config.pipeline);
  read_outbox(*in, config.outbox);
  config.metrics.listen = read_monitoring_address(*in, config.metrics.listen);
  read_history(*in, config.history);
  config.log = program::read_log_settings(*in);
  config.policy_file = read_path(*in, "policy.file", "", true);
  config.sinks = read_path(*in, "sinks.folder", config.sinks, false);
  config.gateways = read_path(*in, "gateways.folder", config.gateways, false);
  if (Result<void> done = in->finish(); !done) {
    return done.error();
  }
  return config;
}

Result<Config> load_config(const std::string& file_name) {
  if (file_name.empty()) {
    return parse_config("", "built-in defaults");
  }
  const Result<std::string> text = program::read_text_file(file_name, limits::kPolicySizeMax);
  if (!text) {
    return text.error();
  }
  return parse_config(*text, file_name);
}

Result<Policy> load_policy(const Config& config) {
  if (config.policy_file.empty()) {
    return default_policy();
  }
  const Result<std::string> text =
      program::read_text_file(config.policy_file, limits::kPolicySizeMax);
  if (!text) {
    return text.error();
  }
  return parse_policy(*text, config.policy_file);
}

}  // namespace quotemill::daemon
