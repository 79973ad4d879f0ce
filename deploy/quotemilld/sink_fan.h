// SinkFan: all sinks of the daemon, and what one of them should hear of another.
//
// What befalls a sink goes into the log, and as a notice to every sink, itself included: the one
// that was down tells of it when it is back.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "deploy/common/log.h"
#include "deploy/quotemilld/sink_start.h"

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

  // Until it goes; in the order of their names.
  [[nodiscard]] const std::vector<std::unique_ptr<transport::SinkRunner>>& runners() const {
    return runners_;
  }

 private:
  SinkFan(const SinkParts& parts, const program::Log& log) : parts_(parts), log_(log) {}

  void hear(const std::string& sink, transport::SinkNews news, const std::string& text);

  const SinkParts parts_;
  const program::Log& log_;
  std::mutex mutex_;
  std::vector<transport::SinkRunner*> reachable_;  // none before all are there and when they go
  std::vector<std::unique_ptr<transport::SinkRunner>> runners_;
};

}  // namespace quotemill::daemon
