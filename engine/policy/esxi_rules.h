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
//   authorities = ["<SHA-256>"]      who may have let code run: all of PCR 7's must be listed
//   authority = "fail"
//   loaders = ["<SHA-256>"]          what may have started ESXi: the images in PCR 4; of a dynamic
//                                    launch the events of PCR 17 and 18
//   loader = "fail"
//   loader_unpinned = "warn"         neither `loaders` nor a comparison of PCR 4 says what may
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
  std::vector<Digest> authorities;  // none: any
  RuleAction authority = RuleAction::kFail;
  std::vector<Digest> loaders;  // none: what `boot` compares PCR 4 with
  RuleAction loader = RuleAction::kFail;
  RuleAction loader_unpinned = RuleAction::kWarn;
  std::vector<Digest> signers;  // none: VMware's own, as far as they are known
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

// PCRs that hold what starts ESXi: 4; 17 and 18 of a dynamic launch. Bits.
inline constexpr std::uint32_t kEsxiLoaderPcrs = 1U << 4U;
inline constexpr std::uint32_t kEsxiLaunchPcrs = 1U << 17U | 1U << 18U;

// The table of above; mistakes are the reader's to tell. Rules without `esxi.image` are one, and so
// is a quote that proves no modules.
EsxiRules read_esxi_rules(TomlReader& in, const PcrSelection& quoted);

// Everything that can change a verdict, in a fixed order; nothing if the rules are off.
void add_content(const EsxiRules& rules, ByteWriter& out);

}  // namespace quotemill
