#include "engine/policy/identity_rules.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/policy/policy_content.h"
#include "engine/policy/rule_lists.h"
#include "engine/policy/toml_reader.h"

namespace quotemill {
namespace {

// What check_attestation_key() lets enrol, of the sizes that TPMs make.
constexpr std::array<std::string_view, 5> kAkKeys = {"rsa2048", "rsa3072", "rsa4096", "ecc_p256",
                                                     "ecc_p384"};

}  // namespace

IdentityRules read_identity_rules(TomlReader& in) {
  IdentityRules rules;
  rules.ek_uncertified = read_action(in, "identity.ek_uncertified", rules.ek_uncertified);
  refuse_empty_list(in, "identity.ak_keys");
  for (const std::string& type : in.texts("identity.ak_keys", {})) {
    if (std::find(kAkKeys.begin(), kAkKeys.end(), type) == kAkKeys.end()) {
      in.fail("identity.ak_keys",
              "'identity.ak_keys': '" + escaped(type, limits::kPatternSizeMax) +
                  "' must be one of 'rsa2048', 'rsa3072', 'rsa4096', 'ecc_p256', 'ecc_p384'");
    } else {
      rules.ak_keys.push_back(type);
    }
  }
  rules.ak_key = read_action(in, "identity.ak_key", rules.ak_key);
  return rules;
}

void add_content(const IdentityRules& rules, ByteWriter& out) {
  if (rules.ek_uncertified != RuleAction::kOff) {
    out.sized16_le(as_bytes("ek_uncertified")).u8(static_cast<std::uint8_t>(rules.ek_uncertified));
  }
  if (!rules.ak_keys.empty()) {
    out.sized16_le(as_bytes("ak_keys")).u8(static_cast<std::uint8_t>(rules.ak_key));
    add_texts(rules.ak_keys, out);
  }
}

}  // namespace quotemill
