#include "engine/verdict/finding_words.h"

namespace quotemill::sentences {
namespace {

std::string text_of(const Digest& digest) {
  return std::string(name_of(digest.algorithm())) + ":" + digest.hex();
}

}  // namespace

std::string seen(const Finding& finding) {
  return finding.digest ? text_of(*finding.digest) : std::string("none");
}

std::string expected(const Finding& finding) {
  return finding.expected ? text_of(*finding.expected) : std::string("none");
}

std::string about(const Finding& finding) {
  return finding.subject.empty() ? std::string() : " (" + finding.subject + ")";
}

std::string numbers(const Finding& finding, std::string_view from, std::string_view to) {
  return std::string(from) + std::to_string(finding.expected_number) + std::string(to) +
         std::to_string(finding.seen_number);
}

}  // namespace quotemill::sentences
