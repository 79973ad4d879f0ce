// ClaimRules: what a policy asks of the facts that a boot log proves. All rules are off unless the
// file names them, and then a fact counts only if it is proven: what a log merely says is no fact.
//
//   [secure_boot]                          [cmdline]
//   required = "fail"                      allow = ["root=.*", "ro", "quiet"]
//   authorities = ["<SHA-256>"]            deny = ["init=.*", "ima_appraise=off"]
//   unknown_authority = "fail"             violation = "fail"
//   keys = ["<SHA-256>"]
//   unknown_key = "fail"                   [platform]
//                                          alarms = "fail"
//   [dbx]                                  option_roms = "warn"
//   list = "microsoft-dbx"               an imported baseline,
//   level = "2023-05-09"                 its values of versions up to this one
//   revoked = ["<SHA-256>"]
//   missing = "warn"                       [events]
//                                          unproven = "warn"
//   [sbat]
//   minimum = ["shim=4", "grub=3"]
//   below = "warn"
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/base/digest.h"
#include "engine/eventlog/decode/sbat_level.h"
#include "engine/policy/path_patterns.h"
#include "engine/policy/rule_action.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

class TomlReader;

struct SecureBootRules {
  RuleAction required = RuleAction::kOff;  // on, and proven by PCR 7
  // SHA-256 of what may let code run: certificates, or images that db allows by digest. None: any.
  std::vector<Digest> authorities;
  RuleAction unknown_authority = RuleAction::kFail;
  // SHA-256 of the certificates that PK, KEK and db may hold. None: any.
  std::vector<Digest> keys;
  RuleAction unknown_key = RuleAction::kFail;
};

struct RevocationRules {
  std::vector<Digest> revoked;  // SHA-256 digests that dbx must hold
  // A baseline whose digests it must hold, too: those of versions up to `level`, which sorts as
  // text ("2023-05-09"), and those without a version. Without a level all of them.
  std::string list;
  std::string level;
  RuleAction missing = RuleAction::kWarn;
};

struct SbatRules {
  std::vector<SbatComponent> minimum;  // the generations that shim must enforce at least
  RuleAction below = RuleAction::kWarn;
};

// Of each parameter of every kernel command line that was measured: RE2, for the whole parameter.
struct CommandLineRules {
  std::vector<std::string> allow;  // none: every one that is not denied
  std::vector<std::string> deny;
  RuleAction violation = RuleAction::kFail;
  PathPatterns allowed;  // `allow` and `deny`, compiled
  PathPatterns denied;
};

struct PlatformRules {
  RuleAction alarms = RuleAction::kOff;       // a debugger, DMA protection off, test signing
  RuleAction option_roms = RuleAction::kOff;  // drivers that devices bring
};

struct ClaimRules {
  SecureBootRules secure_boot;
  RevocationRules revocation;
  SbatRules sbat;
  CommandLineRules command_line;
  PlatformRules platform;
  RuleAction unproven_event = RuleAction::kOff;  // data or type that the TPM did not measure

  // Whether any of the rules needs a claim. If not, none is drawn.
  [[nodiscard]] bool ask_for_claims() const;
};

// The tables of above; mistakes are the reader's to tell. A rule about PCRs that `quoted` lacks is
// one: nothing could prove it.
ClaimRules read_claim_rules(TomlReader& in, const PcrSelection& quoted);

// Everything that can change a verdict, in a fixed order.
void add_content(const ClaimRules& rules, ByteWriter& out);

}  // namespace quotemill
