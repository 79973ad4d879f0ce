// The manual page, made from the tree of commands: roff of man(7). Pure.
#pragma once

#include <string>

#include "deploy/quotemill/command_tree.h"

namespace quotemill::cli {

std::string man_page_of(const CommandNode& root, const std::string& version);

}  // namespace quotemill::cli
