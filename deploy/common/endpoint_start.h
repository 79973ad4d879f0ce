// What programs with an endpoint of their own start with: its keys, and where its log lines go.
#pragma once

#include <string>

#include "deploy/common/log.h"
#include "engine/base/result.h"
#include "transport/server/server_log.h"
#include "transport/socket/curve.h"

namespace quotemill::program {

// <folder>/<name>.key, made on the first start, the folder with it; and <folder>/<name>.pub, which
// the other side is given. `folder` was read from the setting state.folder.
Result<transport::CurveKeyPair> load_channel_keys(const std::string& folder,
                                                  const std::string& name);

// `log` outlives the sink.
transport::LogSink log_sink(const Log& log);

}  // namespace quotemill::program
