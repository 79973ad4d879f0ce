#include "deploy/quotemilld/enrolment_log.h"

namespace quotemill::daemon {
namespace {

// A host that was refused is in no list: what its operator reads of it is this line.
std::string detail_of(const transport::EnrolmentAudit& audit) {
  std::string detail = audit.detail;
  for (const std::string& words : {audit.why, audit.remedy}) {
    detail += words.empty() ? "" : "; " + words;
  }
  return audit.vsphere.empty() ? detail : detail + "; in vSphere: " + audit.vsphere;
}

}  // namespace

void EnrolmentLog::note(const transport::EnrolmentAudit& audit) {
  std::string message = "enrolment";
  if (!audit.cause.empty()) {
    const std::lock_guard lock(mutex_);
    Refusals& refusals = refusals_[audit.cause];
    ++refusals.count;
    const std::optional<std::uint64_t> held_back = refusals.lines.allow(clock_.now().boot.ms);
    if (!held_back) {
      return;
    }
    message += transport::held_back_words(*held_back);
  }
  log_.info(message, {{"outcome", audit.outcome},
                      {"host", audit.name},
                      {"uid", audit.host_uid},
                      {"ek_sha256", audit.ek_sha256},
                      {"generation", std::to_string(audit.generation)},
                      {"detail", detail_of(audit)}});
}

std::map<std::string, std::uint64_t> EnrolmentLog::refusals() const {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::uint64_t> counts;
  for (const auto& [cause, refusals] : refusals_) {
    counts[cause] = refusals.count;
  }
  return counts;
}

}  // namespace quotemill::daemon
