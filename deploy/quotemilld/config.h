// The daemon's settings: read from TOML, every one validated before anything opens.
//
// An empty file works: it serves on loopback, with its state below /var/lib/quotemill and its
// sockets below /run/quotemill. Mistakes are reported all at once, each with file, line and remedy.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "deploy/common/log.h"
#include "engine/base/limits.h"
#include "engine/base/result.h"
#include "engine/policy/policy.h"

namespace quotemill::daemon {

struct Config {
  struct Listen {
    std::string attest = "tcp://127.0.0.1:7401";
    std::string enrol = "tcp://127.0.0.1:7402";
    // What enrolled hosts are told to connect to; empty: `attest`.
    std::string attest_public;
    std::string control = "/run/quotemill/control.sock";
    std::string changes = "ipc:///run/quotemill/changes.sock";
  } listen;

  struct State {
    std::string folder = "/var/lib/quotemill";  // server key, nonce keys
    std::string store;                          // empty: <folder>/store
  } state;

  struct Trust {
    std::string roots = "/etc/quotemill/roots.d";  // PEM and DER, roots and intermediates
    std::string ek_list;                           // "<sha256 of the EK's public key> <name>" lines
  } trust;

  struct Enrolment {
    std::int64_t pending_ttl_ms = 86'400'000;
    std::int64_t memory_bytes = 256LL * 1024 * 1024;  // of the process that serves unknown keys
  } enrolment;

  struct Pipeline {
    std::int64_t threads = 0;        // workers that judge; 0: one per processor
    std::int64_t batch_age_ms = 2;   // how long evidence waits for company
    std::int64_t batch_rest_ms = 0;  // the same while nothing else is being judged
    std::int64_t inbox_items{limits::kInboxItemsMax};  // evidence that waits to be judged
    std::int64_t memory_bytes = 4LL * 1024 * 1024 * 1024;
    std::int64_t need_timeout_ms = 30'000;
  } pipeline;

  struct Metrics {
    std::string listen = "127.0.0.1:9464";  // empty: nowhere
  } metrics;

  // How long appraisals are kept, by the state that they came to.
  struct History {
    std::int64_t trusted_ms = 400LL * 86'400'000;
    std::int64_t warning_ms = 400LL * 86'400'000;
    std::int64_t failed_ms = 400LL * 86'400'000;
    std::int64_t trusted_count = 0;  // of each host, the newest ones; 0: all
    std::int64_t warning_count = 0;
    std::int64_t failed_count = 0;
    std::int64_t appraisals_per_host = 10'000;        // at most, the newest ones
    std::int64_t collect_every_ms = 6LL * 3'600'000;  // boot logs that nothing rests on
  } history;

  program::LogSettings log;

  // Counts of changes.
  struct Outbox {
    std::uint64_t keep = 1'000'000;  // for whoever asks for those of before; sinks have them all
    std::uint64_t keep_max = 10'000'000;  // however far behind a sink is; 0: no bound
  } outbox;

  std::string policy_file;                             // empty: the built-in policy
  std::string sinks = "/etc/quotemill/sinks.d";        // one TOML file each
  std::string gateways = "/etc/quotemill/gateways.d";  // likewise
};

// kConfig with every mistake, one "file:line:column: what; remedy" a line.
Result<Config> parse_config(std::string_view text, std::string_view file_name);

// Reads the file (kIo if it cannot be read) and parses it. An empty name gives the defaults.
Result<Config> load_config(const std::string& file_name);

// The policy that the configuration names, or the built-in one.
Result<Policy> load_policy(const Config& config);

}  // namespace quotemill::daemon
