// Completion scripts of shells, made from the tree of commands. Pure.
//
// They complete commands, options, closed sets of values, and files. They do not ask the daemon:
// names of hosts are not completed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/quotemill/command_tree.h"

namespace quotemill::cli {

// Those that completion_of() knows.
std::vector<std::string> shells();

// The script, to be sourced, or to be put where the shell looks for it; nullopt for another shell.
std::optional<std::string> completion_of(std::string_view shell, const CommandNode& root);

}  // namespace quotemill::cli
