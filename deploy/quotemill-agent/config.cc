#include "deploy/quotemill-agent/config.h"

#include <algorithm>
#include <array>

#include "deploy/common/log_settings.h"
#include "deploy/common/text_file.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/policy/toml_reader.h"
#include "transport/socket/endpoint.h"

namespace quotemill::agent {
namespace {

using transport::ServerAddress;

bool are_keys(const std::vector<std::string>& texts) {
  return std::all_of(texts.begin(), texts.end(),
                     [](const std::string& text) { return transport::from_z85(text).has_value(); });
}

// `endpoints` and `keys` are lists in order of preference; one key serves all endpoints.
std::vector<ServerAddress> read_servers(TomlReader& in, const std::string& endpoints_key,
                                        const std::vector<std::string>& keys) {
  const std::vector<std::string> endpoints = in.texts(endpoints_key, {});
  std::vector<ServerAddress> servers;
  if (endpoints.empty()) {
    in.fail(endpoints_key, "'" + endpoints_key + "' must list at least one \"tcp://HOST:PORT\"");
    return servers;
  }
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (!transport::is_tcp_endpoint(endpoints[i]) && !transport::is_ipc_endpoint(endpoints[i])) {
      in.fail(endpoints_key, "'" + endpoints_key +
                                 "' must list endpoints as \"tcp://HOST:PORT\" (a port from 1 to "
                                 "65535)");
    }
    const std::string& text = keys.empty() ? std::string() : keys[std::min(i, keys.size() - 1)];
    if (const auto key = transport::from_z85(text)) {
      servers.push_back({endpoints[i], *key});
    }
  }
  return servers;
}

// Gateways that carry for the first of the servers; none is fine.
std::vector<ServerAddress> read_gateways(TomlReader& in, const std::string& server_key) {
  if (!in.has("server.gateways")) {
    return {};
  }
  const std::vector<std::string> keys = in.texts("server.gateway_keys", {});
  if (keys.empty() || !are_keys(keys)) {
    in.fail("server.gateway_keys",
            "'server.gateway_keys' must list the gateways' public keys, 40 characters each, as in "
            "the file gateway.pub of a gateway's state folder");
  }
  std::vector<ServerAddress> gateways = read_servers(in, "server.gateways", keys);
  for (ServerAddress& gateway : gateways) {
    gateway.gateway_key = gateway.server_key;
    gateway.server_key = transport::from_z85(server_key).value_or(CurveKey{});
  }
  return gateways;
}

std::vector<std::string> read_keys(TomlReader& in) {
  std::vector<std::string> keys = in.texts("server.keys", {});
  if (keys.empty() || !are_keys(keys)) {
    in.fail("server.keys",
            "'server.keys' must list the servers' public keys, 40 characters each, as in the file "
            "server.pub of the daemon's state folder");
  }
  return keys;
}

void read_tpm(TomlReader& in, AgentOptions& options) {
  constexpr std::array kEkKinds = {EkKind::kRsa2048, EkKind::kEccP256, EkKind::kEccP384};
  constexpr std::array kAkKinds = {AkKind::kRsassa2048, AkKind::kRsapss2048, AkKind::kEcdsaP256};
  std::vector<std::string_view> ek_names;
  std::transform(kEkKinds.begin(), kEkKinds.end(), std::back_inserter(ek_names),
                 [](EkKind kind) { return name_of(kind); });
  std::vector<std::string_view> ak_names;
  std::transform(kAkKinds.begin(), kAkKinds.end(), std::back_inserter(ak_names),
                 [](AkKind kind) { return name_of(kind); });
  options.attestor.tcti = in.text("tpm.tcti", "device:/dev/tpmrm0");
  options.ek_kind = kEkKinds.at(in.choice("tpm.ek", 0, ek_names));
  options.ak_kind = kAkKinds.at(in.choice("tpm.ak", 0, ak_names));
}

}  // namespace

Result<AgentConfig> parse_agent_config(std::string_view text, std::string_view file_name) {
  Result<TomlReader> in = TomlReader::parse(text, file_name);
  if (!in) {
    return in.error();
  }
  AgentConfig config;
  AgentOptions& options = config.options;
  options.name = in->text("host.name", "");
  if (!is_host_name(options.name)) {
    in->fail("host.name", "'host.name' must be 1 to 64 characters of [a-z0-9._-]");
  }
  const std::vector<std::string> keys = read_keys(*in);
  options.attest = read_gateways(*in, keys.empty() ? std::string() : keys.front());
  if (options.attest.empty() || in->has("server.attest")) {
    const std::vector<ServerAddress> servers = read_servers(*in, "server.attest", keys);
    options.attest.insert(options.attest.end(), servers.begin(), servers.end());
  }
  options.enrol = read_servers(*in, "server.enrol", keys);
  config.token_file = in->text("host.token_file", "");
  options.state_folder = in->text("host.state_folder", "/var/lib/quotemill-agent");
  read_tpm(*in, options);
  options.attestor.boot_log_path = in->text("boot.log", kBootLogPath);
  options.attestor.runtime_list_path = in->text("ima.list", kRuntimeListPath);
  options.attestor.boot_id_path = in->text("boot.id", kBootIdPath);
  options.backoff_min_ms = in->duration_ms("timing.retry_min", options.backoff_min_ms, 10, 600'000);
  options.backoff_max_ms =
      in->duration_ms("timing.retry_max", options.backoff_max_ms, 10, 3'600'000);
  options.answer_timeout_ms =
      in->duration_ms("timing.answer_timeout", options.answer_timeout_ms, 100, 600'000);
  if (options.backoff_max_ms < options.backoff_min_ms) {
    in->fail("timing.retry_max", "'timing.retry_max' must not be below 'timing.retry_min'");
  }
  config.log = program::read_log_settings(*in);
  if (Result<void> done = in->finish(); !done) {
    return done.error();
  }
  return config;
}

Result<AgentConfig> load_agent_config(const std::string& file_name) {
  const Result<std::string> text = program::read_text_file(file_name, limits::kPolicySizeMax);
  if (!text) {
    return text.error();
  }
  Result<AgentConfig> config = parse_agent_config(*text, file_name);
  if (!config || config->token_file.empty()) {
    return config;
  }
  Result<std::string> token =
      program::read_text_file(config->token_file, 4 * limits::kTokenSizeMax);
  if (!token) {
    // One-time tokens are removed once they did their work: an enrolled host needs none.
    config->token_problem = token.error().to_string();
    return config;
  }
  token->erase(token->find_last_not_of(" \t\r\n") + 1);
  config->options.token = std::move(*token);
  return config;
}

}  // namespace quotemill::agent
