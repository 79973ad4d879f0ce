#include "engine/appraise/appraise_esxi_start.h"

#include <algorithm>

#include "engine/appraise/broken_rule.h"
#include "engine/policy/policy_remarks.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kSecureBootPcr = 7;
constexpr std::size_t kUnknownTold = 16;  // bound: of loaders, and of authorities

bool holds(const std::vector<Digest>& list, const Digest& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

class StartAppraisal {
 public:
  StartAppraisal(const EsxiBoot& boot, const SecureBootClaim& secure_boot,
                 std::uint32_t proven_pcrs, const Snapshot& snapshot)
      : boot_(boot),
        secure_boot_(secure_boot),
        proven_pcrs_(proven_pcrs),
        snapshot_(snapshot),
        rules_(snapshot.policy().esxi) {}

  Findings run() && {
    judge_secure_boot();
    judge_authorities();
    judge_loaders();
    judge_signers();
    return std::move(findings_);
  }

 private:
  // --- Secure Boot

  [[nodiscard]] bool is_secure_boot_proven() const {
    return secure_boot_.ground.standing == Standing::kProven && secure_boot_.enabled == true &&
           !boot_.authorities.empty();
  }

  void judge_secure_boot() {
    if (is_secure_boot_proven()) {
      return;
    }
    std::string what = "on, and no authority let the boot loader run";
    if (secure_boot_.ground.standing != Standing::kProven || !secure_boot_.enabled) {
      what =
          "not proven" + (secure_boot_.ground.because.empty() ? std::string()
                                                              : ": " + secure_boot_.ground.because);
    } else if (!*secure_boot_.enabled) {
      what = "off";
    }
    if (Finding* const finding = add(FindingCode::kEsxiSecureBoot, rules_.secure_boot, what)) {
      finding->pcr = kSecureBootPcr;
      if (!secure_boot_.ground.events.empty()) {
        finding->event = secure_boot_.ground.events.front();
      }
    }
  }

  // One that nobody listed is enough: what it let run may have started everything behind it.
  void judge_authorities() {
    if (rules_.authorities.empty()) {
      return;
    }
    std::size_t told = 0;
    for (const EsxiAuthority& authority : boot_.authorities) {
      if (!holds(rules_.authorities, authority.digest) && told++ < kUnknownTold) {
        add_authority("the policy does not allow", authority.event, authority.digest);
      }
    }
    if (boot_.odd_authority) {
      add_authority("an event behind the firmware's is none", *boot_.odd_authority, std::nullopt);
    }
    if (boot_.authorities.empty()) {
      add_authority("none let the boot loader run", std::nullopt, std::nullopt);
    }
  }

  void add_authority(const char* what, std::optional<std::uint32_t> event,
                     const std::optional<Digest>& digest) {
    if (Finding* const finding = add(FindingCode::kEsxiAuthority, rules_.authority, what)) {
      finding->pcr = kSecureBootPcr;
      finding->event = event;
      finding->digest = digest;
    }
  }

  // --- Boot loader, launch

  [[nodiscard]] std::uint32_t loader_pcrs() const {
    return boot_.layout == EsxiLayout::kDynamicLaunch ? kEsxiLaunchPcrs : kEsxiLoaderPcrs;
  }

  void judge_loaders() {
    if (rules_.loaders.empty()) {
      if (!is_compared()) {
        add(FindingCode::kEsxiLoaderUnpinned, rules_.loader_unpinned, {});
      }
      return;
    }
    if ((loader_pcrs() & ~proven_pcrs_) != 0) {
      add(FindingCode::kEsxiLoader, rules_.loader, "no quote proves its PCRs");
      return;
    }
    std::size_t told = 0;
    for (const EsxiLoader& loader : boot_.loaders) {
      if (!holds(rules_.loaders, loader.digest) && told++ < kUnknownTold) {
        add_loader(loader);
      }
    }
    if (boot_.loaders.empty()) {
      add(FindingCode::kEsxiLoader, rules_.loader, "nothing was measured");
    }
  }

  void add_loader(const EsxiLoader& loader) {
    if (Finding* const finding =
            add(FindingCode::kEsxiLoader, rules_.loader, "the policy does not list")) {
      finding->pcr = loader.pcr;
      finding->event = loader.event;
      finding->digest = loader.digest;
    }
  }

  // Whether the rules for all boots see another loader: a comparison that nothing is there for, or
  // whose outcome is not felt, sees none.
  [[nodiscard]] bool is_compared() const {
    const BootRules& rules = snapshot_.policy().boot;
    const std::uint32_t pcrs = loader_pcrs();
    const bool has_baseline =
        std::any_of(snapshot_.references().begin(), snapshot_.references().end(),
                    [this](const BootReference& each) { return each.has_bank(boot_.bank); });
    return ((has_baseline && are_pinned_by_baselines(rules, pcrs)) ||
            are_pinned_by_sets(rules, pcrs)) &&
           (pcrs & ~proven_pcrs_) == 0;
  }

  // --- Signers

  // The loader measures a certificate before it checks with it, and without Secure Boot goes on in
  // spite of the check: then certificates prove nothing, and satisfy no list. A test key has its
  // finding from the log alone (esxi_log_findings.h).
  void judge_signers() {
    for (const EsxiSigner& signer : boot_.signers) {
      if (signer.role == EsxiSignerRole::kTest) {
        continue;
      }
      if (holds(rules_.deny_signers, signer.digest)) {
        add_signer(signer, "which the policy denies");
      } else if (!is_allowed(signer)) {
        add_signer(signer, rules_.signers.empty() ? "which nobody knows"
                                                  : "which the policy does not allow");
      }
    }
    // mboot measures one in every boot; in a dynamic launch none is known to.
    const bool must_be_there = !rules_.signers.empty() || boot_.layout == EsxiLayout::kLoader;
    if (boot_.signers.empty() && must_be_there) {
      add(FindingCode::kEsxiSignerUnknown, rules_.signer, "none was measured");
    } else if (!rules_.signers.empty() && !is_secure_boot_proven()) {
      add(FindingCode::kEsxiSignerUnknown, rules_.signer,
          "without Secure Boot no certificate proves anything");
    }
  }

  // Whoever may write boot.cfg can have any content shown as a signer: one that is known by its
  // digest is nothing else.
  [[nodiscard]] bool is_allowed(const EsxiSigner& signer) const {
    return rules_.signers.empty() ? signer.role == EsxiSignerRole::kOfficial
                                  : holds(rules_.signers, signer.digest);
  }

  void add_signer(const EsxiSigner& signer, const char* what) {
    if (Finding* const finding = add(FindingCode::kEsxiSignerUnknown, rules_.signer, what)) {
      if (const EsxiPcrs* const pcrs = known_esxi_format().pcrs(boot_.layout)) {
        finding->pcr = pcrs->variable;
      }
      finding->digest = signer.digest;
      finding->event = signer.event;
    }
  }

  Finding* add(FindingCode code, RuleAction action, std::string subject) {
    return add_broken_rule(code, action, std::move(subject), findings_);
  }

  const EsxiBoot& boot_;
  const SecureBootClaim& secure_boot_;
  const std::uint32_t proven_pcrs_;
  const Snapshot& snapshot_;
  const EsxiRules& rules_;
  Findings findings_;
};

}  // namespace

SecureBootClaim esxi_secure_boot(const ProvenLog& log) {
  return claim_secure_boot(log, SignatureDatabases());
}

Findings appraise_esxi_start(const EsxiBoot& boot, const SecureBootClaim& secure_boot,
                             std::uint32_t proven_pcrs, const Snapshot& snapshot) {
  return StartAppraisal(boot, secure_boot, proven_pcrs, snapshot).run();
}

}  // namespace quotemill
