#include "deploy/quotemilld/sink_fan.h"

#include <utility>

#include "engine/base/text.h"
#include "transport/files/private_file.h"

namespace quotemill::daemon {
using transport::SinkNews;

Result<std::unique_ptr<SinkFan>> SinkFan::start(const std::string& folder,
                                                const std::string& state_folder,
                                                const SinkParts& parts, const program::Log& log) {
  const Result<std::vector<SinkSettings>> settings = load_sinks(folder);
  if (!settings) {
    return settings.error();
  }
  if (!settings->empty()) {
    if (Result<void> prepared =
            transport::prepare_private_folder(state_folder + "/sinks", "state.folder");
        !prepared) {
      return prepared.error();
    }
  }
  std::unique_ptr<SinkFan> fan(new SinkFan(parts, log));
  for (const SinkSettings& sink : *settings) {
    auto started =
        start_sink(sink, state_folder, parts,
                   [fan = fan.get(), name = sink.name](SinkNews news, const std::string& text) {
                     fan->hear(name, news, text);
                   });
    if (!started) {
      return started.error();
    }
    fan->runners_.push_back(*std::move(started));
  }
  const std::lock_guard lock(fan->mutex_);
  for (const auto& runner : fan->runners_) {
    fan->reachable_.push_back(runner.get());
  }
  return fan;
}

SinkFan::~SinkFan() {
  {
    const std::lock_guard lock(mutex_);
    reachable_.clear();
  }
  // All at once: each may have a receiver that lets it wait.
  for (const auto& runner : runners_) {
    runner->begin_to_stop();
  }
  runners_.clear();
}

void SinkFan::notify() {
  const std::lock_guard lock(mutex_);
  for (transport::SinkRunner* sink : reachable_) {
    sink->notify();
  }
}

void SinkFan::hear(const std::string& sink, SinkNews news, const std::string& text) {
  acts_.tell(sink, news, text);
  const std::lock_guard lock(mutex_);
  const std::optional<std::uint64_t> held_back =
      lines_[sink + " " + word_of(news)].allow(clock_.now().boot.ms);
  if (held_back) {
    log_.write(news == SinkNews::kUp ? program::LogLevel::kInfo : program::LogLevel::kError,
               "sink" + transport::held_back_words(*held_back),
               {{"sink", sink}, {"news", word_of(news)}, {"what", printable(text)}});
  }
}

}  // namespace quotemill::daemon
