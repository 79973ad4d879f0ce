#include "deploy/quotemilld/sink_fan.h"

#include <utility>

#include "engine/base/text.h"
#include "transport/files/private_file.h"

namespace quotemill::daemon {
namespace {

using transport::NoticeLevel;
using transport::SinkNews;

std::string word_of(SinkNews news) {
  switch (news) {
    case SinkNews::kDown:
      return "down";
    case SinkNews::kUp:
      return "up";
    case SinkNews::kLost:
      return "lost";
    case SinkNews::kRefused:
      return "refused";
  }
  return "";
}

}  // namespace

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
  runners_.clear();
}

void SinkFan::notify() {
  const std::lock_guard lock(mutex_);
  for (transport::SinkRunner* sink : reachable_) {
    sink->notify();
  }
}

void SinkFan::hear(const std::string& sink, SinkNews news, const std::string& text) {
  const bool is_bad = news != SinkNews::kUp;
  log_.write(is_bad ? program::LogLevel::kError : program::LogLevel::kInfo, "sink",
             {{"sink", sink}, {"news", word_of(news)}, {"what", printable(text)}});
  const Result<StoreStatus> store = parts_.store.history.status();
  if (!store) {
    return;
  }
  const std::lock_guard lock(mutex_);
  for (transport::SinkRunner* other : reachable_) {
    other->tell(transport::notice_of_sink(store->stream_id, parts_.clock.now().wall, sink,
                                          is_bad ? NoticeLevel::kError : NoticeLevel::kInfo,
                                          word_of(news), text));
  }
}

}  // namespace quotemill::daemon
