// C++ source as the checks of the tree want it: without comments, and without literals.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace quotemill::testing {

// `text` with every character of a comment replaced by a space; lines stay where they are.
std::string without_comments(std::string_view text);

// The same, and what stands between quotes replaced, too.
std::string without_comments_and_literals(std::string_view text);

struct Include {
  std::string path;      // as written between the quotes or brackets
  bool is_ours = false;  // in quotes
  std::size_t line = 0;  // from 1
};

std::vector<Include> includes_of(std::string_view text);

// Whether `code` (without comments and literals) calls or names `word` as a whole word: "time(" in
// "std::time(x)" but not in "real_time(x)" or "a.time(x)".
bool uses(std::string_view code, std::string_view word);

// The number of the line, from 1, in which the byte at `offset` stands.
std::size_t line_of(std::string_view text, std::size_t offset);

}  // namespace quotemill::testing
