// What the command line's options are parsed into, for the files that make it up.
#pragma once

#include <cstdint>
#include <string>

#include "deploy/quotemill/command_line.h"
#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

// Values that options are parsed into. Shared by the command, which runs after the parser is gone.
struct CommandLine::Options {
  HostsOptions hosts;
  HistoryOptions history;
  HostOptions shown;
  WatchOptions watch;
  std::uint64_t watch_from = 0;
  ReattestOptions reattest;
  std::string reattest_rate;
  std::string reattest_deadline;
  ReappraiseOptions reappraise;
  CaptureOptions capture;
  BaselineImportOptions references;
  ImageImportOptions images;
  std::string baseline;
  std::string other_baseline;
  TokenOptions token;
  ImportOptions import;
  std::string ttl = "1h";
  NamedOptions named;
  std::string host;
  PolicyOptions policy;
  RolloutOptions rollout;
  MineOptions mine;
  LabelOptions label;
  MaintenanceOptions maintenance;
  AcknowledgeOptions acknowledge;
  std::string maintenance_for = "1h";
  AuditOptions audit;
  std::string folder;
  std::string inventory;
  std::string shell;
};

}  // namespace quotemill::cli
