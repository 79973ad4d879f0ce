// Counters of the attestation endpoint: every message that was dropped or refused is counted under
// its cause. Relaxed atomics; any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace quotemill::transport {

struct ServerCounters {
  using Counter = std::atomic<std::uint64_t>;

  // What went well
  Counter messages_in{0};
  Counter messages_out{0};
  Counter challenges{0};
  Counter evidence_accepted{0};
  Counter receipts{0};
  Counter receipts_again{0};  // the same receipt for the same evidence
  Counter logs_needed{0};
  Counter logs_complete{0};
  // Refused or dropped on arrival
  Counter unattributed{0};     // no user id on a message: never by a live ZAP handler
  Counter unknown_key{0};      // a key that may not attest (any more)
  Counter frames{0};           // not one frame
  Counter malformed{0};        // envelope or body
  Counter unsupported{0};      // kinds and roles not handled here
  Counter routes_exceeded{0};  // too many connections of one key in too short a time
  Counter identity_mismatch{0};
  Counter foreign_uid{0};  // evidence of another host
  Counter expired{0};      // answers no open challenge
  Counter nonce_reused{0};
  Counter repeated{0};  // the same evidence while it is being judged
  Counter busy{0};      // one at a time per host, draining, or no room for a log
  Counter inbox_full{0};
  Counter log_refused{0};  // LOGS out of turn, order or size
  Counter log_withheld{0};
  // Gateways
  Counter carried{0};     // hosts' frames that they brought
  Counter not_listed{0};  // for a host that is not the gateway's
  Counter unproven{0};    // not proven by the host's keys: no verdict
  // Replies
  Counter replies_stale{0};  // for a host or exchange that is not there any more
  Counter send_full{0};      // the peer does not read
  Counter send_unreachable{0};
  Counter send_failed{0};
  // The process
  Counter store_behind{0};      // hosts with receipts that the store does not have
  Counter receipts_claimed{0};  // the same as hosts say it, without a proof
  Counter socket_reopened{0};   // over the memory bound

  // visit(name, value) for each of them, in this order.
  template <class Visit>
  void for_each(Visit visit) const {
    visit("messages_in", messages_in.load(std::memory_order_relaxed));
    visit("messages_out", messages_out.load(std::memory_order_relaxed));
    visit("challenges", challenges.load(std::memory_order_relaxed));
    visit("evidence_accepted", evidence_accepted.load(std::memory_order_relaxed));
    visit("receipts", receipts.load(std::memory_order_relaxed));
    visit("receipts_again", receipts_again.load(std::memory_order_relaxed));
    visit("logs_needed", logs_needed.load(std::memory_order_relaxed));
    visit("logs_complete", logs_complete.load(std::memory_order_relaxed));
    visit("unattributed", unattributed.load(std::memory_order_relaxed));
    visit("unknown_key", unknown_key.load(std::memory_order_relaxed));
    visit("frames", frames.load(std::memory_order_relaxed));
    visit("malformed", malformed.load(std::memory_order_relaxed));
    visit("unsupported", unsupported.load(std::memory_order_relaxed));
    visit("routes_exceeded", routes_exceeded.load(std::memory_order_relaxed));
    visit("identity_mismatch", identity_mismatch.load(std::memory_order_relaxed));
    visit("foreign_uid", foreign_uid.load(std::memory_order_relaxed));
    visit("expired", expired.load(std::memory_order_relaxed));
    visit("nonce_reused", nonce_reused.load(std::memory_order_relaxed));
    visit("repeated", repeated.load(std::memory_order_relaxed));
    visit("busy", busy.load(std::memory_order_relaxed));
    visit("inbox_full", inbox_full.load(std::memory_order_relaxed));
    visit("log_refused", log_refused.load(std::memory_order_relaxed));
    visit("log_withheld", log_withheld.load(std::memory_order_relaxed));
    visit("carried", carried.load(std::memory_order_relaxed));
    visit("not_listed", not_listed.load(std::memory_order_relaxed));
    visit("unproven", unproven.load(std::memory_order_relaxed));
    visit("replies_stale", replies_stale.load(std::memory_order_relaxed));
    visit("send_full", send_full.load(std::memory_order_relaxed));
    visit("send_unreachable", send_unreachable.load(std::memory_order_relaxed));
    visit("send_failed", send_failed.load(std::memory_order_relaxed));
    visit("store_behind", store_behind.load(std::memory_order_relaxed));
    visit("receipts_claimed", receipts_claimed.load(std::memory_order_relaxed));
    visit("socket_reopened", socket_reopened.load(std::memory_order_relaxed));
  }
};

}  // namespace quotemill::transport
