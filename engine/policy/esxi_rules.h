// EsxiRules: what a policy asks of the software that an ESXi host booted. All rules are off unless
// the file says what an image means that nobody approved:
//
//   [esxi]
//   image = "fail"                   the booted image is no approved one
//   images = ["esxi-8u3"]            which approved ones count, by their baselines' names
//   modules = "fail"                 unknown, changed, missing, of another build; changed options
//   extra = "fail"                   modules of known VIBs that nobody approved
//   renamed = "warn"
//   database = "fail"                an image database (imgdb.tgz) that was not imported
//   host_modules = ["state.tgz"]     modules that may hold anything: one each, behind all others
//   min_version = "8.0.3-24280767"   release, and build if it matters
//   max_version = "8.0.99"
//   version = "fail"                 outside of these, unknown, or told differently by its sources
//   deny_vibs = ["i40en 1.2.2", "oem-tool"]        a version, or all
//   min_acceptance = "partner"       community | partner | accepted | certified
//   vibs = "fail"
//   exec_installed_only = "warn"     the kernel runs only what VIBs brought
//   secure_boot = "fail"             on, with an authority for the boot loader, proven by PCR 7
//   signers = ["<SHA-256>"]          certificates that may have signed modules; test keys never may
//   deny_signers = ["<SHA-256>"]
//   signer = "fail"
//   cmdline_allow = ["runweasel", "bootUUID=.*"]   RE2, for whole options; secrets are seen as '*'
//   cmdline_deny = ["debugLogToSerial=.*"]
//   cmdline = "fail"
//   asset_tags = ["rack-17"]
//   asset_tag = "fail"
#pragma once

#include <string>
#include <vector>

#include "engine/base/byte_writer.h"
#include "engine/base/digest.h"
#include "engine/esxi/image/base_image.h"
#include "engine/policy/path_patterns.h"
#include "engine/policy/rule_action.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

class TomlReader;

struct DeniedVib {
  std::string name;
  std::string version;  // empty: every one

  friend bool operator==(const DeniedVib&, const DeniedVib&) = default;
};

struct EsxiRules {
  bool is_on = false;  // the file has `esxi.image`
  RuleAction image = RuleAction::kFail;
  std::vector<std::string> images;  // none: every approved one
  RuleAction modules = RuleAction::kFail;
  RuleAction extra = RuleAction::kFail;
  RuleAction renamed = RuleAction::kWarn;
  RuleAction database = RuleAction::kFail;
  std::vector<std::string> host_modules = {"state.tgz"};
  EsxiVersion min_version;  // unknown: any
  EsxiVersion max_version;
  RuleAction version = RuleAction::kFail;
  std::vector<DeniedVib> deny_vibs;
  AcceptanceLevel min_acceptance = AcceptanceLevel::kUnknown;
  RuleAction vibs = RuleAction::kFail;
  RuleAction exec_installed_only = RuleAction::kOff;
  RuleAction secure_boot = RuleAction::kFail;
  std::vector<Digest> signers;  // none: every one that is not denied
  std::vector<Digest> deny_signers;
  RuleAction signer = RuleAction::kFail;
  std::vector<std::string> cmdline_allow;  // none: every one that is not denied
  std::vector<std::string> cmdline_deny;
  PathPatterns cmdline_allowed;  // the two, compiled
  PathPatterns cmdline_denied;
  RuleAction cmdline = RuleAction::kFail;
  std::vector<std::string> asset_tags;  // none: any
  RuleAction asset_tag = RuleAction::kFail;
};

// The table of above; mistakes are the reader's to tell. Rules without `esxi.image` are one, and so
// is a quote that proves no modules.
EsxiRules read_esxi_rules(TomlReader& in, const PcrSelection& quoted);

// Everything that can change a verdict, in a fixed order; nothing if the rules are off.
void add_content(const EsxiRules& rules, ByteWriter& out);

}  // namespace quotemill
