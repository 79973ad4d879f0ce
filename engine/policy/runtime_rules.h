// RuntimeRules: what a policy asks of a host's runtime list (IMA). They apply where 'quote.pcrs'
// names PCR 10.
//
//   [ima]
//   references = ["debian-12"]          imported baselines: which content which path may have
//   keys = ["""-----BEGIN …"""]         certificates (PEM) that may sign what has no reference
//   signatures = "where_needed"         or "all": of every file; one without is as 'unknown_file'
//   exclude = ["/var/lib/docker/.*"]    paths that nobody asks about (RE2, for the whole path)
//   unknown_file = "warn"               neither referenced nor signed
//   violation = "warn"                  a file that was written while it was measured
//   absent = "fail"                     nothing was measured
//   no_reference = "warn"               neither references nor keys are there
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/policy/path_patterns.h"
#include "engine/policy/rule_action.h"
#include "engine/tpm/pcr.h"
#include "engine/verify/ima_keyring.h"

namespace quotemill {

class TomlReader;

struct RuntimeRules {
  std::vector<std::string> references;  // names of baselines
  std::vector<std::string> keys;        // PEM
  bool all_signed = false;
  std::vector<std::string> exclude;
  RuleAction unknown_file = RuleAction::kWarn;
  RuleAction violation = RuleAction::kWarn;
  RuleAction absent = RuleAction::kFail;
  RuleAction no_reference = RuleAction::kWarn;
  // `keys` and `exclude`, compiled. Null: no keys.
  std::shared_ptr<const ImaKeyring> keyring = nullptr;
  PathPatterns excluded;
};

// The table of above; mistakes are the reader's to tell. Without PCR 10 in `quoted` it is one.
RuntimeRules read_runtime_rules(TomlReader& in, const PcrSelection& quoted);

// Everything that can change a verdict, in a fixed order.
void add_content(const RuntimeRules& rules, ByteWriter& out);

}  // namespace quotemill
