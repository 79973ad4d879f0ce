// Findings in test output and matchers.
#pragma once

#include <ostream>
#include <vector>

#include "engine/verdict/verdict.h"

namespace quotemill {

inline void PrintTo(FindingCode code, std::ostream* out) {
  *out << name_of(code);
}

inline void PrintTo(TrustState state, std::ostream* out) {
  *out << name_of(state);
}

inline void PrintTo(const Finding& finding, std::ostream* out) {
  *out << name_of(finding.severity) << " " << name_of(finding.code) << " \"" << message_of(finding)
       << "\"";
}

namespace testing {

inline std::vector<FindingCode> codes(const Findings& findings) {
  std::vector<FindingCode> out;
  for (const Finding& finding : findings) {
    out.push_back(finding.code);
  }
  return out;
}

// Those of at least this severity.
inline Findings at_least(Severity severity, const Findings& findings) {
  Findings out;
  for (const Finding& finding : findings) {
    if (finding.severity >= severity) {
      out.push_back(finding);
    }
  }
  return out;
}

}  // namespace testing
}  // namespace quotemill
