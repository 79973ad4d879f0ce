#include "engine/policy/selector_text.h"

#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill {
namespace {

constexpr std::size_t kTermsMax = 64;  // bound

Error wrong(std::string_view term, const std::string& why) {
  return {ErrorCode::kConfig, "hosts", 0, "'" + escaped(term, 64) + "' " + why};
}

// Where the patterns of "os:debian" belong; null if there is no such kind.
std::vector<std::string>* patterns_of(std::string_view kind, HostSelector& selector) {
  if (kind == "name") {
    return &selector.names;
  }
  if (kind == "os") {
    return &selector.os;
  }
  if (kind == "vendor") {
    return &selector.vendor;
  }
  if (kind == "model") {
    return &selector.model;
  }
  return kind == "firmware" ? &selector.firmware : nullptr;
}

Result<void> add_term(std::string_view term, HostSelector& selector) {
  if (term.empty() || term.size() > limits::kPatternSizeMax) {
    return wrong(term, term.empty() ? "is empty" : "is too long");
  }
  const std::size_t equals = term.find('=');
  const std::size_t colon = term.find(':');
  if (equals != std::string_view::npos && equals < colon) {
    if (equals == 0 || equals + 1 == term.size()) {
      return wrong(term, "is no label: KEY=VALUE, or label:KEY for any value");
    }
    selector.labels.push_back(
        {std::string(term.substr(0, equals)), std::string(term.substr(equals + 1))});
    return {};
  }
  if (colon == std::string_view::npos) {
    selector.names.emplace_back(term);
    return {};
  }
  const std::string_view kind = term.substr(0, colon);
  const std::string_view pattern = term.substr(colon + 1);
  if (pattern.empty()) {
    return wrong(term, "has no pattern");
  }
  if (kind == "label") {
    selector.labels.push_back({std::string(pattern), "*"});
    return {};
  }
  std::vector<std::string>* const patterns = patterns_of(kind, selector);
  if (patterns == nullptr) {
    return wrong(term, "is of no kind that is known: label, name, os, vendor, model, firmware");
  }
  patterns->emplace_back(pattern);
  return {};
}

}  // namespace

Result<HostSelector> parse_selector(std::string_view text) {
  HostSelector selector;
  std::size_t terms = 0;
  for (std::string_view rest = text;; ++terms) {
    if (terms == kTermsMax) {
      return wrong(text, "has more than " + std::to_string(kTermsMax) + " terms");
    }
    const std::size_t comma = rest.find(',');
    if (Result<void> added = add_term(rest.substr(0, comma), selector); !added) {
      return added.error();
    }
    if (comma == std::string_view::npos) {
      return selector;
    }
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace quotemill
