#include "engine/base/text.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "engine/base/limits.h"

namespace quotemill {
namespace {

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

void append_printable(std::string& text, char c) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x20 && byte < 0x7F) {
    text += c;
  } else {
    text += "\\x";
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 0x0FU];
  }
}

}  // namespace

std::string escaped(std::string_view untrusted, std::size_t max) {
  std::string text;
  for (const char c : untrusted.substr(0, max)) {
    if (c == '\\') {
      text += "\\\\";
    } else {
      append_printable(text, c);
    }
  }
  if (untrusted.size() > max) {
    text += "...(" + std::to_string(untrusted.size()) + " bytes)";
  }
  return text;
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    append_printable(out, c);
  }
  return out;
}

bool is_host_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kHostNameSizeMax && name.front() != '.' &&
         name.front() != '-' && std::all_of(name.begin(), name.end(), is_name_character);
}

bool is_label_key(std::string_view key) {
  return !key.empty() && key.size() <= limits::kHostNameSizeMax &&
         std::all_of(key.begin(), key.end(),
                     [](char c) { return is_name_character(c) || c == '/'; });
}

std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row;
  for (std::size_t j = 0; j <= right.size(); ++j) {
    row.push_back(j);
  }
  for (std::size_t i = 0; i < left.size(); ++i) {
    std::size_t diagonal = row.front();
    row.front() = i + 1;
    for (std::size_t j = 0; j < right.size(); ++j) {
      const std::size_t replaced = diagonal + (left[i] == right[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace quotemill
