#include "engine/policy/toml_reader.h"

#include <charconv>
#include <limits>
#include <set>

#include <toml++/toml.h>

#include "engine/base/text.h"

namespace quotemill {

namespace {

std::string quoted(std::string_view word) {
  return "'" + escaped(word) + "'";
}

}  // namespace

struct TomlReader::Document {
  std::string file_name;
  toml::table root;
  std::set<std::string, std::less<>> known;
  std::string mistakes;

  const toml::node* find(std::string_view key) {
    known.emplace(key);
    return root.at_path(key).node();
  }

  void add_mistake(const toml::source_region& where, std::string_view what) {
    if (!mistakes.empty()) {
      mistakes += '\n';
    }
    mistakes += file_name + ":" + std::to_string(where.begin.line) + ":" +
                std::to_string(where.begin.column) + ": ";
    mistakes += what;
  }

  void check_known(const toml::key& key, const std::string& path) {
    if (!known.contains(path)) {
      add_unknown(key, path);
    }
  }

  // At the top stand tables only: a quoted "table.key" there is no setting.
  void check_section(const toml::key& section, const toml::table* table) {
    const std::string prefix = std::string(section.str()) + ".";
    const auto first = known.lower_bound(prefix);
    const bool is_known = first != known.end() && first->rfind(prefix, 0) == 0;
    if (table == nullptr || (table->empty() && !is_known)) {
      add_unknown(section, std::string(section.str()));
    }
  }

  void add_unknown(const toml::key& key, const std::string& path) {
    const std::string_view near = nearest(path, known);
    add_mistake(key.source(), "unknown setting " + quoted(path) +
                                  (near.empty() ? "" : "; did you mean " + quoted(near) + "?"));
  }
};

namespace {

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) {
    text += (text.empty() ? "" : ", ") + quoted(word);
  }
  return text;
}

// "12 to 34" in the unit that people write.
std::string duration_text(std::int64_t ms) {
  if (ms % 3'600'000 == 0) {
    return std::to_string(ms / 3'600'000) + "h";
  }
  if (ms % 60'000 == 0) {
    return std::to_string(ms / 60'000) + "m";
  }
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

}  // namespace

std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();  // NOLINT(*-pointer-arithmetic)
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || value < 0) {
    return std::nullopt;
  }
  const std::string_view unit = text.substr(static_cast<std::size_t>(rest - text.data()));
  std::int64_t factor = 0;
  if (unit == "ms") {
    factor = 1;
  } else if (unit == "s") {
    factor = 1000;
  } else if (unit == "m") {
    factor = 60'000;
  } else if (unit == "h") {
    factor = 3'600'000;
  } else if (unit == "d") {
    factor = 86'400'000;
  }
  if (factor == 0 || value > std::numeric_limits<std::int64_t>::max() / factor) {
    return std::nullopt;
  }
  return value * factor;
}

TomlReader::TomlReader(std::unique_ptr<Document> document) : document_(std::move(document)) {}

TomlReader::TomlReader(TomlReader&&) noexcept = default;
TomlReader& TomlReader::operator=(TomlReader&&) noexcept = default;
TomlReader::~TomlReader() = default;

Result<TomlReader> TomlReader::parse(std::string_view text, std::string_view file_name) {
  auto document = std::make_unique<Document>();
  document->file_name = file_name;
  try {
    document->root = toml::parse(text);
  } catch (const toml::parse_error& error) {
    document->add_mistake(error.source(), escaped(error.description(), 1000));
    return Error{ErrorCode::kConfig, "", 0, document->mistakes};
  }
  return TomlReader(std::move(document));
}

std::string TomlReader::text(std::string_view key, std::string_view default_value) {
  const toml::node* node = document_->find(key);
  if (node == nullptr) {
    return std::string(default_value);
  }
  if (const auto* value = node->as_string()) {
    return value->get();
  }
  document_->add_mistake(node->source(), quoted(key) + " must be a text in quotes");
  return std::string(default_value);
}

bool TomlReader::boolean(std::string_view key, bool default_value) {
  const toml::node* node = document_->find(key);
  if (node == nullptr) {
    return default_value;
  }
  if (const auto* value = node->as_boolean()) {
    return value->get();
  }
  document_->add_mistake(node->source(), quoted(key) + " must be true or false");
  return default_value;
}

