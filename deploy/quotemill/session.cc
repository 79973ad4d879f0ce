#include "deploy/quotemill/session.h"

#include <array>
#include <chrono>
#include <istream>
#include <ostream>

#include "deploy/common/operator_name.h"

namespace quotemill::cli {

namespace {

Exit exit_of(const transport::ControlError& error) {
  if (error.is_unreachable) {
    return Exit::kUnreachable;
  }
  return error.code == ErrorCode::kDenied ? Exit::kDenied : Exit::kError;
}

}  // namespace

std::span<const ExitMeaning> exit_meanings() {
  static constexpr std::array kMeanings = {ExitMeaning{Exit::kFine, "fine"},
                                           ExitMeaning{Exit::kError, "error"},
                                           ExitMeaning{Exit::kUsage, "usage"},
                                           ExitMeaning{Exit::kFailed, "failed hosts"},
                                           ExitMeaning{Exit::kUnproven, "stale or unknown hosts"},
                                           ExitMeaning{Exit::kUnreachable, "daemon unreachable"},
                                           ExitMeaning{Exit::kDenied, "denied"},
                                           ExitMeaning{Exit::kInterrupted, "interrupted"}};
  return kMeanings;
}

transport::ControlAnswer Session::send(const std::string& verb, const Json& args, int extra_ms) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  transport::ControlAnswer answer = ask_(verb, args, extra_ms);
  if (settings_.is_verbose) {
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
    const bool is_error = std::holds_alternative<transport::ControlError>(answer);
    console_.err << "quotemill: asked " << verb << " at " << printable(settings_.socket) << ": "
                 << (is_error ? "error" : "answer") << " after " << took.count() << " ms\n";
  }
  return answer;
}

transport::ControlAnswer Session::try_ask(const std::string& verb, const Json& args, int extra_ms) {
  return send(verb, args, extra_ms);
}

std::optional<Json> Session::ask(const std::string& verb, const Json& args) {
  transport::ControlAnswer answer = send(verb, args, 0);
  if (const auto* error = std::get_if<transport::ControlError>(&answer)) {
    fail(*error);
    return std::nullopt;
  }
  return std::get<Json>(std::move(answer));
}

std::optional<Json> Session::change(const std::string& verb, const Json& args) {
  return ask(settings_.is_dry_run ? verb + ".check" : verb, args);
}

void Session::fail(const transport::ControlError& error) {
  fail(error.message, error.hint, exit_of(error));
}

void Session::fail(const std::string& message, const std::string& hint, Exit exit) {
  console_.err << "quotemill: " << printable(message) << '\n';
  if (!hint.empty()) {
    console_.err << "  " << printable(hint) << '\n';
  }
  exit_ = exit;
}

bool Session::confirm(const std::string& question) {
  if (settings_.is_confirmed || settings_.is_dry_run || console_.in == nullptr) {
    return true;
  }
  console_.err << printable(question) << " [y/N] " << std::flush;
  std::string answer;
  std::getline(*console_.in, answer);
  if (answer == "y" || answer == "Y" || answer == "yes") {
    return true;
  }
  if (!*console_.in) {
    console_.err << '\n';  // the answer's line was never ended
  }
  fail("nothing was changed", {});
  return false;
}

void Session::note(const std::string& text) const {
  if (!settings_.is_quiet && !settings_.json) {
    console_.err << printable(text) << '\n';
  }
}

void Session::progress(const std::string& line) const {
  if (is_for_people() && !settings_.is_quiet && console_.in != nullptr) {
    console_.err << '\r' << printable(line) << "\x1b[K" << std::flush;
    has_progress_ = true;
  }
}

void Session::end_progress() const {
  if (has_progress_) {
    console_.err << "\r\x1b[K" << std::flush;
    has_progress_ = false;
  }
}

void Session::print(const Json& answer) const {
  if (!settings_.json) {
    print_fields(console_.out, answer);
    return;
  }
  Json versioned = {{"format_version", kJsonVersion}};
  if (answer.is_object()) {
    versioned.update(answer);
  } else {
    versioned["answer"] = answer;  // of a daemon of another version: ours are objects
  }
  console_.out << transport::to_line(versioned) << '\n';
}

void Session::print_event(const Json& event) const {
  console_.out << transport::to_line(event) << '\n';
}

void Verdicts::add(std::string_view state) {
  has_failed_ = has_failed_ || state == "failed";
  has_unproven_ = has_unproven_ || state == "stale" || state == "unknown";
}

Exit Verdicts::exit() const {
  if (has_failed_) {
    return Exit::kFailed;
  }
  return has_unproven_ ? Exit::kUnproven : Exit::kFine;
}

std::string operator_name() {
  return program::operator_name();
}

}  // namespace quotemill::cli
