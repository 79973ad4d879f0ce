#include "deploy/quotemill/commands/progress.h"

#include <algorithm>

#include "deploy/quotemill/interruption.h"

namespace quotemill::cli {

namespace {

constexpr std::size_t kBarWidth = 30;

double number_of(const Json& json) {
  return json.is_number() ? json.get<double>() : 0;
}

}  // namespace

std::string bar_of(const Json& done, const Json& all) {
  const double part =
      number_of(all) > 0 ? std::clamp(number_of(done) / number_of(all), 0.0, 1.0) : 0;
  const auto filled = static_cast<std::size_t>(part * kBarWidth);
  std::string percent = std::to_string(static_cast<int>(part * 100));
  percent.insert(0, 3 - std::min<std::size_t>(percent.size(), 3), ' ');
  return "[" + std::string(filled, '#') + std::string(kBarWidth - filled, '-') + "] " + percent +
         " %";
}

std::string time_left(const Json& ms) {
  if (!ms.is_number()) {
    return {};
  }
  const auto seconds = static_cast<std::int64_t>(number_of(ms) / 1'000) + 1;
  if (seconds < 60) {
    return std::to_string(seconds) + " s left";
  }
  if (seconds < 3'600) {
    return std::to_string(seconds / 60) + " min " + std::to_string(seconds % 60) + " s left";
  }
  return std::to_string(seconds / 3'600) + " h " + std::to_string(seconds / 60 % 60) + " min left";
}

std::optional<Json> follow(Session& session, const Followed& what, bool& is_interrupted) {
  const Interruption interruption;
  is_interrupted = false;
  while (true) {
    const std::optional<Json> status = session.ask(what.status_verb);
    if (!status) {
      session.end_progress();
      return std::nullopt;
    }
    if (at(*status, what.id.c_str()) != what.number) {
      session.end_progress();
      session.fail("it is not there any more: the daemon was restarted, or another one was begun",
                   what.resume_hint);
      return std::nullopt;
    }
    if (text_at(*status, "state") != "running") {
      session.end_progress();
      return status;
    }
    session.progress(what.line(*status));
    if (interruption.wait_ms(what.every_ms)) {
      session.end_progress();
      is_interrupted = true;
      if (session.ask(what.stop_verb, {{"operator", operator_name()}})) {
        session.fail("interrupted", what.resume_hint, Exit::kInterrupted);
      }
      return std::nullopt;
    }
  }
}

}  // namespace quotemill::cli
