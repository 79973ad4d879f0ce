// IdentityRules: what a host's keys must be, beyond what enrolment asks of every host.
//
//   [identity]
//   imported = "fail"                   no TPM proved the keys: an operator imported them
//   ek_uncertified = "off"              no certificate that chains to the trusted roots vouches for
//                                       the EK: it was listed, or imported
//   ak_keys = ["rsa2048", "ecc_p256"]   the only types and sizes of an AK; left out: all that may
//   ak_key = "fail"                     enrol
#pragma once

#include <string>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/policy/rule_action.h"

namespace quotemill {

class TomlReader;

struct IdentityRules {
  RuleAction ek_uncertified = RuleAction::kOff;
  std::vector<std::string> ak_keys;  // as key_type_of() says them; none: any
  RuleAction ak_key = RuleAction::kFail;
};

// Mistakes are the reader's to tell. "identity.imported" is the policy's own (policy.h).
IdentityRules read_identity_rules(TomlReader& in);

// Nothing where nothing is asked for: policies of before keep their ids.
void add_content(const IdentityRules& rules, ByteWriter& out);

}  // namespace quotemill
