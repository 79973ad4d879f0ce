#include "engine/appraise/esxi_status.h"

#include "engine/appraise/appraise_esxi.h"
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
    out.software = esxi_software(boot, snapshot, nullptr).fixed;
  }
  tell_secure_boot(claim_secure_boot(log, claim_signature_databases(log)), boot, out);
  out.is_launched_by_txt = boot.has_launch;
  out.exec_installed_only = boot.exec_installed_only;
  out.asset_tag = boot.asset_tag ? std::string(as_text(*boot.asset_tag)) : std::string();
  out.has_secret = boot.has_secret;
  return out;
}

}  // namespace quotemill
