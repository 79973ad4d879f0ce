// What time alone brings.
#include "deploy/quotemilld/key_files.h"
#include "deploy/quotemilld/maintenance.h"
#include "deploy/quotemilld/outbox_trim.h"
#include "deploy/quotemilld/rollout_plans.h"
#include "deploy/quotemilld/service_parts.h"

namespace quotemill::daemon {
namespace {

constexpr std::int64_t kNonceKeyAgeMs = 3'600'000;
constexpr std::int64_t kSweepMs = 10'000;

}  // namespace

void Service::tick() {
  const Moment now = parts_->clock.now();
  parts_->live->look(now);
  NonceAuthority& nonces = *parts_->nonces;
  if (nonces.is_due(now.wall, kNonceKeyAgeMs)) {
    const Result<EpochKey> fresh = fresh_epoch_key();
    if (fresh) {
      const NonceAuthority::Keys next = nonces.successor(*fresh, now.wall);
      // Durable first: a nonce whose key is lost by a crash would cost its host a round trip.
      if (store_nonce_keys(parts_->config.state.folder, next)) {
        nonces.adopt(next);
      } else {
        parts_->log.error("the nonce keys cannot be stored; the old ones stay in use");
      }
    }
  }
  if (now.boot.ms - parts_->swept_ms >= kSweepMs) {
    parts_->swept_ms = now.boot.ms;
    parts_->ek_expiry.look(parts_->hosts);
    parts_->last_backup.look(*parts_->store);
    if (const Result<void> swept = parts_->enrolment->forget_expired_hosts(); !swept) {
      parts_->log.warn("expired pending hosts stay", {{"error", swept.error().to_string()}});
    }
    if (const Result<void> ended = end_due_maintenance(parts_->hosts, *parts_->committer); !ended) {
      parts_->log.warn("hosts stay in maintenance", {{"error", ended.error().to_string()}});
    }
    if (const Result<void> kept = keep_rollouts(parts_->hosts, *parts_->policies,
                                                *parts_->committer, *parts_->rollout_clock, now);
        !kept) {
      parts_->log.warn("rollouts stay as they were", {{"error", kept.error().to_string()}});
    }
    if (const Result<void> trimmed = trim_outbox(parts_->config.outbox, *parts_->store,
                                                 *parts_->store, *parts_->sinks, parts_->log);
        !trimmed) {
      parts_->log.warn("old changes stay", {{"error", trimmed.error().to_string()}});
    }
  }
  if (parts_->monitoring) {
    parts_->monitoring->hear();
  }
}

}  // namespace quotemill::daemon
