// Policy: what is asked of a host, how often, and what each deviation means. Written by people, in
// TOML, one file each; parsed into plain data here, without I/O.
//
//   [policy]                     [quote]                        [boot]
//   id = "prod-linux"            bank = "sha256"                log = "fail"
//   version = 3                  pcrs = [0, 1, 2, 3, 4, 7]      baselines = ["deb12-r750"]
//   priority = 10                weak_algorithm = "fail"        compare = [0, 2, 4, 7]
//                                                               mismatch = "fail"
//   [match]                      [freshness]                    no_baseline = "warn"
//   labels = ["env=prod"]        attest_every = "60s"
//                                stale_after = "5m"             [counters]
//                                mode = "preissued"             kexec = "fail"
//
//   [boot]
//   references = ["shim", "grub", "deb12-kernels"]   imported baselines: all that was loaded must
//   reference_events = [4, 9]                        be in one of them (compare_references.h)
//   reference_values = [0]                           the PCR's value must be
//   unreferenced = "fail"
//
//   [latch]
//   findings = ["ima.file.unknown", "boot.secure_boot.off"]   once found, they hold the host's
//                                                state until an operator acknowledges them
//
// The table of identity_rules.h says what the host's EK and AK must be, those of claim_rules.h
// what the boot log must prove beside that, that of esxi_rules.h what an ESXi host must have
// booted, and those of runtime_rules.h what the runtime list must prove.
//
// A rule's action is off | info | warn | fail. The trust path itself (signature, nonce, selection,
// PCR digest, replay) is no rule: it cannot be switched off.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/result.h"
#include "engine/policy/claim_rules.h"
#include "engine/policy/esxi_rules.h"
#include "engine/policy/identity_rules.h"
#include "engine/policy/rule_action.h"
#include "engine/policy/runtime_rules.h"
#include "engine/policy/selector.h"
#include "engine/tpm/pcr.h"

namespace quotemill {

enum class FreshnessMode : std::uint8_t {
  kPreissued,    // one round trip: the receipt carries the next nonce
  kInteractive,  // always ask for a challenge first
};

struct FreshnessRules {
  std::int64_t attest_every_ms = 60'000;
  std::int64_t stale_after_ms = 300'000;  // from the issue of the last nonce that was answered
  FreshnessMode mode = FreshnessMode::kPreissued;
};

struct CounterRules {
  RuleAction kexec = RuleAction::kFail;
  RuleAction reset_unreported = RuleAction::kFail;
  RuleAction clock_lag = RuleAction::kFail;
  RuleAction clock_unsafe = RuleAction::kInfo;
  RuleAction tpm_firmware_changed = RuleAction::kWarn;
};

struct BootRules {
  RuleAction log_absent = RuleAction::kFail;
  std::vector<std::string> baselines = {"golden"};  // names; one that explains a PCR is enough
  std::uint32_t compare = 0;                        // PCRs compared with them; bit n is PCR n
  RuleAction mismatch = RuleAction::kFail;
  RuleAction no_baseline = RuleAction::kWarn;
  RuleAction log_oddity = RuleAction::kWarn;  // deviations of a log that leave its replay intact
  std::vector<std::string> references = {};   // names; the newest version of each counts
  std::uint32_t reference_events = 0;         // PCRs whose events must be in one of them
  std::uint32_t reference_values = 0;         // PCRs whose value must be
  RuleAction unreferenced = RuleAction::kFail;
};

struct Policy {
  std::string id = "default";
  std::int64_t version = 1;
  std::int64_t priority = 0;  // of those that match a host, the highest counts
  HostSelector selector;
  FreshnessRules freshness;
  PcrSelection selection;
  RuleAction weak_algorithm = RuleAction::kFail;
  RuleAction imported_identity = RuleAction::kFail;
  IdentityRules identity;
  CounterRules counters;
  BootRules boot;
  ClaimRules claims;
  EsxiRules esxi;
  RuntimeRules runtime;
  std::vector<FindingCode> latch;  // verdict/latch.h
  Digest content;                  // SHA-256 of the canonical form of all of the above
};

// What applies where no file says otherwise: as if an empty file had been parsed.
Policy default_policy();

// kConfig with every mistake, one "file:line:column: what" a line.
Result<Policy> parse_policy(std::string_view text, std::string_view file_name);

}  // namespace quotemill
