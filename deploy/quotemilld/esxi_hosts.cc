#include "deploy/quotemilld/esxi_hosts.h"

#include "transport/render/render_esxi.h"

namespace quotemill::daemon {

using transport::Json;

namespace {

const std::shared_ptr<const Snapshot>& snapshot_of(const Host& host, const PolicySet& policies) {
  return policies.snapshot_for(traits_of(*host.record, view_of(host.state->facts)));
}

// The newest appraisal that trusted another boot of the host than this one; nullopt if there is
// none among those that are looked at.
Result<std::optional<HistoryEntry>> last_good_boot(const Host& host, const BootProof& proof,
                                                   const History& history) {
  constexpr std::size_t kPage = 64;   // bound: appraisals read at once
  constexpr std::size_t kPages = 16;  // bound: a host that was red for long has many
  std::uint64_t before = 0;
  for (std::size_t page = 0; page < kPages; ++page) {
    Result<std::vector<HistoryEntry>> entries = history.history(host.record->uid, before, kPage);
    if (!entries) {
      return entries.error();
    }
    for (HistoryEntry& entry : *entries) {
      if (entry.verdict.state == TrustState::kTrusted && entry.boot_log != proof.log &&
          entry.boot_log != Digest()) {
        return std::optional(std::move(entry));
      }
    }
    if (entries->size() < kPage) {
      break;
    }
    before = entries->back().first_sequence();
  }
  return std::optional<HistoryEntry>();
}

// time, boot_log, modules[], vibs[] (render_esxi.h); null if there is nothing to compare with.
Result<Json> changes_of(const Host& host, ByteView log, const History& history,
                        const Snapshot& snapshot) {
  const BootProof& proof = *host.state->proof;
  const Result<std::optional<HistoryEntry>> good = last_good_boot(host, proof, history);
  if (!good) {
    return good.error();
  }
  if (!*good) {
    return Json(nullptr);
  }
  const Result<Bytes> earlier = history.boot_log((*good)->boot_log);
  if (!earlier) {
    // It is not kept any more.
    return earlier.error().code == ErrorCode::kNotFound ? Result<Json>(Json(nullptr))
                                                        : earlier.error();
  }
  const std::optional<SoftwareChanges> changes =
      esxi_changes(*earlier, log, proof.pcrs.values().algorithm(), snapshot);
  if (!changes) {
    return Json(nullptr);
  }
  Json told = transport::render_software_changes(*changes);
  told["time"] = transport::iso_time((*good)->time);
  told["boot_log"] = (*good)->boot_log.hex();
  return told;
}

}  // namespace

Json esxi_attestation_of(const Host& host, const PolicySet& policies) {
  return snapshot_of(host, policies)->policy().esxi.is_on
             ? transport::render_attestation(esxi_attestation(*host.state))
             : Json(nullptr);
}

Result<Json> esxi_host_of(const Host& host, const History& history, const PolicySet& policies) {
  const std::shared_ptr<const Snapshot>& snapshot = snapshot_of(host, policies);
  const std::shared_ptr<const BootProof>& proof = host.state->proof;
  EsxiStatus status;
  Json changes = nullptr;
  if (proof && proof->generation == host.record->generation) {
    const Result<Bytes> log = history.boot_log(proof->log);
    if (!log) {
      return log.error();
    }
    status = esxi_status(*log, proof->pcrs.values(), *snapshot);
    Result<Json> found = changes_of(host, *log, history, *snapshot);
    if (!found) {
      return found.error();
    }
    changes = *std::move(found);
  }
  const bool is_esxi = status.layout != EsxiLayout::kNone || snapshot->policy().esxi.is_on;
  if (!is_esxi) {
    return Json(nullptr);
  }
  Bytes ek_certificate;
  if (const auto& named = host.record->ek_certificate) {
    Result<Bytes> stored = history.ek_certificate(host.record->uid, named->sha256);
    if (!stored) {
      return stored.error();
    }
    ek_certificate = *std::move(stored);
  }
  Json told = transport::render_esxi_host(host, ek_certificate, status);
  told["changes"] = std::move(changes);
  return told;
}

}  // namespace quotemill::daemon
