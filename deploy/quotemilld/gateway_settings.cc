#include "deploy/quotemilld/gateway_settings.h"

#include <algorithm>
#include <filesystem>

#include "deploy/common/text_file.h"
#include "deploy/quotemilld/limits.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/policy/toml_reader.h"
#include "transport/socket/curve.h"

namespace quotemill::daemon {
namespace {}  // namespace

Result<transport::GatewayOptions> parse_gateway(std::string_view text, const std::string& file_name,
                                                const std::string& name) {
  Result<TomlReader> in = TomlReader::parse(text, file_name);
  if (!in) {
    return in.error();
  }
  transport::GatewayOptions gateway;
  gateway.name = name;
  if (!is_host_name(name)) {
    in->fail("gateway.key", "the file's name is the gateway's: 1 to 64 characters of [a-z0-9._-]");
  }
  const std::optional<CurveKey> key = transport::from_z85(in->text("gateway.key", ""));
  if (!key) {
    in->fail("gateway.key",
             "'gateway.key' must be the gateway's public key, 40 characters, as in the file "
             "gateway.pub of its state folder");
  }
  gateway.key = key.value_or(CurveKey{});
  gateway.hosts = in->texts("gateway.hosts", {});
  const bool are_good =
      std::all_of(gateway.hosts.begin(), gateway.hosts.end(), [](const std::string& pattern) {
        return !pattern.empty() && pattern.size() <= limits::kPatternSizeMax;
      });
  if (gateway.hosts.empty() || gateway.hosts.size() > limits::kGatewayPatternsMax || !are_good) {
    in->fail("gateway.hosts", "'gateway.hosts' must list names of hosts, or patterns as \"r12-*\"");
  }
  if (Result<void> done = in->finish(); !done) {
    return done.error();
  }
  return gateway;
}

Result<std::vector<transport::GatewayOptions>> load_gateways(const std::string& folder) {
  const Result<std::vector<std::filesystem::path>> files = program::list_settings(folder);
  if (!files) {
    return files.error();
  }
  if (files->size() > limits::kGatewaysMax) {
    return Error{ErrorCode::kConfig, "gateways", 0,
                 folder + ": more than " + std::to_string(limits::kGatewaysMax)};
  }
  std::vector<transport::GatewayOptions> gateways;
  for (const std::filesystem::path& file : *files) {
    const Result<std::string> text = program::read_text_file(file.string(), limits::kPolicySizeMax);
    if (!text) {
      return text.error();
    }
    Result<transport::GatewayOptions> gateway =
        parse_gateway(*text, file.string(), file.stem().string());
    if (!gateway) {
      return gateway.error();
    }
    const bool is_known = std::any_of(gateways.begin(), gateways.end(),
                                      [&](const auto& other) { return other.key == gateway->key; });
    if (is_known) {
      return Error{ErrorCode::kConfig, "gateways", 0,
                   file.string() + ": another gateway has this key"};
    }
    gateways.push_back(*std::move(gateway));
  }
  return gateways;
}

}  // namespace quotemill::daemon
