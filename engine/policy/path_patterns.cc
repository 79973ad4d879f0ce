#include "engine/policy/path_patterns.h"

#include <re2/set.h>

#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill {
namespace {

RE2::Options options() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);  // bytes
  options.set_log_errors(false);
  options.set_dot_nl(true);  // a line feed in a name is no way out of a pattern
  options.set_max_mem(limits::kPathPatternMemoryMax);
  return options;
}

Error refused(ErrorCode code, std::string detail) {
  return {code, "path pattern", 0, std::move(detail)};
}

}  // namespace

struct PathPatterns::Automaton {
  RE2::Set set{options(), RE2::ANCHOR_BOTH};
};

Result<PathPatterns> PathPatterns::compile(std::span<const std::string> patterns) {
  if (patterns.empty()) {
    return PathPatterns();
  }
  if (patterns.size() > limits::kPathPatternsMax) {
    return refused(ErrorCode::kTooLarge,
                   "more than " + std::to_string(limits::kPathPatternsMax) + " patterns");
  }
  const auto automaton = std::make_shared<Automaton>();
  for (const std::string& pattern : patterns) {
    if (pattern.empty() || pattern.size() > limits::kPathPatternSizeMax) {
      return refused(ErrorCode::kConfig, "'" + escaped(pattern) + "' is empty or too long");
    }
    std::string error;
    if (automaton->set.Add(pattern, &error) < 0) {
      return refused(ErrorCode::kConfig, "'" + escaped(pattern) + "': " + escaped(error));
    }
  }
  if (!automaton->set.Compile()) {
    return refused(ErrorCode::kTooLarge, "all patterns together need too much memory");
  }
  return PathPatterns(automaton);
}

bool PathPatterns::match(std::string_view path) const {
  return automaton_ != nullptr &&
         automaton_->set.Match(re2::StringPiece(path.data(), path.size()), nullptr);
}

bool PathPatterns::may_match(std::string_view path) const {
  if (automaton_ == nullptr) {
    return false;
  }
  RE2::Set::ErrorInfo info{};
  return automaton_->set.Match(re2::StringPiece(path.data(), path.size()), nullptr, &info) ||
         info.kind != RE2::Set::kNoError;
}

}  // namespace quotemill
