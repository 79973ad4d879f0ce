// PathPatterns: which paths of a runtime list nobody asks about.
//
// Patterns are regular expressions of RE2 (no back references: matching takes time linear in the
// path, whatever the pattern), and each is for a whole path: "/var/lib/containers/.*".
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace quotemill {

// Immutable; copies share the automaton. Any thread.
class PathPatterns {
 public:
  // No pattern: nothing matches.
  PathPatterns() = default;

  // kConfig names the first pattern that is none, kTooLarge the bound that they pass together
  // (limits::kPathPatternsMax, kPathPatternSizeMax, kPathPatternMemoryMax).
  static Result<PathPatterns> compile(std::span<const std::string> patterns);

  // Paths are bytes: they need not be UTF-8. A path that the automaton has no memory for does not
  // match, so that it is judged.
  [[nodiscard]] bool match(std::string_view path) const;

  // For patterns that forbid: one that the automaton has no memory for counts as matching.
  [[nodiscard]] bool may_match(std::string_view path) const;

 private:
  struct Automaton;

  explicit PathPatterns(std::shared_ptr<const Automaton> automaton)
      : automaton_(std::move(automaton)) {}

  std::shared_ptr<const Automaton> automaton_;
};

}  // namespace quotemill
