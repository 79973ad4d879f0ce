// What quotemill-fleet is told on its command line.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "bench/simulator/driver.h"
#include "engine/base/result.h"

namespace CLI {
class App;
}

namespace quotemill::bench {

struct Options {
  std::uint32_t hosts = 100;
  std::uint64_t seed = 1;
  std::string keys = "rsa2048:1";
  std::uint32_t esxi_images = 0;  // 0: they boot Linux
  double esxi_faulty = 0;         // share
  std::string file;
  std::string endpoint;
  std::string server_key_file;
  std::string gateway_key_file;
  int daemon_pid = 0;
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

// Adds the options of `export`, of ESXi hosts and those of `run` to a command; both outlive its
// parsing.
void add_fleet(CLI::App& command, Options& options);
void add_esxi(CLI::App& command, Options& options);
void add_run(CLI::App& command, Options& options);

// The ESXi hosts of the fleet; null if they boot Linux.
std::shared_ptr<const EsxiFleet> esxi_fleet_of(const Options& options);

// What this process measures. kConfig: names the option, what is wrong and what would be right.
Result<RunSettings> settings_of(const Options& options);

// The command lines of so many workers, each with its part of the hosts: `ours` and a part.
std::vector<std::vector<std::string>> worker_arguments(const std::vector<std::string>& ours,
                                                       const Options& options,
                                                       std::uint32_t processes);

}  // namespace quotemill::bench
