// What a rule leaves behind when it is broken.
#pragma once

#include <string>

#include "engine/policy/rule_action.h"
#include "engine/verdict/finding.h"

namespace quotemill {

// Appends the finding with the severity that the rule gives it; null, and nothing, if the rule is
// off. The pointer is good until the next finding: for what else the caller knows of the place.
Finding* add_broken_rule(FindingCode code, RuleAction action, std::string subject,
                         Findings& findings);

}  // namespace quotemill
