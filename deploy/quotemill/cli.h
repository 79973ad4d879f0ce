// The command line: which commands there are, with which options, and what is said about them.
// The only room that knows CLI11.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

// What a command line asks for.
struct Invocation {
  Settings settings;
  std::function<Exit(Session&)> command;  // empty: there is nothing to do but to end with `exit`
  Exit exit = Exit::kFine;
};

// `arguments` without the program's name. Help and version go to `out`; what is wrong, and what
// would be right, to `err`.
Invocation parse_command_line(const std::vector<std::string>& arguments, std::ostream& out,
                              std::ostream& err);

}  // namespace quotemill::cli
