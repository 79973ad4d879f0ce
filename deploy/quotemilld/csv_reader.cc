#include "deploy/quotemilld/csv_reader.h"

namespace quotemill::daemon {

CsvReader::CsvReader(std::string_view text) : text_(text) {
  if (text_.starts_with("\xEF\xBB\xBF")) {
    text_.remove_prefix(3);
  }
}

char CsvReader::take() {
  const char letter = text_[at_++];
  if (letter == '\n') {
    ++place_.line;
    place_.column = 1;
  } else {
    ++place_.column;
  }
  return letter;
}

bool CsvReader::is_at_line_end() const {
  return is_at('\n') || text_.substr(at_).starts_with("\r\n");
}

void CsvReader::skip_line_end() {
  if (is_at('\r')) {
    take();
  }
  if (!at_end()) {
    take();
  }
}

void CsvReader::read_quoted(CsvCell& out) {
  take();
  while (!at_end()) {
    const char letter = take();
    if (letter != '"') {
      out.text.push_back(letter);
    } else if (is_at('"')) {
      out.text.push_back(take());
    } else {
      if (!at_end() && !is_at(',') && !is_at_line_end()) {
        mistake_ = {place_, "after a closing quote comes a comma or the line's end"};
      }
      return;
    }
  }
  mistake_ = {out.place, "the quote that begins here does not end"};
}

CsvCell CsvReader::cell() {
  CsvCell out{place_, {}};
  if (is_at('"')) {
    read_quoted(out);
    return out;
  }
  while (!at_end() && !is_at(',') && !is_at_line_end()) {
    if (is_at('"')) {
      mistake_ = {place_,
                  "a quote within a cell: put the whole cell in quotes, and double this one"};
      return out;
    }
    out.text.push_back(take());
  }
  return out;
}

std::optional<std::vector<CsvCell>> CsvReader::next(std::size_t cells_max) {
  while (!at_end() && is_at_line_end()) {
    skip_line_end();
  }
  if (at_end() || mistake_) {
    return std::nullopt;
  }
  std::vector<CsvCell> record;
  while (true) {
    CsvCell one = cell();
    if (mistake_) {
      return std::nullopt;
    }
    if (record.size() == cells_max) {
      mistake_ = {one.place, "more than " + std::to_string(cells_max) + " columns"};
      return std::nullopt;
    }
    record.push_back(std::move(one));
    if (!is_at(',')) {
      skip_line_end();
      return record;
    }
    take();
  }
}

}  // namespace quotemill::daemon
