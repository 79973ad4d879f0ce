// TomlReader: one TOML document read key by key, every value checked, every mistake placed.
//
// The caller asks for each key it knows, with its default and its bounds; finish() then reports
// everything that is wrong at once: wrong types and values, and unknown keys with the nearest known
// one. An error reads "file:line:column: what; remedy". Policies and the programs' configuration
// are read with it. Pure: the text is given, nothing is opened.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace quotemill {

class TomlReader {
 public:
  // `file_name` is for messages. A document that is no TOML is kConfig with its place.
  static Result<TomlReader> parse(std::string_view text, std::string_view file_name);

  TomlReader(TomlReader&&) noexcept;
  TomlReader& operator=(TomlReader&&) noexcept;
  TomlReader(const TomlReader&) = delete;
  TomlReader& operator=(const TomlReader&) = delete;
  ~TomlReader();

  // `key` is "table.key"; an absent key gives the default. A wrong one gives the default, too, and
  // is remembered for finish().
  std::string text(std::string_view key, std::string_view default_value);
  bool boolean(std::string_view key, bool default_value);
  std::int64_t integer(std::string_view key, std::int64_t default_value, std::int64_t min,
                       std::int64_t max);

  // "250ms", "60s", "5m", "2h", "1d"; in milliseconds. The bounds are milliseconds.
  std::int64_t duration_ms(std::string_view key, std::int64_t default_ms, std::int64_t min_ms,
                           std::int64_t max_ms);

  // Index of the value among `choices`.
  std::size_t choice(std::string_view key, std::size_t default_index,
                     const std::vector<std::string_view>& choices);

  std::vector<std::string> texts(std::string_view key, std::vector<std::string> default_value);
  std::vector<std::int64_t> integers(std::string_view key, std::vector<std::int64_t> default_value,
                                     std::int64_t min, std::int64_t max);

  // Whether the document has the key.
  [[nodiscard]] bool has(std::string_view key) const;

  // Remembers a mistake that only the caller can see ("stale_after must be longer than …").
  void fail(std::string_view key, std::string_view what);

  // kConfig with all mistakes, one a line, if there is any.
  Result<void> finish();

 private:
  struct Document;
  explicit TomlReader(std::unique_ptr<Document> document);
  std::unique_ptr<Document> document_;
};

// Milliseconds of "250ms", "60s", "5m", "2h", "1d"; nullopt otherwise.
std::optional<std::int64_t> parse_duration_ms(std::string_view text);

}  // namespace quotemill
