#include "engine/appraise/esxi_status.h"

#include "engine/appraise/appraise_esxi.h"
#include "engine/appraise/appraise_esxi_start.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/replay.h"

namespace quotemill {
namespace {

// Those whose proven value the log gives.
std::uint32_t reproduced(const BootLog& log, const PcrBank& proven) {
  const PcrBank replayed = replay_towards(proven, log, nullptr);
  std::uint32_t pcrs = 0;
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if (proven.has(pcr) && replayed.has(pcr) && proven.at(pcr) == replayed.at(pcr)) {
      pcrs |= 1U << pcr;
    }
  }
  return pcrs;
}

void tell_secure_boot(const SecureBootClaim& claim, const EsxiBoot& boot, EsxiStatus& out) {
  if (claim.ground.standing != Standing::kProven || !claim.enabled) {
    out.secure_boot_doubt = claim.ground.because.empty() ? "not in the log" : claim.ground.because;
  } else if (*claim.enabled && boot.authorities.empty()) {
    out.secure_boot_doubt = "no authority let the boot loader run";
  } else {
    out.secure_boot = claim.enabled;
  }
}

void tell_start(const EsxiBoot& boot, std::uint32_t pcrs, EsxiStatus& out) {
  for (const EsxiLoader& loader : boot.loaders) {
    if ((pcrs >> loader.pcr & 1U) != 0) {
      out.loaders.push_back(loader.digest);
    }
  }
  for (const EsxiAuthority& authority : boot.authorities) {
    out.authorities.push_back(authority.digest);
  }
  for (const EsxiSigner& signer : boot.signers) {
    out.signers.push_back(signer.digest);
  }
}

// A log and what it tells, which borrows it.
struct ReadBoot {
  explicit ReadBoot(ByteView kept_log, HashAlgorithm bank) : reading(read_boot_log(kept_log)) {
    constexpr std::uint32_t kAll = 0xFFFFFF;  // proven when the log was judged
    read_esxi_boot(ProvenLog(reading.log, bank, kAll), known_esxi_format(), boot, LogForm::kAsKept);
  }

  BootLogReading reading;
  EsxiBoot boot;
};

}  // namespace

EsxiStatus esxi_status(ByteView kept_log, const PcrBank& proven, const Snapshot& snapshot) {
  EsxiStatus out;
  if (!can_hash(proven.algorithm())) {
    return out;
  }
  const BootLogReading reading = read_boot_log(kept_log);
  const std::uint32_t pcrs = reproduced(reading.log, proven);
  const ProvenLog log(reading.log, proven.algorithm(), pcrs);
  EsxiBoot boot;
  read_esxi_boot(log, known_esxi_format(), boot, LogForm::kAsKept);
  out.layout = boot.layout;
  out.is_believed = boot.pcrs != 0 && (boot.pcrs & ~pcrs) == 0 && is_in_order(boot);
  if (!out.is_believed) {
    return out;
  }
  out.modules = static_cast<std::uint32_t>(boot.modules.size());
  if (!boot.versions.empty()) {
    out.version = esxi_version_of(boot.versions.front().version);
  }
  if (snapshot.images() != nullptr) {
    const SoftwareReport report = esxi_software(boot, snapshot, nullptr);
    out.software = report.fixed;
    out.ambiguous = report.ambiguous;
  }
  tell_start(boot, pcrs, out);
  tell_secure_boot(esxi_secure_boot(log), boot, out);
  out.is_launched_by_txt = boot.has_launch;
  out.exec_installed_only = boot.exec_installed_only;
  out.asset_tag = boot.asset_tag ? std::string(as_text(*boot.asset_tag)) : std::string();
  out.has_secret = boot.has_secret;
  return out;
}

std::optional<SoftwareChanges> esxi_changes(ByteView before, ByteView after, HashAlgorithm bank,
                                            const Snapshot& snapshot) {
  if (!can_hash(bank) || snapshot.images() == nullptr) {
    return std::nullopt;
  }
  const ReadBoot earlier(before, bank);
  const ReadBoot later(after, bank);
  for (const EsxiBoot* const boot : {&earlier.boot, &later.boot}) {
    if (boot->layout == EsxiLayout::kNone || !is_in_order(*boot)) {
      return std::nullopt;
    }
  }
  HostModules own;
  own.excused = snapshot.policy().esxi.host_modules;
  return software_changes(*snapshot.images(), measured_modules(earlier.boot),
                          measured_modules(later.boot), own);
}

}  // namespace quotemill
