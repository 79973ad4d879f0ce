// SinkFan: all sinks of the daemon, and what becomes of what befalls them.
//
// It goes into the log, limited, and into the audit trail, and so to every sink, itself included:
// the one that was down tells of it when it is back.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "deploy/common/log.h"
#include "deploy/quotemilld/sink_acts.h"
#include "deploy/quotemilld/sink_start.h"
#include "transport/server/server_log.h"

namespace quotemill::daemon {

class SinkFan {
 public:
  // `folder` has the sinks' files; none is fine. `log` and the parts are borrowed.
  static Result<std::unique_ptr<SinkFan>> start(const std::string& folder,
                                                const std::string& state_folder,
                                                const SinkParts& parts, const program::Log& log);

  ~SinkFan();
  SinkFan(const SinkFan&) = delete;
  SinkFan& operator=(const SinkFan&) = delete;

  // There are new changes. Any thread; does not block.
  void notify();

  // Who keeps what befalls sinks; null when it goes (SinkActs::use()).
  void act_through(Registrar* registrar) { acts_.use(registrar); }

  // Until it goes; in the order of their names.
  [[nodiscard]] const std::vector<std::unique_ptr<transport::SinkRunner>>& runners() const {
    return runners_;
  }

 private:
  SinkFan(const SinkParts& parts, const program::Log& log)
      : clock_(parts.clock), log_(log), acts_(parts.clock) {}

  void hear(const std::string& sink, transport::SinkNews news, const std::string& text);

  const Clock& clock_;
  const program::Log& log_;
  SinkActs acts_;
  std::mutex mutex_;
  std::map<std::string, transport::LineLimit> lines_;  // by sink and kind of news
  std::vector<transport::SinkRunner*> reachable_;      // none before all are there and when they go
  std::vector<std::unique_ptr<transport::SinkRunner>> runners_;
};

}  // namespace quotemill::daemon
