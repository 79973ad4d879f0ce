#include "deploy/quotemilld/sink_acts.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "deploy/quotemilld/limits.h"
#include "engine/base/text.h"

namespace quotemill::daemon {
namespace {

using transport::SinkNews;

constexpr std::chrono::milliseconds kLook{200};
constexpr transport::Rate kRate{1.0 / 60, 3};

}  // namespace

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

SinkActs::SinkActs(const Clock& clock)
    : clock_(clock), rate_(kRate, limits::kSinkNewsKindsMax), thread_([this] { run(); }) {}

SinkActs::~SinkActs() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
  thread_.join();
}

void SinkActs::tell(const std::string& sink, SinkNews news, const std::string& text) {
  const std::lock_guard lock(mutex_);
  Waiting act{sink, news, text, 0};
  const auto same = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& other) {
    return other.sink == sink && other.news == news;
  });
  // What is lost is told each time, as long as there is room for it.
  if (same != waiting_.end() &&
      (news != SinkNews::kLost || waiting_.size() >= limits::kSinkNewsWaitingMax)) {
    act.more = same->more + 1;
    waiting_.erase(same);
  }
  waiting_.push_back(std::move(act));
}

void SinkActs::use(Registrar* registrar) {
  const std::lock_guard alone(registrar_mutex_);
  if (registrar == nullptr && registrar_ != nullptr) {
    std::deque<Waiting> last;
    {
      const std::lock_guard lock(mutex_);
      last = std::exchange(waiting_, {});
      if (unkept_) {
        last.push_front(*std::exchange(unkept_, std::nullopt));
      }
    }
    for (const Waiting& act : last) {
      (void)keep(act);
    }
  }
  registrar_ = registrar;
}

std::optional<SinkActs::Waiting> SinkActs::take_due() {
  const std::lock_guard lock(mutex_);
  if (unkept_) {
    return std::exchange(unkept_, std::nullopt);
  }
  const auto due = std::find_if(waiting_.begin(), waiting_.end(), [this](const Waiting& act) {
    return act.news == SinkNews::kLost || rate_.allow(act.kind(), clock_.now().boot.ms);
  });
  if (due == waiting_.end()) {
    return std::nullopt;
  }
  Waiting act = std::move(*due);
  waiting_.erase(due);
  return act;
}

bool SinkActs::keep(const Waiting& act) {
  const std::string more = act.more == 0 ? "" : " (and " + std::to_string(act.more) + " before)";
  std::string text = printable(act.text);
  if (text.size() > limits::kSinkNewsSizeMax) {
    text.resize(limits::kSinkNewsSizeMax);
    text += "...";
  }
  const std::string subject = act.sink + ": " + text + more;
  return registrar_
      ->change([&](const RegistryView&) -> Result<IdentityUpdate> {
        IdentityUpdate update;
        update.audit = AuditAct{"quotemill", "sink." + word_of(act.news), subject};
        update.is_act_alone = true;
        return update;
      })
      .has_value();
}

void SinkActs::run() {
  while (true) {
    {
      std::unique_lock lock(mutex_);
      stopped_.wait_for(lock, kLook, [this] { return stopping_; });
      if (stopping_) {
        return;
      }
    }
    const std::lock_guard alone(registrar_mutex_);
    while (registrar_ != nullptr) {
      std::optional<Waiting> act = take_due();
      if (!act) {
        break;
      }
      if (!keep(*act)) {
        const std::lock_guard lock(mutex_);
        unkept_ = std::move(act);
        break;
      }
    }
  }
}

}  // namespace quotemill::daemon
