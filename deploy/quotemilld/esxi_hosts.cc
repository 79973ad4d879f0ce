#include "deploy/quotemilld/esxi_hosts.h"

#include "transport/render/render_esxi.h"

namespace quotemill::daemon {

using transport::Json;

namespace {

const std::shared_ptr<const Snapshot>& snapshot_of(const Host& host, const PolicySet& policies) {
  return policies.snapshot_for(traits_of(*host.record, view_of(host.state->facts)));
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
  if (proof && proof->generation == host.record->generation) {
    const Result<Bytes> log = history.boot_log(proof->log);
    if (!log) {
      return log.error();
    }
    status = esxi_status(*log, proof->pcrs.values(), *snapshot);
  }
  const bool is_esxi = status.layout != EsxiLayout::kNone || snapshot->policy().esxi.is_on;
  return is_esxi ? transport::render_esxi_host(host, status) : Json(nullptr);
}

}  // namespace quotemill::daemon
