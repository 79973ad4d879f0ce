// Text that came from a host, made safe to print.
//
// Nothing host-supplied reaches a log, a file name or a page without passing here (or the escaper
// of its output format).
#pragma once

#include <string>
#include <string_view>

namespace quotemill {

// Printable ASCII stays; backslash is doubled; every other byte becomes \xNN. At most `max`
// characters of input are shown, then "…(N bytes)".
std::string escaped(std::string_view untrusted, std::size_t max = 256);

// The same for text of which the host-supplied parts are escaped already: backslashes stay as they
// are, and nothing is cut. What reaches a terminal or a log passes here.
std::string printable(std::string_view text);

// Host names as DESIGN has them: 1 to 64 characters of [a-z0-9._-], not beginning with '.' or '-'.
bool is_host_name(std::string_view name);

// Keys of labels: 1 to 64 characters of [a-z0-9._/-].
bool is_label_key(std::string_view key);

// The element of `known` nearest to `word` by edit distance, if near enough to be a typing error;
// empty otherwise. For "did you mean".
template <class Range>
std::string_view nearest(std::string_view word, const Range& known);

// Edits (insert, delete, replace one character) between two words.
std::size_t edit_distance(std::string_view left, std::string_view right);

template <class Range>
std::string_view nearest(std::string_view word, const Range& known) {
  std::string_view best;
  std::size_t best_distance = word.size() / 3 + 2;
  for (const auto& candidate : known) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best_distance) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

}  // namespace quotemill
