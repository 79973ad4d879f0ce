// quotemill-fleet: a fleet of simulated hosts, without TPMs, that attest to a real daemon.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>

#include <CLI/CLI.hpp>

#include "bench/simulator/driver.h"
#include "bench/simulator/workers.h"
#include "transport/control/import_line.h"
#include "transport/socket/endpoint.h"

namespace quotemill::bench {
namespace {

constexpr std::uint32_t kHostsMax = 1'000'000;
constexpr std::uint32_t kSecondsMax = 600;
constexpr std::uint64_t kAheadMax = 4'000'000;  // of all hosts together: 600 bytes each

struct Options {
  std::uint32_t hosts = 100;
  std::uint64_t seed = 1;
  std::string keys = "rsa2048:1";
  std::string file;
  std::string endpoint;
  std::string server_key_file;
  bool is_anywhere = false;
  std::uint32_t seconds = 10;
  double rate = 0;
  std::string mix;
  std::string faults;
  std::uint32_t processes = 1;
  std::string nonce_keys;
  std::uint32_t ahead = 64;
  // Of a worker.
  std::uint32_t first = 0;
  std::uint32_t part = 0;
  std::int64_t booted = 0;
};

int fail(const std::string& what) {
  std::cerr << "quotemill-fleet: " << what << '\n';
  return 2;
}

int export_hosts(const Options& options) {
  const Result<KeyMix> keys = KeyMix::parse(options.seed, options.keys);
  if (!keys) {
    return fail("--keys: " + keys.error().to_string());
  }
  std::ofstream file(options.file);
  FleetSettings settings;
  settings.seed = options.seed;
  settings.keys = *keys;
  SeededKeys seeded(options.seed);
  for (std::uint32_t number = 0; number < options.hosts; ++number) {
    const FleetHost host(settings, number, seeded);
    file << transport::to_line(transport::render_import(host.identity())) << '\n';
  }
  file.close();
  return file ? 0 : fail(options.file + ": cannot be written");
}

Result<CurveKey> read_server_key(const std::string& name) {
  std::ifstream file(name);
  std::string text;
  file >> text;
  const std::optional<CurveKey> key = transport::from_z85(text);
  return key ? Result<CurveKey>(*key)
             : Error{ErrorCode::kConfig, "--server-key", 0,
                     name + " holds no Z85 key; the daemon's is <state folder>/server.pub"};
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
  const Result<CurveKey> server_key = read_server_key(options.server_key_file);
  if (!server_key) {
    return server_key.error();
  }
  const Result<KeyMix> keys = KeyMix::parse(options.seed, options.keys);
  if (!keys) {
    return Error{ErrorCode::kConfig, "--keys", 0, keys.error().to_string()};
  }
  RunSettings settings;
  settings.fleet = {options.seed, *keys, *server_key, {options.booted}, 1};
  settings.endpoint = options.endpoint;
  settings.first_host = options.first;
  settings.hosts = options.part != 0 ? options.part : options.hosts;
  settings.seconds = options.seconds;
  settings.rate = options.rate * settings.hosts / options.hosts;
  if (options.rate > 0) {
    // A TPM's clock goes on between two attestations.
    settings.fleet.clock_step_ms =
        static_cast<std::uint64_t>(std::max(1.0, 1000.0 * options.hosts / options.rate));
  }
  settings.nonce_keys = options.nonce_keys;
  settings.ahead = options.ahead;
  return settings;
}

// The hosts of one process; a worker waits for the others before it measures.
Result<Tally> run_here(const RunSettings& settings, const Plan& plan, bool is_worker) {
  const Result<std::unique_ptr<Driver>> driver = Driver::create(settings, plan);
  if (!driver) {
    return driver.error();
  }
  for (Result<void> (Driver::*step)() : {&Driver::connect, &Driver::sign_ahead, &Driver::warm_up}) {
    if (const Result<void> done = ((**driver).*step)(); !done) {
      return done.error();
    }
  }
  if (is_worker && !wait_for_start()) {
    return Error{ErrorCode::kIo, "", 0, "nobody said go"};
  }
  return (*driver)->measure();
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

int run_fleet(Options options, const std::vector<std::string>& arguments) {
  const Result<Plan> plan = Plan::parse(options.seed, options.mix, options.faults);
  if (!plan) {
    return fail("--mix, --faults: " + plan.error().to_string());
  }
  if (options.booted == 0) {
    options.booted = std::chrono::duration_cast<std::chrono::milliseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
  }
  const Result<RunSettings> settings = settings_of(options);
  if (!settings) {
    return fail(settings.error().to_string());
  }
  const bool is_worker = options.part != 0;
  const std::uint32_t room = hosts_per_process();
  const std::uint32_t processes =
      std::min(options.hosts, std::max(options.processes, (options.hosts + room - 1) / room));
  const Result<Tally> tally = is_worker || processes == 1
                                  ? run_here(*settings, *plan, is_worker)
                                  : run_workers(worker_arguments(arguments, options, processes));
  if (!tally) {
    return fail(tally.error().to_string());
  }
  if (is_worker) {
    tell_tally(*tally);
    return 0;
  }
  transport::Json report = {{"loop", options.rate > 0 ? "open" : "closed"},
                            {"processes", processes},
                            {"seed", options.seed}};
  report.update(render_tally(*tally));
  std::cout << transport::to_line(report) << '\n';
  return tally->wrong_verdicts == 0 && tally->attestations != 0 ? 0 : 1;
}

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

void add_run(CLI::App& command, Options& options) {
  add_fleet(command, options);
  command.add_option("--connect", options.endpoint, "the daemon's attestation endpoint")
      ->required();
  command.add_option("--server-key", options.server_key_file, "file with the daemon's public key")
      ->required();
  command.add_flag("--anywhere", options.is_anywhere, "an endpoint on another machine, too");
  command.add_option("--seconds", options.seconds, "how long to measure")
      ->check(CLI::Range(1U, kSecondsMax))
      ->capture_default_str();
  command.add_option("--rate", options.rate, "attestations/s, open loop; else as fast as they go")
      ->check(CLI::Range(0.001, 1e7));
  command.add_option("--mix", options.mix, "shares: quote-only=0.9,reboot=0.1");
  command.add_option("--faults", options.faults,
                     "shares: bad_signature=0.01, and wrong_nonce, replay, wrong_pcr, "
                     "tampered_log, truncated, wrong_key");
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

int main_of(int argc, char** argv) {
  Options options;
  CLI::App app("Simulated hosts that attest to a real quotemilld. bench/README.md tells how.");
  app.require_subcommand(1);
  CLI::App* write = app.add_subcommand("export", "Write the hosts for 'quotemill import'");
  add_fleet(*write, options);
  write->add_option("FILE", options.file, "JSON lines")->required();
  CLI::App* run = app.add_subcommand("run", "Attest, measure, and check every verdict");
  add_run(*run, options);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
  return write->parsed() ? export_hosts(options)
                         : run_fleet(options, std::vector<std::string>(argv + 1, argv + argc));
}

}  // namespace
}  // namespace quotemill::bench

int main(int argc, char** argv) {
  try {
    return quotemill::bench::main_of(argc, argv);
  } catch (const std::exception& failure) {  // of CLI11 or the file system; nothing of ours throws
    std::cerr << "quotemill-fleet: " << failure.what() << '\n';
    return 1;
  }
}
