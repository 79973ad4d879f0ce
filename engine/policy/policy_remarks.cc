#include "engine/policy/policy_remarks.h"

namespace quotemill {
namespace {

bool is_felt(RuleAction action) {
  return action >= RuleAction::kWarn;
}

// By either layout of ESXi: which one its hosts have is not known yet.
bool pins_what_starts_esxi(const Policy& policy) {
  if (!policy.esxi.loaders.empty()) {
    return true;
  }
  for (const std::uint32_t pcrs : {kEsxiLoaderPcrs, kEsxiLaunchPcrs}) {
    if (are_pinned_by_baselines(policy.boot, pcrs) || are_pinned_by_sets(policy.boot, pcrs)) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool are_pinned_by_baselines(const BootRules& rules, std::uint32_t pcrs) {
  return !rules.baselines.empty() && (pcrs & ~rules.compare) == 0 && is_felt(rules.mismatch);
}

bool are_pinned_by_sets(const BootRules& rules, std::uint32_t pcrs) {
  return !rules.references.empty() && is_felt(rules.unreferenced) &&
         (pcrs & ~(rules.reference_events | rules.reference_values)) == 0;
}

std::vector<std::string> remarks_of(const Policy& policy) {
  std::vector<std::string> remarks;
  if (policy.esxi.is_on && !pins_what_starts_esxi(policy)) {
    remarks.emplace_back(
        "nothing says what may start an ESXi host, so any other system can write its PCRs: list "
        "'esxi.loaders', or compare PCR 4 ('boot.compare'); until then its hosts are at best a "
        "warning");
  }
  return remarks;
}

}  // namespace quotemill
