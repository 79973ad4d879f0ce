// SessionTable: EVIDENCE and LOGS.
#include <algorithm>
#include <utility>

#include "engine/base/limits.h"
#include "engine/crypto/hash.h"
#include "engine/evidence/evidence_codec.h"
#include "engine/pipeline/counters.h"
#include "transport/server/session_table.h"

namespace quotemill::transport {
namespace {

// The pipeline answers everything; should it ever not, its host must not be locked out for good.
constexpr std::int64_t kAnswerLostMs = 120'000;

}  // namespace

// Ends an exchange whose answer will not come any more.
void SessionTable::give_up_lost(Turn& turn) {
  const Exchange* exchange = turn.session.exchange.get();
  if (exchange == nullptr || exchange->phase != Exchange::Phase::kJudging ||
      turn.now.boot.ms - exchange->received.boot.ms < kAnswerLostMs) {
    return;
  }
  parts_.log.write(LogCause::kInternal, turn.host.record->name,
                   "evidence was never answered by the pipeline", turn.now.boot.ms);
  end_exchange(turn.session, turn.host.record->uid);
}

void SessionTable::evidence(Turn& turn, EvidenceMessage& message) {
  if (message.items.size() != 1) {
    count(parts_.counters.malformed);
    refuse(turn, LogCause::kMalformed, ErrorCode::kMalformed,
           "a host's evidence is exactly one item");
    return;
  }
  Bytes bytes = std::move(message.items.front());
  if (bytes.size() > limits::kEvidenceItemSizeMax) {
    // Longer than anything that decodes. It is judged all the same (malformed), and kept; the part
    // that is kept says enough.
    bytes.resize(limits::kEvidenceItemSizeMax);
  }
  if (!is_full(turn, bytes.size())) {
    item(turn, std::move(bytes));
  }
}

void SessionTable::item(Turn& turn, Bytes item) {
  const Result<Evidence> decoded = decode_evidence(item);
  if (decoded && decoded->header.host != turn.host.record->uid) {
    count(parts_.counters.foreign_uid);
    parts_.log.write(LogCause::kIdentity, turn.host.record->name,
                     "sent evidence of another host, " + decoded->header.host.hex(),
                     turn.now.boot.ms);
    send_error(turn, ErrorCode::kMismatch, "evidence of another host than this key's");
    return;
  }
  if (is_repeated(turn, item)) {
    return;
  }
  if (is_last_judged(turn, item, decoded ? &*decoded : nullptr)) {
    count(parts_.counters.receipts_again);
    send(turn, ReceiptMessage{turn.host.state->receipt});
    return;
  }
  judge_item(turn, std::move(item), decoded ? &*decoded : nullptr);
}

// Whether the inbox is full, and that is said before the evidence is looked at: under a load that
// is too high, what is refused must cost little. The same evidence again is known all the same.
bool SessionTable::is_full(Turn& turn, std::size_t bytes) {
  if (turn.session.exchange != nullptr || refusing_ ||
      parts_.inbox.has_room(bytes, turn.session.place.is_taken())) {
    return false;
  }
  put_off(turn, turn.host.state->sequence + 1, turn.arrival.waiting_since);
  return true;
}

// Evidence for this sequence, which came then, finds the inbox full.
void SessionTable::put_off(Turn& turn, std::uint64_t sequence, BootTime since) {
  note_put_off(turn.session, sequence, since);
  count(parts_.counters.inbox_full);
  send(turn, BusyMessage{line_.put_off(turn.session.place, in_flight_, turn.now.boot)});
}

void SessionTable::note_put_off(Session& session, std::uint64_t sequence, BootTime since) {
  if (session.put_off_sequence != sequence) {
    session.put_off_sequence = sequence;
    session.put_off_since = since;
  }
  session.put_off_since = std::min(session.put_off_since, since);
}

// The earliest that evidence which answers this challenge can have come, the first time that it
// did; not before it was issued.
BootTime SessionTable::waiting_since(const Turn& turn, const Challenge& challenge) {
  if (challenge.issued <= turn.arrival.measurable_from) {
    return challenge.issued;
  }
  BootTime since = turn.arrival.waiting_since;
  if (turn.session.put_off_sequence == challenge.sequence) {
    since = std::min(since, turn.session.put_off_since);
  }
  return std::max(since, challenge.issued);
}

// Whether an exchange is going on, and its answer given: one at a time per host.
bool SessionTable::is_repeated(Turn& turn, const Bytes& item) {
  Exchange* exchange = turn.session.exchange.get();
  if (exchange == nullptr) {
    return false;
  }
  if (!equal(exchange->item, item)) {
    count(parts_.counters.busy);
    send_busy(turn);
    return true;
  }
  // The agent reconnected and sends the same again: the answer goes to its newest route.
  count(parts_.counters.repeated);
  exchange->correlation = turn.correlation;
  exchange->carried = turn.carried;
  if (exchange->phase == Exchange::Phase::kNeedsLog) {
    exchange->transfer->restart();
    send_need(turn);
  }
  return true;
}

// Whether the host's last receipt is the answer to this very item; `evidence` is null if it does
// not decode. No evidence is judged for a sequence before its own, so what asks for a later one
// than the last is another: most is, and is not hashed for it.
bool SessionTable::is_last_judged(const Turn& turn, const Bytes& item, const Evidence* evidence) {
  const HostState& state = *turn.host.state;
  if (state.receipt.empty() || state.generation != turn.host.record->generation ||
      (evidence != nullptr && evidence->header.sequence > state.sequence)) {
    return false;
  }
  return hash(HashAlgorithm::kSha256, item) == state.evidence;
}

// `evidence` is null if the item does not decode.
void SessionTable::judge_item(Turn& turn, Bytes item, const Evidence* evidence) {
  const std::optional<Challenge> open = current_challenge(turn);
  if (evidence == nullptr) {
    if (!open || turn.carried) {
      count(parts_.counters.malformed);
      refuse(turn, LogCause::kMalformed, ErrorCode::kMalformed,
             turn.carried ? "malformed evidence, from a gateway"
                          : "malformed evidence, and no challenge open");
      return;
    }
    // Malformed on the host's own channel while it was asked: a failed verdict, or a rogue host
    // could keep the state of its last good one (CVE-2022-3500).
    accept(turn, std::move(item), *open, std::nullopt, BootId{});
    return;
  }
  const EvidenceHeader& header = evidence->header;
  const std::uint64_t last = turn.host.state->sequence;
  // A gateway could keep evidence that a challenge voided, and bring it when nobody remembers that.
  const bool is_reused = !turn.carried && last != 0 && header.sequence == last &&
                         !turn.host.state->receipt.empty() && !answers_voided(turn, *evidence) &&
                         !is_refused(turn, item);
  if (is_reused) {
    count(parts_.counters.nonce_reused);
    parts_.log.write(LogCause::kNonceReused, turn.host.record->name,
                     "sent other evidence for a sequence already used", turn.now.boot.ms);
    Challenge closed;
    closed.kind = header.nonce_kind;
    closed.sequence = last + 1;
    closed.issued = turn.now.boot;
    closed.deadline = turn.now.boot;
    closed.issued_wall = turn.now.wall;
    closed.selections = policy_.selections(turn.host);
    const BootId boot_id = header.boot_id;
    accept(turn, std::move(item), closed, FindingCode::kQuoteNonceReused, boot_id);
    return;
  }
  if (!open || header.sequence != open->sequence || header.nonce_kind != open->kind ||
      answers_voided(turn, *evidence) || is_refused(turn, item)) {
    if (!turn.carried) {  // else it is proven first, and fails nobody
      turn.session.refused = std::make_unique<const Digest>(hash(HashAlgorithm::kSha256, item));
    }
    check_store(turn, *evidence);
    send_expired(turn);
    return;
  }
  const BootId boot_id = header.boot_id;
  accept(turn, std::move(item), *open, std::nullopt, boot_id);
}

// Whether it is a copy of what was refused: one that was sent before the answer was there, or to a
// server that was restarted since and does not know what it had asked.
bool SessionTable::is_refused(const Turn& turn, const Bytes& item) {
  const Digest* const refused = turn.session.refused.get();
  return refused != nullptr && hash(HashAlgorithm::kSha256, item) == *refused;
}

void SessionTable::accept(Turn& turn, Bytes item, const Challenge& challenge,
                          std::optional<FindingCode> foregone, const BootId& boot_id) {
  if (refusing_) {
    count(parts_.counters.busy);
    send_busy(turn);
    return;
  }
  auto exchange = std::make_unique<Exchange>();
  exchange->item = std::move(item);
  exchange->challenge = challenge;
  exchange->received = turn.now;
  exchange->waiting_since = waiting_since(turn, challenge);
  exchange->correlation = turn.correlation;
  exchange->boot_id = boot_id;
  exchange->foregone = foregone;
  exchange->carried = turn.carried;
  turn.session.exchange = std::move(exchange);
  if (!parts_.inbox.offer(submission_of(turn))) {
    const BootTime since = turn.session.exchange->waiting_since;
    turn.session.exchange.reset();
    put_off(turn, challenge.sequence, since);
    return;
  }
  turn.session.place = {};
  ++in_flight_;
  count(parts_.counters.evidence_accepted);
}

// The exchange's item, once more to the inbox: the session keeps a copy for the answer "need log"
// and to know repeated evidence.
Submission SessionTable::submission_of(const Turn& turn) const {
  const Exchange& exchange = *turn.session.exchange;
  Submission submission;
  submission.item = exchange.item;
  submission.foregone = exchange.foregone;
  submission.host = turn.host.record;
  submission.challenge = exchange.challenge;
  submission.received = exchange.received;
  submission.waiting_since = exchange.waiting_since;
  submission.carried = exchange.carried;
  submission.again = turn.session.place.is_taken();
  return submission;
}

// The pipeline says: the quote holds, but only the logs explain it.
void SessionTable::need_logs(Turn& turn, const LogNeed& need) {
  Exchange& exchange = *turn.session.exchange;
  // Asked again with the logs in hand: the rules changed meanwhile. The same bytes begin anew.
  if (exchange.logs_given || refusing_) {
    count(parts_.counters.busy);
    send_busy(turn);
    finish_exchange(turn);
    return;
  }
  --in_flight_;
  exchange.phase = Exchange::Phase::kNeedsLog;
  exchange.need = need;
  waiting_.insert(turn.host.record->uid);
  ask_for_next_log(turn);
}

// False if there is no room for another transfer: the exchange is over then.
bool SessionTable::ask_for_next_log(Turn& turn) {
  Exchange& exchange = *turn.session.exchange;
  if (!budget_.take_transfer()) {
    count(parts_.counters.busy);
    send_busy(turn);
    finish_exchange(turn);
    return false;
  }
  count(parts_.counters.logs_needed);
  exchange.transfer = std::make_unique<LogTransfer>(budget_);
  exchange.log_deadline.ms = turn.now.boot.ms + policy_.need_timeout_ms;
  send_need(turn);
  return true;
}

void SessionTable::send_need(Turn& turn) {
  const Exchange& exchange = *turn.session.exchange;
  const LogKind kind = exchange.need.boot_log ? LogKind::kBoot : LogKind::kRuntime;
  send(turn, NeedMessage{exchange.challenge.sequence, kind, log_size_max(kind),
                         kind == LogKind::kBoot ? 0 : exchange.need.runtime_from.value_or(0)});
}

// The one that was asked for is here: the next one, or back to the inbox with all of them.
void SessionTable::take_log(Turn& turn, Bytes log) {
  Exchange& exchange = *turn.session.exchange;
  count(parts_.counters.logs_complete);
  exchange.complete.push_back(std::move(exchange.transfer));
  if (exchange.need.boot_log) {
    exchange.boot_log = std::move(log);
    exchange.need.boot_log = false;
  } else {
    exchange.runtime_list = std::move(log);
    exchange.runtime_from = std::exchange(exchange.need.runtime_from, std::nullopt);
  }
  if (exchange.need.any()) {
    ask_for_next_log(turn);
    return;
  }
  exchange.phase = Exchange::Phase::kQueued;
  requeue(turn);
}

void SessionTable::logs(Turn& turn, const LogsMessage& message) {
  Exchange* exchange = turn.session.exchange.get();
  const bool is_asked = exchange != nullptr && exchange->challenge.sequence == message.sequence;
  if (is_asked && exchange->phase != Exchange::Phase::kNeedsLog) {
    count(parts_.counters.repeated);  // the end of a log that was sent twice
    return;
  }
  if (!is_asked) {
    count(parts_.counters.log_refused);
    refuse(turn, LogCause::kLogRefused, ErrorCode::kExpired,
           "no log was asked for with this sequence");
    return;
  }
  exchange->correlation = turn.correlation;
  const LogKind asked = exchange->need.boot_log ? LogKind::kBoot : LogKind::kRuntime;
  if (message.kind != asked) {
    count(parts_.counters.repeated);  // the end of the other one, sent twice
    return;
  }
  if (turn.carried && !is_proven(turn, message)) {
    count(parts_.counters.unproven);
    refuse(turn, LogCause::kLogRefused, ErrorCode::kMalformed,
           "a log that comes through a gateway needs the host's proof");
    return;
  }
  if (message.total_bytes == 0 && asked == LogKind::kRuntime) {
    take_log(turn, {});  // nothing was listed since
    return;
  }
  if (message.total_bytes == 0) {
    // It has a log (its evidence said so) and does not give it.
    exchange->log_deadline = turn.now.boot;
    return;
  }
  const Result<void> added = exchange->transfer->add(message);
  if (!added) {
    count(parts_.counters.log_refused);
    if (added.error().code == ErrorCode::kBusy) {
      send_busy(turn);
      finish_exchange(turn);
      return;
    }
    refuse(turn, LogCause::kLogRefused, added.error().code, added.error().to_string());
    return;
  }
  if (exchange->transfer->is_complete()) {
    take_log(turn, exchange->transfer->take());
  }
}

}  // namespace quotemill::transport
