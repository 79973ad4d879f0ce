// A command line, understood: what it asks for, or what is wrong with it.
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

#include "deploy/quotemill/session.h"

namespace quotemill::cli {

using Command = std::function<Exit(Session&)>;

// What a command line asks for.
struct Invocation {
  Settings settings;
  Command command;  // empty: there is nothing to do but to end with `exit`
  Exit exit = Exit::kFine;
};

// `arguments` without the program's name. Help and version go to `out`; what is wrong, and what
// would be right, to `err`.
Invocation parse_command_line(const std::vector<std::string>& arguments, std::ostream& out,
                              std::ostream& err);

}  // namespace quotemill::cli
