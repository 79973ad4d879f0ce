// SessionTable: what is different about frames that a gateway carries.
#include <utility>

#include "engine/pipeline/counters.h"
#include "transport/server/session_table.h"
#include "transport/wire/log_proof.h"

namespace quotemill::transport {

std::vector<Outgoing> SessionTable::receive_carried(GatewayNumber gateway, const CurveKey& key,
                                                    ByteView frame, const Arrival& arrival) {
  count(parts_.counters.carried);
  return take(key, {{}, gateway}, frame, arrival);
}

// Whether the gateway may carry for the host; if not, it is told, and nothing else happens.
bool SessionTable::is_listed(const Host& host, const CurveKey& key, const Route& route,
                             ByteView frame, Moment now, std::vector<Outgoing>& out) {
  if (parts_.may_carry && parts_.may_carry(*route.gateway, *host.record)) {
    return true;
  }
  count(parts_.counters.not_listed);
  parts_.log.write(LogCause::kIdentity, host.record->name,
                   "came through a gateway that does not list it", now.boot.ms);
  ErrorMessage refusal{ErrorCode::kDenied, "this gateway does not list this host", {}};
  out.push_back(
      {std::nullopt, route, encode_reply(correlation_of(frame), std::move(refusal)), key});
  return false;
}

// Whether a gateway's message would interfere with an exchange on the host's own channel. The same
// evidence does not: a host whose connection broke sends it again, perhaps this way.
bool SessionTable::disturbs(const Session& session, const Result<Message>& message) {
  if (session.exchange == nullptr || session.exchange->carried) {
    return false;
  }
  const auto* evidence = message ? std::get_if<EvidenceMessage>(&message->body) : nullptr;
  return evidence == nullptr || evidence->items.size() != 1 ||
         !equal(evidence->items.front(), session.exchange->item);
}

// Whether the host that made the evidence made this segment, too.
bool SessionTable::is_proven(Turn& turn, const LogsMessage& message) {
  Exchange& exchange = *turn.session.exchange;
  if (!exchange.log_key && parts_.log_proof_key) {
    const Result<Digest> key = parts_.log_proof_key(turn.host.record->curve_key);
    if (key) {
      exchange.log_key = *key;
    }
  }
  return exchange.log_key &&
         equal_constant_time(log_proof(*exchange.log_key, exchange.item, message).view(),
                             message.proof);
}

// The pipeline found that the host's key proves nothing of what a gateway brought.
void SessionTable::answer_unproven(Turn& turn, const Error& error) {
  count(parts_.counters.unproven);
  parts_.log.write(LogCause::kMalformed, turn.host.record->name,
                   "evidence from a gateway that the host's key does not prove: " + error.detail,
                   turn.now.boot.ms);
  send_error(turn, ErrorCode::kMalformed,
             "came through a gateway, and the host's key does not prove it: " + error.detail);
}

// A log that was asked for did not come through. Who withheld it, nobody can tell.
void SessionTable::give_up_carried(Turn& turn) {
  count(parts_.counters.unproven);
  parts_.log.write(LogCause::kLogWithheld, turn.host.record->name,
                   "the log that was asked for did not come through the gateway in time",
                   turn.now.boot.ms);
  end_exchange(turn.session, turn.host.record->uid);
  turn.session.challenge_wanted = false;
  send_expired(turn);
}

}  // namespace quotemill::transport
