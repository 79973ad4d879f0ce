// Output of the command line tool: text that is safe on a terminal, tables, colours.
//
// Data goes to standard output, messages to standard error. Whatever comes from the daemon is
// printed through printable(): the daemon escapes host-supplied text, and a terminal shall not
// depend on it. Pure but for the streams given.
#pragma once

#include <cstddef>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/text.h"
#include "transport/render/json.h"

namespace quotemill::cli {

using transport::Json;

// A JSON value for people: texts without quotes, "-" for null.
std::string text_of(const Json& value);
// The same for a member; "-" if it is absent.
std::string text_at(const Json& object, const char* key);
// The member; null if `object` is no object or has none.
Json at(const Json& object, const char* key);

// "2026-11-24T03:31:09Z", without blanks, of an ISO time; "-" for null.
std::string time_of(const Json& iso);

// "6s", of milliseconds: rounded up, so that nothing looks shorter than it was; "-" for null.
std::string seconds_of(const Json& ms);

// "1.2 MiB".
std::string size_of(const Json& bytes);

enum class Colour { kNone, kGreen, kYellow, kRed, kGrey };

// The dashboard's: trusted green, warning yellow, failed red, stale and unknown grey.
Colour colour_of_state(std::string_view state);

struct Cell {
  std::string text;
  Colour colour = Colour::kNone;
};

// How output looks, decided once from the terminal and the flags.
struct Style {
  bool has_colour = false;
  std::size_t width = 0;  // of the terminal; 0: not a terminal, lines are not cut
  bool has_headers = true;
  bool is_plain = false;  // for scripts: cells between tabs, nothing added, nothing cut
};

inline constexpr Style kPlainStyle{.has_headers = false, .is_plain = true};

std::string coloured(const Cell& cell, const Style& style);

// Columns as wide as their widest cell, two spaces between; the last one is cut at the terminal's
// width. Plain: one tab between, "-" for an empty cell, because a shell's
// read takes tabs in a row for one. Nothing for no rows.
class Table {
 public:
  explicit Table(std::vector<std::string> headers) : headers_(std::move(headers)) {}

  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }

  void print(std::ostream& out, const Style& style) const;

 private:
  void print_plain(std::ostream& out) const;
  [[nodiscard]] std::vector<std::size_t> widths(const Style& style) const;

  std::vector<std::string> headers_;
  std::vector<std::vector<Cell>> rows_;
};

// "hosts.states.failed<TAB>3": a line for each value that is no object or array, under the keys
// that lead to it; of an array the places, from 0. Values are the daemon's, "-" for null. No text
// holds a tab: printable() escapes them.
void print_fields(std::ostream& out, const Json& value);

// Whether `descriptor` is a terminal, its width, and whether colours are wanted: not with
// --no-color, NO_COLOR (no-color.org) or TERM=dumb.
Style style_of(int descriptor, bool no_colour, bool is_quiet);

}  // namespace quotemill::cli
