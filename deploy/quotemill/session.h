// Session: one run of the command line tool: its settings, its streams, and the daemon that it
// asks.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>

#include "deploy/quotemill/output.h"
#include "transport/control/control_message.h"

namespace quotemill::cli {

// Published: scripts depend on them.
enum class Exit : int {
  kFine = 0,
  kError = 1,
  kUsage = 2,
  kFailed = 3,    // the answer is: failed
  kUnproven = 4,  // the answer has stale or unknown hosts, and none that failed
  kUnreachable = 5,
  kDenied = 6,
  kInterrupted = 130,
};

// Of what --json prints. Raised when a key goes or changes its meaning; new keys do not raise it.
// Not called "version": that is the baseline's and the policy's own.
inline constexpr int kJsonVersion = 1;

struct Settings {
  std::string socket = "/run/quotemill/control.sock";
  bool json = false;
  bool is_plain = false;  // not together with json
  bool no_colour = false;
  bool is_quiet = false;
};

// Asks the daemon: ControlClient::call(), or a test's answers.
using Ask = std::function<transport::ControlAnswer(const std::string& verb, const Json& args,
                                                   int extra_ms)>;

class Session {
 public:
  // The streams are borrowed.
  Session(const Settings& settings, Style style, Ask ask, std::ostream& out, std::ostream& err)
      : settings_(settings), style_(style), ask_(std::move(ask)), out_(out), err_(err) {}

  [[nodiscard]] const Settings& settings() const { return settings_; }

  [[nodiscard]] const Style& style() const { return style_; }

  // Data: standard output.
  [[nodiscard]] std::ostream& out() const { return out_; }

  // The daemon's result; null after an error, which is printed, and whose exit code is exit().
  std::optional<Json> ask(const std::string& verb, const Json& args = Json::object());
  // As the daemon answers it, nothing printed. `extra_ms`: how long this verb may wait by its
  // nature.
  transport::ControlAnswer try_ask(const std::string& verb, const Json& args, int extra_ms = 0);

  // Prints an error with its hint, and keeps its exit code.
  void fail(const transport::ControlError& error);
  void fail(const std::string& message, const std::string& hint, Exit exit = Exit::kError);

  // A remark for people on standard error; not with --quiet or --json.
  void note(const std::string& text) const;

  // Whether answers are tables and sentences; else print() prints them for programs.
  [[nodiscard]] bool is_for_people() const { return !settings_.json && !settings_.is_plain; }

  // An answer for programs. With --json one line that begins with "format_version" (kJsonVersion),
  // else, with --plain, the lines of print_fields().
  void print(const Json& answer) const;
  // An event as it leaves on the stream: one line of JSON, nothing added.
  void print_event(const Json& event) const;

  [[nodiscard]] Exit exit() const { return exit_; }

 private:
  const Settings settings_;
  const Style style_;
  const Ask ask_;
  std::ostream& out_;
  std::ostream& err_;
  Exit exit_ = Exit::kFine;
};

// 3 if any of these states is failed, 4 if any is stale or unknown, else 0.
class Verdicts {
 public:
  void add(std::string_view state);
  [[nodiscard]] Exit exit() const;

 private:
  bool has_failed_ = false;
  bool has_unproven_ = false;
};

// Who runs us, for the daemon's audit log: the user behind sudo, or the effective one.
std::string operator_name();

}  // namespace quotemill::cli
