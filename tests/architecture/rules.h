// The walls of the house, as data and pure functions: who may include whom, where third-party
// headers live, what the engine does not call. source_tree_test applies them to every file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quotemill::testing {

// What is wrong with `file` (a path from the root) including `header` (another); empty if nothing.
std::string edge_problem(std::string_view file, std::string_view header);

// What is wrong with `file` including the third-party or system header `header`; empty if nothing.
std::string third_party_problem(std::string_view file, std::string_view header);

struct BannedCall {
  std::string_view word;
  std::string_view instead;
};

// What code in this file must not name; empty for most of the tree.
std::vector<BannedCall> banned_calls(std::string_view file);

}  // namespace quotemill::testing
