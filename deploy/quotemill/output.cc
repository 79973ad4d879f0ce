#include "deploy/quotemill/output.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <unistd.h>

#include <sys/ioctl.h>

namespace quotemill::cli {

namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kColumnMin = 8;  // below which the last column is not cut further

const char* code_of(Colour colour) {
  switch (colour) {
    case Colour::kNone:
      return "";
    case Colour::kGreen:
      return "\x1b[32m";
    case Colour::kYellow:
      return "\x1b[33m";
    case Colour::kRed:
      return "\x1b[31m";
    case Colour::kGrey:
      return "\x1b[90m";
  }
  return "";
}

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value != nullptr && *value != '\0';
}

bool is_dumb_terminal() {
  const char* term = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe)
  return term == nullptr || std::string_view(term) == "dumb";
}

void print_fields_below(std::ostream& out, const std::string& path, const Json& value) {
  if (!value.is_structured()) {
    out << path << '\t' << text_of(value) << '\n';
    return;
  }
  const std::string prefix = path.empty() ? path : path + ".";
  for (const auto& [key, member] : value.items()) {
    print_fields_below(out, prefix + printable(key), member);
  }
}

std::string cut(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : text.substr(0, width - 3) + "...";
}

}  // namespace

std::string text_of(const Json& value) {
  if (value.is_null()) {
    return "-";
  }
  return value.is_string() ? printable(value.get<std::string>()) : transport::to_line(value);
}

Json at(const Json& object, const char* key) {
  if (!object.is_object()) {
    return nullptr;
  }
  const auto found = object.find(key);
  return found == object.end() ? Json(nullptr) : *found;
}

std::string text_at(const Json& object, const char* key) {
  return text_of(at(object, key));
}

std::string time_of(const Json& iso) {
  std::string text = text_of(iso);
  constexpr std::size_t kToSeconds = 19;  // "2026-11-24T03:31:09"
  if (text.size() > kToSeconds && text[10] == 'T') {
    text.resize(kToSeconds);
    text.push_back('Z');
  }
  return text;
}

std::string seconds_of(const Json& ms) {
  if (!ms.is_number_integer()) {
    return "-";
  }
  const auto number = ms.get<std::int64_t>();
  return std::to_string(number / 1000 + (number % 1000 > 0 ? 1 : 0)) + "s";
}

std::string size_of(const Json& bytes) {
  if (!bytes.is_number()) {
    return "-";
  }
  constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto number = bytes.get<double>();
  std::size_t unit = 0;
  for (; number >= 1024 && unit + 1 < kUnits.size(); ++unit) {
    number /= 1024;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", number,
                kUnits.at(unit));
  return text.data();
}

Colour colour_of_state(std::string_view state) {
  if (state == "trusted") {
    return Colour::kGreen;
  }
  if (state == "warning") {
    return Colour::kYellow;
  }
  return state == "failed" ? Colour::kRed : Colour::kGrey;
}

std::string coloured(const Cell& cell, const Style& style) {
  if (!style.has_colour || cell.colour == Colour::kNone) {
    return cell.text;
  }
  return code_of(cell.colour) + cell.text + "\x1b[0m";
}

std::vector<std::size_t> Table::widths(const Style& style) const {
  std::vector<std::size_t> out(headers_.size(), 0);
  for (std::size_t i = 0; i < headers_.size(); ++i) {
    out[i] = style.has_headers ? headers_[i].size() : 0;
    for (const std::vector<Cell>& row : rows_) {
      out[i] = std::max(out[i], row[i].text.size());
    }
  }
  if (style.width != 0 && !out.empty()) {
    std::size_t before = 0;
    for (std::size_t i = 0; i + 1 < out.size(); ++i) {
      before += out[i] + kGap;
    }
    const std::size_t left = style.width > before ? style.width - before : 0;
    out.back() = std::min(out.back(), std::max(left, kColumnMin));
  }
  return out;
}

void print_fields(std::ostream& out, const Json& value) {
  print_fields_below(out, value.is_structured() ? "" : "answer", value);
}

void Table::print_plain(std::ostream& out) const {
  for (const std::vector<Cell>& row : rows_) {
    for (const Cell& cell : row) {
      out << (&cell == &row.front() ? "" : "\t") << (cell.text.empty() ? "-" : cell.text);
    }
    out << '\n';
  }
}

void Table::print(std::ostream& out, const Style& style) const {
  if (style.is_plain) {
    print_plain(out);
    return;
  }
  if (rows_.empty()) {
    return;
  }
  const std::vector<std::size_t> columns = widths(style);
  const auto print_row = [&](const std::vector<Cell>& row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const bool is_last = i + 1 == columns.size();
      const Cell cell{cut(row[i].text, std::max(columns[i], kColumnMin)), row[i].colour};
      out << coloured(cell, style);
      if (!is_last) {
        out << std::string(columns[i] - std::min(columns[i], cell.text.size()) + kGap, ' ');
      }
    }
    out << '\n';
  };
  if (style.has_headers) {
    std::vector<Cell> row;
    for (const std::string& header : headers_) {
      row.push_back({header});
    }
    print_row(row);
  }
  std::for_each(rows_.begin(), rows_.end(), print_row);
}

Style style_of(int descriptor, bool no_colour, bool is_quiet) {
  Style style;
  style.has_headers = !is_quiet;
  if (isatty(descriptor) == 0) {
    return style;
  }
  style.has_colour = !no_colour && !is_set("NO_COLOR") && !is_dumb_terminal();
  winsize size{};
  style.width = ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  return style;
}

}  // namespace quotemill::cli
