#include "bench/simulator/options.h"

#include <algorithm>
#include <fstream>
#include <utility>

#include <CLI/CLI.hpp>

#include "transport/socket/endpoint.h"

namespace quotemill::bench {
namespace {

constexpr std::uint32_t kHostsMax = 1'000'000;
constexpr std::uint32_t kSecondsMax = 600;
constexpr std::uint32_t kImagesMax = 50;        // 2 loaders each, in one policy
constexpr std::uint64_t kAheadMax = 4'000'000;  // of all hosts together: 600 bytes each

Result<CurveKey> read_key(const char* option, const std::string& name) {
  std::ifstream file(name);
  std::string text;
  file >> text;
  const std::optional<CurveKey> key = transport::from_z85(text);
  return key ? Result<CurveKey>(*key)
             : Error{ErrorCode::kConfig, option, 0,
                     name + " holds no Z85 key; it is server.pub or gateway.pub of a state folder"};
}

}  // namespace

void add_fleet(CLI::App& command, Options& options) {
  command.add_option("--hosts", options.hosts, "how many")
      ->check(CLI::Range(1U, kHostsMax))
      ->capture_default_str();
  command.add_option("--seed", options.seed, "of the fleet; the same seed is the same fleet")
      ->check(CLI::Range(std::uint64_t{0}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  command.add_option("--keys", options.keys, "shares: rsa2048:0.8,ecdsa_p256:0.2")
      ->capture_default_str();
}

void add_esxi(CLI::App& command, Options& options) {
  command.add_option("--esxi", options.esxi_images, "they are ESXi hosts of so many images")
      ->check(CLI::Range(1U, kImagesMax));
}

void add_run(CLI::App& command, Options& options) {
  add_fleet(command, options);
  add_esxi(command, options);
  command
      .add_option("--esxi-faulty", options.esxi_faulty,
                  "share of ESXi hosts that boot what they should not, in every way there is")
      ->check(CLI::Range(0.0, 1.0));
  command.add_option("--connect", options.endpoint, "the daemon's attestation endpoint")
      ->required();
  command.add_option("--server-key", options.server_key_file, "file with the daemon's public key")
      ->required();
  command.add_option("--gateway-key", options.gateway_key_file,
                     "the endpoint is a gateway's: file with its public key");
  command.add_option("--daemon-pid", options.daemon_pid, "tell its processor time, too");
  command.add_flag("--anywhere", options.is_anywhere, "an endpoint on another machine, too");
  command.add_option("--seconds", options.seconds, "how long to measure")
      ->check(CLI::Range(1U, kSecondsMax))
      ->capture_default_str();
  command.add_option("--rate", options.rate, "attestations/s, open loop; else as fast as they go")
      ->check(CLI::Range(0.001, 1e7));
  command.add_option("--mix", options.mix, "shares: quote-only=0.9,reboot=0.1, and restart");
  command.add_option("--faults", options.faults,
                     "shares: bad_signature=0.01, and wrong_nonce, replay, wrong_pcr, "
                     "tampered_log, truncated, wrong_key, flood, slow_reader, storm");
  command.add_option("--processes", options.processes, "at least so many")
      ->check(CLI::Range(1U, 64U))
      ->capture_default_str();
  command.add_option("--nonce-keys", options.nonce_keys,
                     "the daemon's <state folder>/nonce.keys: sign before measuring");
  command.add_option("--ahead", options.ahead, "quotes that each host signs before")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  command.add_option("--first", options.first)->group("");
  command.add_option("--part", options.part)->group("");
  command.add_option("--booted", options.booted)->group("");
}

std::shared_ptr<const EsxiFleet> esxi_fleet_of(const Options& options) {
  if (options.esxi_images == 0) {
    return nullptr;
  }
  constexpr double kMille = 1000;
  EsxiFleetModel model;
  model.seed = options.seed;
  model.hosts = options.hosts;
  model.images = options.esxi_images;
  model.faulty_per_mille = static_cast<std::uint32_t>(options.esxi_faulty * kMille);
  return std::make_shared<const EsxiFleet>(model);
}

Result<RunSettings> settings_of(const Options& options) {
  if (!transport::is_tcp_endpoint(options.endpoint)) {
    return Error{ErrorCode::kConfig, "--connect", 0, "is not tcp://HOST:PORT"};
  }
  if (!options.is_anywhere && !transport::is_loopback_endpoint(options.endpoint)) {
    return Error{ErrorCode::kConfig, "--connect", 0,
                 "is not on this machine; with --anywhere it may be another's"};
  }
  if (std::uint64_t{options.ahead} * options.hosts > kAheadMax && !options.nonce_keys.empty()) {
    return Error{ErrorCode::kConfig, "--ahead", 0,
                 "more than " + std::to_string(kAheadMax) + " quotes together"};
  }
  const Result<CurveKey> server_key = read_key("--server-key", options.server_key_file);
  if (!server_key) {
    return server_key.error();
  }
  if (options.esxi_faulty > 0 && options.esxi_images == 0) {
    return Error{ErrorCode::kConfig, "--esxi-faulty", 0, "needs --esxi"};
  }
  RunSettings settings;
  if (!options.gateway_key_file.empty()) {
    const Result<CurveKey> gateway_key = read_key("--gateway-key", options.gateway_key_file);
    if (!gateway_key) {
      return gateway_key.error();
    }
    settings.gateway_key = *gateway_key;
  }
  if (settings.gateway_key && !options.faults.empty()) {
    return Error{ErrorCode::kConfig, "--faults", 0,
                 "through a gateway most faults are no verdict: anybody could have made them"};
  }
  const Result<KeyMix> keys = KeyMix::parse(options.seed, options.keys);
  if (!keys) {
    return Error{ErrorCode::kConfig, "--keys", 0, keys.error().to_string()};
  }
  settings.fleet = {
      options.seed,          *keys, *server_key, {options.booted}, settings.gateway_key.has_value(),
      esxi_fleet_of(options)};
  settings.daemon_pid = options.daemon_pid;
  settings.endpoint = options.endpoint;
  settings.first_host = options.first;
  settings.hosts = options.part != 0 ? options.part : options.hosts;
  settings.seconds = options.seconds;
  settings.rate = options.rate * settings.hosts / options.hosts;
  settings.nonce_keys = options.nonce_keys;
  settings.ahead = options.ahead;
  return settings;
}

std::vector<std::vector<std::string>> worker_arguments(const std::vector<std::string>& ours,
                                                       const Options& options,
                                                       std::uint32_t processes) {
  std::vector<std::vector<std::string>> all;
  for (std::uint32_t i = 0; i < processes; ++i) {
    const auto part_begin =
        static_cast<std::uint32_t>(std::uint64_t{options.hosts} * i / processes);
    const auto part_end =
        static_cast<std::uint32_t>(std::uint64_t{options.hosts} * (i + 1) / processes);
    std::vector<std::string> words = ours;
    for (const auto& [name, value] : {std::pair<std::string, std::uint64_t>("--first", part_begin),
                                      {"--part", part_end - part_begin},
                                      {"--booted", static_cast<std::uint64_t>(options.booted)}}) {
      words.push_back(name);
      words.push_back(std::to_string(value));
    }
    all.push_back(std::move(words));
  }
  return all;
}

}  // namespace quotemill::bench
