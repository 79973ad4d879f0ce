#include "engine/policy/strictness.h"

#include <algorithm>

#include "engine/eventlog/ima_reader.h"

namespace quotemill {
namespace {

template <typename T>
bool is_subset(const std::vector<T>& some, const std::vector<T>& of) {
  return std::all_of(some.begin(), some.end(), [&of](const T& one) {
    return std::find(of.begin(), of.end(), one) != of.end();
  });
}

// Of lists of what may explain a boot or a file: one more is one more way to be trusted, and none
// at all asks for nothing.
bool gives_no_more_ways(const std::vector<std::string>& here,
                        const std::vector<std::string>& there) {
  return here.empty() == there.empty() && is_subset(here, there);
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

// Of lists of what is allowed, where none allows everything.
template <typename T>
bool is_as_narrow(const std::vector<T>& here, const std::vector<T>& there) {
  return there.empty() || (!here.empty() && is_subset(here, there));
}

void compare(const BootRules& here, const BootRules& there, Comparison& out) {
  out.action("boot.log", here.log_absent, there.log_absent);
  out.require("boot.baselines", gives_no_more_ways(here.baselines, there.baselines));
  out.require("boot.compare", (there.compare & ~here.compare) == 0);
  out.action("boot.mismatch", here.mismatch, there.mismatch);
  out.action("boot.no_baseline", here.no_baseline, there.no_baseline);
  out.action("boot.log_oddity", here.log_oddity, there.log_oddity);
  out.require("boot.references", is_as_narrow(here.references, there.references));
  out.require("boot.reference_events", (there.reference_events & ~here.reference_events) == 0);
  out.require("boot.reference_values", (there.reference_values & ~here.reference_values) == 0);
  out.action("boot.unreferenced", here.unreferenced, there.unreferenced);
}

// The action of a rule that asks for nothing without its list.
template <typename T>
void compare_list(const char* list, bool is_as_strict, const char* action, RuleAction here,
                  RuleAction there, const std::vector<T>& asked, Comparison& out) {
  out.require(list, is_as_strict);
  if (!asked.empty()) {
    out.action(action, here, there);
  }
}

void compare(const IdentityRules& here, const IdentityRules& there, Comparison& out) {
  out.action("identity.ek_uncertified", here.ek_uncertified, there.ek_uncertified);
  compare_list("identity.ak_keys", is_as_narrow(here.ak_keys, there.ak_keys), "identity.ak_key",
               here.ak_key, there.ak_key, there.ak_keys, out);
}

bool is_as_high(const SbatRules& here, const SbatRules& there) {
  return std::all_of(there.minimum.begin(), there.minimum.end(), [&here](const auto& asked) {
    return std::any_of(here.minimum.begin(), here.minimum.end(), [&asked](const auto& component) {
      return component.name == asked.name && component.generation >= asked.generation;
    });
  });
}

void compare(const ClaimRules& here, const ClaimRules& there, Comparison& out) {
  const SecureBootRules& boot = here.secure_boot;
  const SecureBootRules& other = there.secure_boot;
  out.action("secure_boot.required", boot.required, other.required);
  compare_list("secure_boot.authorities", is_as_narrow(boot.authorities, other.authorities),
               "secure_boot.unknown_authority", boot.unknown_authority, other.unknown_authority,
               other.authorities, out);
  compare_list("secure_boot.keys", is_as_narrow(boot.keys, other.keys), "secure_boot.unknown_key",
               boot.unknown_key, other.unknown_key, other.keys, out);
  compare_list("dbx.revoked", is_subset(there.revocation.revoked, here.revocation.revoked),
               "dbx.missing", here.revocation.missing, there.revocation.missing,
               there.revocation.revoked, out);
  out.require("dbx.list",
              there.revocation.list.empty() || here.revocation.list == there.revocation.list);
  out.require("dbx.level", there.revocation.list.empty() || here.revocation.level.empty() ||
                               (!there.revocation.level.empty() &&
                                here.revocation.level >= there.revocation.level));
  compare_list("sbat.minimum", is_as_high(here.sbat, there.sbat), "sbat.below", here.sbat.below,
               there.sbat.below, there.sbat.minimum, out);
  const CommandLineRules& line = here.command_line;
  const CommandLineRules& other_line = there.command_line;
  out.require("cmdline.allow", is_as_narrow(line.allow, other_line.allow));
  compare_list("cmdline.deny", is_subset(other_line.deny, line.deny), "cmdline.violation",
               line.violation, other_line.violation,
               other_line.allow.empty() ? other_line.deny : other_line.allow, out);
  out.action("platform.alarms", here.platform.alarms, there.platform.alarms);
  out.action("platform.option_roms", here.platform.option_roms, there.platform.option_roms);
  out.action("events.unproven", here.unproven_event, there.unproven_event);
}

void compare(const RuntimeRules& here, const RuntimeRules& there, Comparison& out) {
  out.require("ima.references", gives_no_more_ways(here.references, there.references));
  out.require("ima.keys", gives_no_more_ways(here.keys, there.keys));
  out.require("ima.signatures", here.all_signed || !there.all_signed);
  out.require("ima.exclude", is_subset(here.exclude, there.exclude));
  out.action("ima.unknown_file", here.unknown_file, there.unknown_file);
  out.action("ima.violation", here.violation, there.violation);
  out.action("ima.absent", here.absent, there.absent);
  out.action("ima.no_reference", here.no_reference, there.no_reference);
}

bool is_as_strict_a_range(const EsxiRules& here, const EsxiRules& there) {
  const bool is_min =
      !there.min_version.is_known() ||
      (here.min_version.is_known() && compare(here.min_version, there.min_version) >= 0);
  const bool is_max = !there.max_version.is_known() || here.max_version == there.max_version;
  return is_min && is_max;
}

// No list is one, too: of the signers that are known to be VMware's.
bool is_as_narrow_about_signers(const std::vector<Digest>& here, const std::vector<Digest>& there) {
  return here.empty() == there.empty() && is_subset(here, there);
}

void compare(const EsxiRules& here, const EsxiRules& there, Comparison& out) {
  if (!there.is_on) {
    return;
  }
  if (!here.is_on) {
    out.require("esxi.image", false);
    return;
  }
  out.action("esxi.image", here.image, there.image);
  out.require("esxi.images", is_as_narrow(here.images, there.images));
  out.action("esxi.modules", here.modules, there.modules);
  out.action("esxi.extra", here.extra, there.extra);
  out.action("esxi.renamed", here.renamed, there.renamed);
  out.action("esxi.database", here.database, there.database);
  out.require("esxi.host_modules", is_subset(here.host_modules, there.host_modules));
  out.require("esxi.min_version", is_as_strict_a_range(here, there));
  out.action("esxi.version", here.version, there.version);
  out.require("esxi.deny_vibs", is_subset(there.deny_vibs, here.deny_vibs));
  out.require("esxi.min_acceptance", here.min_acceptance >= there.min_acceptance);
  out.action("esxi.vibs", here.vibs, there.vibs);
  out.action("esxi.exec_installed_only", here.exec_installed_only, there.exec_installed_only);
  out.action("esxi.secure_boot", here.secure_boot, there.secure_boot);
  out.require("esxi.authorities", is_as_narrow(here.authorities, there.authorities));
  out.action("esxi.authority", here.authority, there.authority);
  out.require("esxi.loaders", is_as_narrow(here.loaders, there.loaders));
  out.action("esxi.loader", here.loader, there.loader);
  out.action("esxi.loader_unpinned", here.loader_unpinned, there.loader_unpinned);
  out.require("esxi.signers", is_as_narrow_about_signers(here.signers, there.signers));
  out.require("esxi.deny_signers", is_subset(there.deny_signers, here.deny_signers));
  out.action("esxi.signer", here.signer, there.signer);
  out.require("esxi.cmdline_allow", is_as_narrow(here.cmdline_allow, there.cmdline_allow));
  out.require("esxi.cmdline_deny", is_subset(there.cmdline_deny, here.cmdline_deny));
  out.action("esxi.cmdline", here.cmdline, there.cmdline);
  out.require("esxi.asset_tags", is_as_narrow(here.asset_tags, there.asset_tags));
  out.action("esxi.asset_tag", here.asset_tag, there.asset_tag);
}

}  // namespace

std::vector<std::string> laxer_settings(const Policy& policy, const Policy& other) {
  // All members by name: a new one does not compile until somebody decides what it means here.
  const auto& [id, version, priority, selector, freshness, selection, weak_algorithm,
               imported_identity, identity, counters, boot, claims, esxi, runtime, latch, content] =
      policy;
  Comparison out;
  compare(freshness, other.freshness, out);
  out.require("quote.bank", selection.bank == other.selection.bank);
  out.require("quote.pcrs", (other.selection.mask & ~selection.mask) == 0);
  out.action("quote.weak_algorithm", weak_algorithm, other.weak_algorithm);
  out.action("identity.imported", imported_identity, other.imported_identity);
  compare(identity, other.identity, out);
  compare(counters, other.counters, out);
  compare(boot, other.boot, out);
  compare(claims, other.claims, out);
  compare(esxi, other.esxi, out);
  if (other.selection.has(kImaPcr)) {
    compare(runtime, other.runtime, out);
  }
  out.require("latch.findings", is_subset(other.latch, latch));
  return out.take();
}

}  // namespace quotemill