std::int64_t TomlReader::integer(std::string_view key, std::int64_t default_value, std::int64_t min,
                                 std::int64_t max) {
  const toml::node* node = document_->find(key);
  if (node == nullptr) {
    return default_value;
  }
  const auto* value = node->as_integer();
  if (value != nullptr && value->get() >= min && value->get() <= max) {
    return value->get();
  }
  document_->add_mistake(node->source(), quoted(key) + " must be a whole number from " +
                                             std::to_string(min) + " to " + std::to_string(max));
  return default_value;
}

std::int64_t TomlReader::duration_ms(std::string_view key, std::int64_t default_ms,
                                     std::int64_t min_ms, std::int64_t max_ms) {
  const toml::node* node = document_->find(key);
  if (node == nullptr) {
    return default_ms;
  }
  if (const auto* value = node->as_string()) {
    const std::optional<std::int64_t> ms = parse_duration_ms(value->get());
    if (ms && *ms >= min_ms && *ms <= max_ms) {
      return *ms;
    }
  }
  document_->add_mistake(node->source(), quoted(key) + " must be a duration from \"" +
                                             duration_text(min_ms) + "\" to \"" +
                                             duration_text(max_ms) + "\" (units: ms, s, m, h, d)");
  return default_ms;
}

std::size_t TomlReader::choice(std::string_view key, std::size_t default_index,
                               const std::vector<std::string_view>& choices) {
  const toml::node* node = document_->find(key);
  if (node == nullptr) {
    return default_index;
  }
  if (const auto* value = node->as_string()) {
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (choices[i] == value->get()) {
        return i;
      }
    }
  }
  document_->add_mistake(node->source(), quoted(key) + " must be one of " + joined(choices));
  return default_index;
}

std::vector<std::string> TomlReader::texts(std::string_view key,
                                           std::vector<std::string> default_value) {
  const toml::node* node = document_->find(key);
  if (node == nullptr) {
    return default_value;
  }
  const toml::array* array = node->as_array();
  std::vector<std::string> values;
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    if (const auto* value = array->get(i)->as_string()) {
      values.push_back(value->get());
    }
  }
  if (array == nullptr || values.size() != array->size()) {
    document_->add_mistake(node->source(), quoted(key) + " must be a list of texts in quotes");
    return default_value;
  }
  return values;
}

std::vector<std::int64_t> TomlReader::integers(std::string_view key,
                                               std::vector<std::int64_t> default_value,
                                               std::int64_t min, std::int64_t max) {
  const toml::node* node = document_->find(key);
  if (node == nullptr) {
    return default_value;
  }
  const toml::array* array = node->as_array();
  std::vector<std::int64_t> values;
  for (std::size_t i = 0; array != nullptr && i < array->size(); ++i) {
    const auto* value = array->get(i)->as_integer();
    if (value != nullptr && value->get() >= min && value->get() <= max) {
      values.push_back(value->get());
    }
  }
  if (array == nullptr || values.size() != array->size()) {
    document_->add_mistake(node->source(), quoted(key) + " must be a list of whole numbers from " +
                                               std::to_string(min) + " to " + std::to_string(max));
    return default_value;
  }
  return values;
}

bool TomlReader::has(std::string_view key) const {
  return document_->root.at_path(key).node() != nullptr;
}

void TomlReader::fail(std::string_view key, std::string_view what) {
  const toml::node* node = document_->root.at_path(key).node();
  document_->add_mistake(node == nullptr ? document_->root.source() : node->source(), what);
}

Result<void> TomlReader::finish() {
  for (const auto& [section, node] : document_->root) {
    const toml::table* table = node.as_table();
    document_->check_section(section, table);
    if (table == nullptr) {
      continue;
    }
    for (const auto& [key, value] : *table) {
      document_->check_known(key, std::string(section.str()) + "." + std::string(key.str()));
    }
  }
  if (document_->mistakes.empty()) {
    return {};
  }
  return Error{ErrorCode::kConfig, "", 0, document_->mistakes};
}

}  // namespace quotemill
