#include "deploy/quotemill-gateway/config.h"

#include "deploy/common/log_settings.h"
#include "deploy/common/text_file.h"
#include "engine/base/limits.h"
#include "engine/policy/toml_reader.h"
#include "transport/socket/endpoint.h"

namespace quotemill::gateway {
namespace {

constexpr std::int64_t kMebibyte = 1024 * 1024;

std::string read_endpoint(TomlReader& in, std::string_view key, std::string_view default_value) {
  std::string endpoint = in.text(key, default_value);
  if (!transport::is_tcp_endpoint(endpoint)) {
    in.fail(key,
            "'" + std::string(key) + "' must be \"tcp://ADDRESS:PORT\" (a port from 1 to 65535)");
  }
  return endpoint;
}

}  // namespace

Result<GatewayConfig> parse_gateway_config(std::string_view text, std::string_view file_name) {
  Result<TomlReader> in = TomlReader::parse(text, file_name);
  if (!in) {
    return in.error();
  }
  GatewayConfig config;
  transport::GatewaySettings& settings = config.settings;
  settings.listen = read_endpoint(*in, "listen.hosts", "tcp://127.0.0.1:7411");
  settings.server = read_endpoint(*in, "server.attest", "");
  const std::optional<CurveKey> key = transport::from_z85(in->text("server.key", ""));
  if (!key) {
    in->fail("server.key",
             "'server.key' must be the server's public key, 40 characters, as in the file "
             "server.pub of the daemon's state folder");
  }
  settings.server_key = key.value_or(CurveKey{});
  config.state_folder = in->text("state.folder", config.state_folder);
  if (config.state_folder.empty() || config.state_folder.front() != '/') {
    in->fail("state.folder", "'state.folder' must be an absolute path");
  }
  settings.batch_age_us =
      1'000 * in->duration_ms("carry.batch_age", settings.batch_age_us / 1'000, 0, 1'000);
  settings.memory_bytes_max =
      static_cast<std::size_t>(kMebibyte * in->integer("carry.memory_mib", 512, 64, 1'024 * 1'024));
  config.log = program::read_log_settings(*in);
  if (Result<void> done = in->finish(); !done) {
    return done.error();
  }
  return config;
}

Result<GatewayConfig> load_gateway_config(const std::string& file_name) {
  const Result<std::string> text = program::read_text_file(file_name, limits::kPolicySizeMax);
  if (!text) {
    return text.error();
  }
  return parse_gateway_config(*text, file_name);
}

}  // namespace quotemill::gateway
