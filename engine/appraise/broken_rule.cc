#include "engine/appraise/broken_rule.h"

#include <optional>
#include <utility>

namespace quotemill {

Finding* add_broken_rule(FindingCode code, RuleAction action, std::string subject,
                         Findings& findings) {
  const std::optional<Severity> severity = severity_of(action);
  if (!severity) {
    return nullptr;
  }
  Finding& finding = findings.emplace_back();
  finding.code = code;
  finding.severity = *severity;
  finding.subject = std::move(subject);
  return &finding;
}

}  // namespace quotemill
