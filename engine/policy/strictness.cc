#include "engine/policy/strictness.h"

#include <algorithm>

namespace quotemill {
namespace {

// An explanation by a baseline more is one more way to be trusted.
bool is_subset(const std::vector<std::string>& names, const std::vector<std::string>& of) {
  return std::all_of(names.begin(), names.end(), [&of](const std::string& name) {
    return std::find(of.begin(), of.end(), name) != of.end();
  });
}

class Comparison {
 public:
  void action(const char* setting, RuleAction here, RuleAction there) {
    require(setting, here >= there);
  }

  void require(const char* setting, bool is_as_strict) {
    if (!is_as_strict) {
      laxer_.emplace_back(setting);
    }
  }

  std::vector<std::string> take() { return std::move(laxer_); }

 private:
  std::vector<std::string> laxer_;
};

void compare(const FreshnessRules& here, const FreshnessRules& there, Comparison& out) {
  out.require("freshness.attest_every", here.attest_every_ms <= there.attest_every_ms);
  out.require("freshness.stale_after", here.stale_after_ms <= there.stale_after_ms);
  out.require("freshness.mode", here.mode >= there.mode);
}

void compare(const CounterRules& here, const CounterRules& there, Comparison& out) {
  out.action("counters.kexec", here.kexec, there.kexec);
  out.action("counters.reset_unreported", here.reset_unreported, there.reset_unreported);
  out.action("counters.clock_lag", here.clock_lag, there.clock_lag);
  out.action("counters.clock_unsafe", here.clock_unsafe, there.clock_unsafe);
  out.action("counters.tpm_firmware_changed", here.tpm_firmware_changed,
             there.tpm_firmware_changed);
}

void compare(const BootRules& here, const BootRules& there, Comparison& out) {
  out.action("boot.log", here.log_absent, there.log_absent);
  out.require("boot.baselines", is_subset(here.baselines, there.baselines));
  out.require("boot.compare", (there.compare & ~here.compare) == 0);
  out.action("boot.mismatch", here.mismatch, there.mismatch);
  out.action("boot.no_baseline", here.no_baseline, there.no_baseline);
  out.action("boot.log_oddity", here.log_oddity, there.log_oddity);
}

}  // namespace

std::vector<std::string> laxer_settings(const Policy& policy, const Policy& other) {
  // All members by name: a new one does not compile until somebody decides what it means here.
  const auto& [id, version, priority, selector, freshness, selection, weak_algorithm,
               imported_identity, counters, boot, content] = policy;
  Comparison out;
  compare(freshness, other.freshness, out);
  out.require("quote.bank", selection.bank == other.selection.bank);
  out.require("quote.pcrs", (other.selection.mask & ~selection.mask) == 0);
  out.action("quote.weak_algorithm", weak_algorithm, other.weak_algorithm);
  out.action("identity.imported", imported_identity, other.imported_identity);
  compare(counters, other.counters, out);
  compare(boot, other.boot, out);
  return out.take();
}

}  // namespace quotemill
