// The sinks that changes of trust go to: one TOML file each, named as the sink.
//
//   [sink]                          [syslog]                  [file]
//   kind = "syslog"  # or "file"    transport = "tcp"         path =
//   "/var/log/quotemill/trust.jsonl" format = "syslog"               host = "siem.example"
//   rotate_mib = 64
//                                   port = 601                keep = 8
//   [filter]
//   states = ["failed", "warning"]
//   maintenance = false
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/ports/history.h"
#include "transport/sinks/file_sink.h"
#include "transport/sinks/sink_runner.h"
#include "transport/sinks/syslog_sink.h"

namespace quotemill::daemon {

enum class SinkKind : std::uint8_t { kFile, kSyslog };

struct SinkSettings {
  std::string name;
  SinkKind kind = SinkKind::kFile;
  transport::EventFormat format = transport::EventFormat::kJson;
  transport::SinkFilter filter;
  transport::FileSinkOptions file;
  transport::SyslogSinkOptions syslog;
};

// kConfig with every mistake, one "file:line:column: what" a line.
Result<SinkSettings> parse_sink(std::string_view text, const std::string& file_name,
                                const std::string& name);

// Those of all files *.toml in the folder, by name. None if there is no such folder.
Result<std::vector<SinkSettings>> load_sinks(const std::string& folder);

// A sink that runs; its cursor is <state folder>/sinks/<name>.cursor.
std::unique_ptr<transport::SinkRunner> start_sink(const SinkSettings& settings,
                                                  const std::string& state_folder,
                                                  const History& history,
                                                  transport::SinkRunner::Log log);

}  // namespace quotemill::daemon
