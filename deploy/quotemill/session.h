// Session: one run of the command line tool: its settings, its streams, and the daemon that it
// asks.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
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

struct ExitMeaning {
  Exit exit;
  const char* what;
};

// All of them, as help and the manual page tell them.
std::span<const ExitMeaning> exit_meanings();

// Of what --json prints. Raised when a key goes or changes its meaning; new keys do not raise it.
// Not called "version": that is the baseline's and the policy's own.
inline constexpr int kJsonVersion = 2;

struct Settings {
  std::string socket = "/run/quotemill/control.sock";
  bool json = false;
  bool is_plain = false;  // not together with json
  bool no_colour = false;
  bool is_quiet = false;
  bool is_verbose = false;    // not together with is_quiet
  bool is_dry_run = false;    // changes are asked for, and not made
  bool is_confirmed = false;  // --yes
};

// Where a run reads and writes. Borrowed.
struct Console {
  std::ostream& out;           // data
  std::ostream& err;           // messages and questions
  std::istream* in = nullptr;  // who answers questions; null: nobody is there to be asked
};

// Asks the daemon: ControlClient::call(), or a test's answers.
using Ask = std::function<transport::ControlAnswer(const std::string& verb, const Json& args,
                                                   int extra_ms)>;

class Session {
 public:
  Session(const Settings& settings, Style style, Ask ask, const Console& console)
      : settings_(settings), style_(style), ask_(std::move(ask)), console_(console) {}

  [[nodiscard]] const Settings& settings() const { return settings_; }

  [[nodiscard]] const Style& style() const { return style_; }

  // Data: standard output.
  [[nodiscard]] std::ostream& out() const { return console_.out; }

  // The daemon's result; null after an error, which is printed, and whose exit code is exit().
  std::optional<Json> ask(const std::string& verb, const Json& args = Json::object());
  // The same for a verb that changes something; with --dry-run its ".check", which tells what the
  // change would come to, and fails as the change would.
  std::optional<Json> change(const std::string& verb, const Json& args);
  // As the daemon answers it, nothing printed. `extra_ms`: how long this verb may wait by its
  // nature.
  transport::ControlAnswer try_ask(const std::string& verb, const Json& args, int extra_ms = 0);

  // Prints an error with its hint, and keeps its exit code.
  void fail(const transport::ControlError& error);
  void fail(const std::string& message, const std::string& hint, Exit exit = Exit::kError);

  // Whether to go on: asks "question [y/N] " on standard error. Nobody is asked, and it is true,
  // with
  // --yes, with --dry-run or without a terminal to answer on. After a no, which is said, exit() is
  // kError.
  bool confirm(const std::string& question);

  // A remark for people on standard error; not with --quiet or --json.
  void note(const std::string& text) const;

  // A line on standard error that the next one replaces, for people at a terminal; and its end.
  void progress(const std::string& line) const;
  void end_progress() const;

  // Whether answers are tables and sentences; else print() prints them for programs.
  [[nodiscard]] bool is_for_people() const { return !settings_.json && !settings_.is_plain; }

  // An answer for programs. With --json one line that begins with "format_version" (kJsonVersion),
  // else, with --plain, the lines of print_fields().
  void print(const Json& answer) const;
  // An event as it leaves on the stream: one line of JSON, nothing added.
  void print_event(const Json& event) const;

  [[nodiscard]] Exit exit() const { return exit_; }

 private:
  // Every request goes through here: with --verbose it is told on standard error.
  transport::ControlAnswer send(const std::string& verb, const Json& args, int extra_ms);

  const Settings settings_;
  const Style style_;
  const Ask ask_;
  const Console console_;
  Exit exit_ = Exit::kFine;
  mutable bool has_progress_ = false;
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
