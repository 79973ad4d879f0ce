// CsvReader: the cells of a comma-separated file (RFC 4180), record by record, each with its place.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/quotemilld/inventory_file.h"

namespace quotemill::daemon {

struct CsvCell {
  Place place;
  std::string text;
};

// Borrows the text. Lines end with LF or CRLF; empty ones are passed over, and so is a byte order
// mark.
class CsvReader {
 public:
  explicit CsvReader(std::string_view text);

  // The next record, at most `cells_max` cells of it; nullopt at the end of the text, or after a
  // mistake.
  std::optional<std::vector<CsvCell>> next(std::size_t cells_max);

  // What is wrong with the quotes, if something is: what follows cannot be told apart.
  [[nodiscard]] const std::optional<InventoryMistake>& mistake() const { return mistake_; }

 private:
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

  [[nodiscard]] bool is_at(char letter) const { return !at_end() && text_[at_] == letter; }

  [[nodiscard]] bool is_at_line_end() const;
  void skip_line_end();
  char take();
  CsvCell cell();
  void read_quoted(CsvCell& out);

  std::string_view text_;
  std::size_t at_ = 0;
  Place place_;
  std::optional<InventoryMistake> mistake_;
};

}  // namespace quotemill::daemon
