// The sinks that events go to: one TOML file each, named as the sink.
//
//   [sink]                          [filter]
//   kind       = "syslog"           states      = ["failed", "warning", "trusted"]
//   format     = "syslog"           severity    = "warning"
//   heartbeat  = "1m"               labels      = ["env=prod"]
//   audit      = true               maintenance = false
//   notices    = true
//   per_second = 0                  [group]
//   [syslog]                        window = "1m"
//   ...                             hosts  = 10
//                                   [dedup]
//                                   window = "0s"
//
// The table of the receiver is named as the kind (receiver_settings.h); deploy/etc/sinks.d has one
// annotated file for each.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "deploy/quotemilld/receiver_settings.h"
#include "engine/base/result.h"
#include "transport/sinks/sink_feed.h"

namespace quotemill::daemon {

struct SinkSettings {
  std::string name;
  SinkKind kind = SinkKind::kFile;
  ReceiverSettings receiver;
  transport::SinkFeedOptions feed;  // format, filter, what goes beside the changes
  std::uint64_t per_second = 0;
};

// kConfig with every mistake, one "file:line:column: what" a line. `others` are those that were
// read before.
Result<SinkSettings> parse_sink(std::string_view text, const std::string& file_name,
                                const std::string& name,
                                const std::vector<SinkSettings>& others = {});

// Those of all files *.toml in the folder, by name. None if there is no such folder.
Result<std::vector<SinkSettings>> load_sinks(const std::string& folder);

}  // namespace quotemill::daemon
