#include "engine/claims/kernel_parameters.h"

#include <algorithm>

#include "engine/base/text.h"
#include "engine/eventlog/decode/secrets.h"

namespace quotemill {
namespace {

// isspace() of the kernel (lib/ctype.c, Latin-1), and NUL.
bool is_space(char letter) {
  const auto byte = static_cast<unsigned char>(letter);
  return byte == ' ' || (byte >= '\t' && byte <= '\r') || byte == 0xA0 || byte == 0;
}

std::string_view without_quotes(std::string_view text) {
  if (!text.empty() && text.front() == '"') {
    text.remove_prefix(1);
    if (!text.empty() && text.back() == '"') {
      text.remove_suffix(1);
    }
  }
  return text;
}

// "name=value" without the quotes around either.
std::string unquoted(std::string_view word) {
  word = without_quotes(word);
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) {
    return std::string(word);
  }
  return std::string(word.substr(0, equals + 1)) +
         std::string(without_quotes(word.substr(equals + 1)));
}

std::string with_dashes_as(char mark, std::string parameter) {
  const auto name_end = std::find(parameter.begin(), parameter.end(), '=');
  std::replace_if(
      parameter.begin(), name_end, [](char c) { return c == '-' || c == '_'; }, mark);
  return parameter;
}

void add_new(std::string spelling, std::vector<std::string>& spellings) {
  if (std::find(spellings.begin(), spellings.end(), spelling) == spellings.end()) {
    spellings.push_back(std::move(spelling));
  }
}

}  // namespace

std::vector<std::string> kernel_parameters(std::string_view line) {
  std::vector<std::string> parameters;
  std::size_t begin = 0;
  while (begin < line.size()) {
    if (is_space(line[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    for (bool is_quoted = false; end < line.size() && (is_quoted || !is_space(line[end])); ++end) {
      is_quoted = is_quoted != (line[end] == '"');
    }
    parameters.push_back(unquoted(line.substr(begin, end - begin)));
    begin = end;
  }
  return parameters;
}

std::vector<std::string> spellings(std::string_view parameter) {
  std::string bare(parameter);
  std::erase_if(bare, [](char c) { return c == '"' || c == '\''; });
  std::vector<std::string> all;
  for (const std::string& form : {std::string(parameter), bare}) {
    add_new(form, all);
    add_new(with_dashes_as('_', form), all);
    add_new(with_dashes_as('-', form), all);
  }
  return all;
}

std::string shown_parameter(std::string_view parameter) {
  const std::size_t equals = parameter.find('=');
  if (equals != std::string_view::npos && has_secret(as_bytes(parameter))) {
    return escaped(parameter.substr(0, equals + 1)) + "[redacted]";
  }
  return escaped(parameter);
}

}  // namespace quotemill
