#include "transport/server/session_table.h"

#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/pipeline/counters.h"
#include "transport/socket/curve.h"

namespace quotemill::transport {
namespace {

// An agent that reconnects often is a broken network's; faster than this it is an attack.
constexpr Rate kRouteChanges{0.5, 8};
constexpr std::int64_t kSweepEveryMs = 60'000;
constexpr std::int64_t kSessionIdleMs = 24 * 3'600'000;

}  // namespace

SessionTable::SessionTable(const SessionParts& parts, ChallengePolicy policy)
    : parts_(parts),
      policy_(std::move(policy)),
      budget_(limits::kLogTransfersMax, limits::kLogTransferBytesMax),
      line_(policy_.retry_after_ms, policy_.retry_after_ms_max) {}

std::vector<Outgoing> SessionTable::receive(const CurveKey& key, const RouteId& route,
                                            ByteView frame, const Arrival& arrival) {
  return take(key, {route}, frame, arrival);
}

std::vector<Outgoing> SessionTable::take(const CurveKey& key, const Route& route, ByteView frame,
                                         const Arrival& arrival) {
  const Moment now = arrival.read;
  std::vector<Outgoing> out;
  count(parts_.counters.messages_in);
  const std::optional<Host> host = parts_.hosts.find_by_key(key);
  if (!host || !host->record->may_attest()) {
    // Admitted when it connected, and not any more. No state for it.
    count(parts_.counters.unknown_key);
    parts_.log.write(LogCause::kUnknownKey, "",
                     "key " + to_z85(key) + " sent a message and may not attest", now.boot.ms);
    out.push_back({std::nullopt, route,
                   encode_reply(correlation_of(frame),
                                ErrorMessage{ErrorCode::kDenied, "this key may not attest", {}}),
                   key});
    return out;
  }
  if (route.gateway && !is_listed(*host, key, route, frame, now, out)) {
    return out;
  }
  Session& session = session_of(*host, now);
  Result<Message> message = decode_message(frame);
  if (route.gateway && disturbs(session, message)) {
    count(parts_.counters.busy);
    out.push_back({host->record->uid, route,
                   encode_reply(correlation_of(frame), BusyMessage{policy_.retry_after_ms}), key});
    return out;
  }
  if (!note_route(session, route, now)) {
    count(parts_.counters.routes_exceeded);
    return out;
  }
  Turn turn{*host, session, correlation_of(frame), now, out, route.gateway.has_value(), arrival};
  if (!message) {
    count(parts_.counters.malformed);
    parts_.log.write(LogCause::kMalformed, host->record->name, message.error().to_string(),
                     now.boot.ms);
    send_error(turn, message.error().code, message.error().to_string());
    return out;
  }
  if (message->role != Role::kHost) {
    count(parts_.counters.unsupported);
    refuse(turn, LogCause::kMalformed, ErrorCode::kUnsupported,
           "only hosts are served here; a gateway carries their frames as they are");
    return out;
  }
  dispatch(turn, message->body);
  return out;
}

void SessionTable::dispatch(Turn& turn, MessageBody& body) {
  give_up_lost(turn);
  if (const auto* greeting = std::get_if<HelloMessage>(&body)) {
    hello(turn, *greeting);
  } else if (auto* items = std::get_if<EvidenceMessage>(&body)) {
    evidence(turn, *items);
  } else if (const auto* segment = std::get_if<LogsMessage>(&body)) {
    logs(turn, *segment);
  } else {
    count(parts_.counters.unsupported);
    refuse(turn, LogCause::kMalformed, ErrorCode::kUnsupported,
           std::string(name_of(kind_of(body))) + " is not for this endpoint");
  }
}

SessionTable::Session& SessionTable::session_of(const Host& host, Moment now) {
  const HostUid& uid = host.record->uid;
  Session& session = sessions_[uid];
  if (session.generation != host.record->generation) {
    // Enrolled anew: nothing of before counts.
    end_exchange(session, uid);
    session = Session{};
    session.generation = host.record->generation;
  }
  session.last_seen = now.boot;
  return session;
}

bool SessionTable::note_route(Session& session, const Route& route, Moment now) {
  if (session.routes[0] == route) {
    return true;
  }
  if (session.routes[1] != route && !session.route_changes.allow(kRouteChanges, now.boot.ms)) {
    return false;
  }
  session.routes[1] = std::exchange(session.routes[0], route);
  return true;
}

void SessionTable::send(Turn& turn, MessageBody body) {
  if (!turn.session.routes[0].is_none()) {
    turn.out.push_back({turn.host.record->uid, turn.session.routes[0],
                        encode_reply(turn.correlation, std::move(body)),
                        turn.host.record->curve_key});
  }
}

void SessionTable::send_error(Turn& turn, ErrorCode code, std::string text) {
  send(turn, ErrorMessage{code, std::move(text), {}});
}

// An ERROR with a line for the operator. `text` is ours alone, nothing of the host's.
void SessionTable::refuse(Turn& turn, LogCause cause, ErrorCode code, std::string text) {
  parts_.log.write(cause, turn.host.record->name, text, turn.now.boot.ms);
  send_error(turn, code, std::move(text));
}

void SessionTable::send_busy(Turn& turn) {
  send(turn, BusyMessage{policy_.retry_after_ms});
}

std::vector<Outgoing> SessionTable::deliver(std::vector<Reply> replies, Moment now) {
  std::vector<Outgoing> out;
  out.reserve(replies.size());
  std::size_t over = 0;
  for (Reply& reply : replies) {
    const auto found = sessions_.find(reply.host);
    const std::optional<Host> host = parts_.hosts.find(reply.host);
    const bool is_expected = found != sessions_.end() && found->second.exchange != nullptr &&
                             found->second.exchange->phase == Exchange::Phase::kJudging &&
                             found->second.generation == reply.generation &&
                             found->second.exchange->challenge.sequence == reply.sequence;
    if (!host || !is_expected) {
      count(parts_.counters.replies_stale);
      continue;
    }
    over += reply.kind == ReplyKind::kNeedLog ? 0 : 1;
    Turn turn{*host, found->second, found->second.exchange->correlation, now, out};
    answer(turn, reply);
  }
  line_.note_answered(over, in_flight_, now.boot);
  return out;
}

void SessionTable::answer(Turn& turn, Reply& reply) {
  switch (reply.kind) {
    case ReplyKind::kReceipt:
      count(parts_.counters.receipts);
      turn.session.open.reset();
      send(turn, ReceiptMessage{std::move(reply.body)});
      finish_exchange(turn);
      return;
    case ReplyKind::kNeedLog:
      need_logs(turn, reply.need);
      return;
    case ReplyKind::kError:
      answer_error(turn, reply.error);
      return;
    case ReplyKind::kUnproven:
      answer_unproven(turn, reply.error);
      finish_exchange(turn);
      return;
  }
}

// The host's state is as before, and so is its challenge: it may send the same bytes again.
void SessionTable::answer_error(Turn& turn, const Error& error) {
  if (error.code == ErrorCode::kBusy) {
    count(parts_.counters.busy);
    send_busy(turn);
  } else if (error.code == ErrorCode::kConflict || error.code == ErrorCode::kExpired) {
    end_exchange(turn.session, turn.host.record->uid);
    if (!turn.session.challenge_wanted && error.code == ErrorCode::kConflict) {
      send_expired(turn);
    } else if (!turn.session.challenge_wanted) {
      send_expired(turn, "may have waited at the server for too long to be believed");
    }
  } else {
    parts_.log.write(LogCause::kInternal, turn.host.record->name, error.to_string(),
                     turn.now.boot.ms);
    send_error(turn, ErrorCode::kInternal, "could not be judged; the fault is the server's");
  }
  finish_exchange(turn);
}

void SessionTable::end_exchange(Session& session, const HostUid& uid) {
  if (session.exchange == nullptr) {
    return;
  }
  waiting_.erase(uid);
  if (session.exchange->phase == Exchange::Phase::kJudging) {
    --in_flight_;
  }
  // Moot if its verdict came: then the next evidence is for another sequence.
  note_put_off(session, session.exchange->challenge.sequence, session.exchange->waiting_since);
  session.exchange.reset();
}

void SessionTable::finish_exchange(Turn& turn) {
  end_exchange(turn.session, turn.host.record->uid);
  if (turn.session.challenge_wanted) {
    turn.session.challenge_wanted = false;
    turn.correlation = turn.session.wanted_correlation;
    offer_challenge(turn);
  }
}

std::vector<Outgoing> SessionTable::challenge_now(const HostUid& uid, Moment now) {
  std::vector<Outgoing> out;
  const auto found = sessions_.find(uid);
  const std::optional<Host> host = parts_.hosts.find(uid);
  if (!is_connected(uid) || !host || !host->record->may_attest() ||
      found->second.generation != host->record->generation) {
    return out;
  }
  Turn turn{*host, found->second, 0, now, out};
  if (turn.session.exchange != nullptr) {
    turn.session.wanted_correlation = 0;
    turn.session.challenge_wanted = true;
  } else {
    offer_challenge(turn);
  }
  return out;
}

bool SessionTable::is_connected(const HostUid& uid) const {
  const auto found = sessions_.find(uid);
  return found != sessions_.end() && !found->second.routes[0].is_none();
}

// While the inbox has little room, it goes to those in front.
std::vector<HostUid> SessionTable::longest_waiting_first() const {
  std::vector<std::pair<BootTime, HostUid>> by_time;
  by_time.reserve(waiting_.size());
  for (const HostUid& uid : waiting_) {
    by_time.emplace_back(sessions_.at(uid).exchange->received.boot, uid);
  }
  std::sort(by_time.begin(), by_time.end());
  std::vector<HostUid> waiting;
  waiting.reserve(by_time.size());
  for (const auto& [since, uid] : by_time) {
    waiting.push_back(uid);
  }
  return waiting;
}

std::vector<Outgoing> SessionTable::tick(Moment now) {
  std::vector<Outgoing> out;
  for (const HostUid& uid : longest_waiting_first()) {
    Session& session = sessions_.at(uid);
    Exchange& exchange = *session.exchange;
    const std::optional<Host> host = parts_.hosts.find(uid);
    if (!host || !host->record->may_attest() || host->record->generation != session.generation) {
      end_exchange(session, uid);
      continue;
    }
    Turn turn{*host, session, exchange.correlation, now, out};
    const bool is_over =
        exchange.phase == Exchange::Phase::kNeedsLog && now.boot >= exchange.log_deadline;
    if (is_over && exchange.carried) {
      give_up_carried(turn);
      continue;
    }
    if (is_over) {
      count(parts_.counters.log_withheld);
      parts_.log.write(LogCause::kLogWithheld, host->record->name,
                       "the log that was asked for did not come in time", now.boot.ms);
      exchange.foregone = FindingCode::kLogWithheld;
      exchange.transfer.reset();
      exchange.phase = Exchange::Phase::kQueued;
    }
    if (exchange.phase == Exchange::Phase::kQueued) {
      requeue(turn);
    }
  }
  sweep(now);
  return out;
}

// Offers an exchange to the inbox once more; it stays queued if there is no room.
void SessionTable::requeue(Turn& turn) {
  Exchange& exchange = *turn.session.exchange;
  Submission submission = submission_of(turn);
  submission.boot_log = std::move(exchange.boot_log);
  submission.runtime_from = exchange.runtime_from;
  submission.runtime_list = std::move(exchange.runtime_list);
  submission.foregone = exchange.foregone;
  submission.again = true;
  if (!parts_.inbox.offer(std::move(submission))) {
    // Untouched when it was refused.
    exchange.boot_log = std::move(submission.boot_log);  // NOLINT(bugprone-use-after-move)
    exchange.runtime_list = std::move(submission.runtime_list);
    count(parts_.counters.inbox_full);
    return;
  }
  waiting_.erase(turn.host.record->uid);
  exchange.logs_given = true;
  exchange.complete.clear();
  exchange.phase = Exchange::Phase::kJudging;
  ++in_flight_;
}

void SessionTable::sweep(Moment now) {
  if (now.boot.ms - swept_.ms < kSweepEveryMs) {
    return;
  }
  swept_ = now.boot;
  std::erase_if(sessions_, [&](const auto& entry) {
    return entry.second.exchange == nullptr &&
           now.boot.ms - entry.second.last_seen.ms > kSessionIdleMs;
  });
}

void SessionTable::forget_route(const HostUid& uid, const Route& route) {
  const auto found = sessions_.find(uid);
  if (found != sessions_.end()) {
    drop_route(found->second, route);
  }
}

void SessionTable::forget_gateway(GatewayNumber gateway) {
  for (auto& [uid, session] : sessions_) {
    drop_route(session, {{}, gateway});
  }
}

void SessionTable::drop_route(Session& session, const Route& route) {
  std::array<Route, 2>& routes = session.routes;
  if (routes[0] == route) {
    routes[0] = std::exchange(routes[1], Route());
  } else if (routes[1] == route) {
    routes[1] = Route();
  }
}

void SessionTable::forget_routes() {
  for (auto& [uid, session] : sessions_) {
    session.routes = {};
    session.route_changes = {};
  }
}

std::vector<Outgoing> SessionTable::refuse_new() {
  std::vector<Outgoing> out;
  refusing_ = true;
  const std::vector<HostUid> waiting(waiting_.begin(), waiting_.end());
  for (const HostUid& uid : waiting) {
    Session& session = sessions_.at(uid);
    if (const std::optional<Host> host = parts_.hosts.find(uid)) {
      Turn turn{*host, session, session.exchange->correlation, session.exchange->received, out};
      send_busy(turn);
    }
    end_exchange(session, uid);
  }
  return out;
}

}  // namespace quotemill::transport
