// Commands that start something in the daemon and follow it to its end.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

// What is followed.
struct Followed {
  std::string status_verb;
  std::string stop_verb;  // what Ctrl-C comes to
  std::string id;         // the answer's key for its number, which must stay `number`
  Json number;
  std::function<std::string(const Json& status)> line;  // how far it is, in one line
  std::string resume_hint;                              // how to go on after Ctrl-C; may be empty
  int every_ms = 250;
};

// The last status, when it does not run any more; null after an error, or after Ctrl-C (then
// `is_interrupted`), both of which are said.
std::optional<Json> follow(Session& session, const Followed& what, bool& is_interrupted);

// "[#####-----]  50 %".
std::string bar_of(const Json& done, const Json& all);
// "1 h 5 min", "12 s"; empty if it is no number.
std::string time_left(const Json& ms);

}  // namespace quotemill::cli
