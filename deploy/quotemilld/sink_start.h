// From a sink's settings to a sink that runs.
#pragma once

#include <memory>
#include <string>

#include "deploy/quotemilld/sink_settings.h"
#include "engine/pipeline/host_table.h"
#include "engine/ports/clock.h"
#include "transport/sinks/sink_runner.h"

namespace quotemill::daemon {

// Borrowed; they outlive the sink.
struct SinkParts {
  transport::SinkStore store;
  const HostTable& hosts;  // for what is told of them
  const Clock& clock;
};

// Its cursor is <state folder>/sinks/<name>.cursor, its dead letters are <name>.dead.jsonl beside
// it. kConfig if a library refuses a setting.
Result<std::unique_ptr<transport::SinkRunner>> start_sink(const SinkSettings& settings,
                                                          const std::string& state_folder,
                                                          const SinkParts& parts,
                                                          transport::SinkRunner::Log log);

}  // namespace quotemill::daemon
