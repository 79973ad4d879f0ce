// SessionTable: HELLO, CHALLENGE, and which challenge a piece of evidence answers.
#include <algorithm>
#include <limits>
#include <utility>

#include "engine/evidence/receipt.h"
#include "engine/pipeline/counters.h"
#include "engine/tpm/quote.h"
#include "transport/server/session_table.h"

namespace quotemill::transport {
namespace {

// A challenge so young is sent again instead of being voided by another: a TPM takes up to a second
// for a quote, and must not be overtaken by the next question each time.
constexpr std::int64_t kSameChallengeMs = 1'000;
// A host that asks for challenge upon challenge hurts only itself.
constexpr std::size_t kVoidedMax = 64;
// How long after its deadline an answer to a voided challenge is still known as one.
constexpr std::int64_t kVoidedKeptMs = 600'000;

ChallengeMessage message_of(const Challenge& challenge, BootTime now) {
  ChallengeMessage message;
  message.nonce = challenge.nonce;
  message.sequence = challenge.sequence;
  message.selections = challenge.selections;
  message.valid_ms = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
      challenge.deadline.ms - now.ms, 0, std::numeric_limits<std::uint32_t>::max()));
  return message;
}

}  // namespace

void SessionTable::hello(Turn& turn, const HelloMessage& message) {
  const HostRecord& record = *turn.host.record;
  if (message.uid != record.uid || message.generation != record.generation) {
    count(parts_.counters.identity_mismatch);
    parts_.log.write(LogCause::kIdentity, record.name,
                     "HELLO says host " + message.uid.hex() + " generation " +
                         std::to_string(message.generation) + ", this key is generation " +
                         std::to_string(record.generation) + " of " + record.uid.hex(),
                     turn.now.boot.ms);
    send_error(turn, ErrorCode::kMismatch, "not the host or generation of this key; enrol again");
    return;
  }
  if (!turn.carried) {
    note_claim(turn, message.last_receipt);
  }
  Exchange* exchange = turn.session.exchange.get();
  if (exchange == nullptr) {
    offer_challenge(turn);
    return;
  }
  const bool is_gone = exchange->boot_id != message.boot_id || (turn.carried && exchange->carried);
  if (exchange->phase == Exchange::Phase::kNeedsLog && is_gone) {
    // It booted again: the log that was asked for is gone, and nobody withheld it. Behind a gateway
    // it was started anew, and can prove no log for evidence that it does not have any more.
    end_exchange(turn.session, record.uid);
    offer_challenge(turn);
    return;
  }
  turn.session.challenge_wanted = true;
  turn.session.wanted_correlation = turn.correlation;
  if (exchange->phase == Exchange::Phase::kNeedsLog) {
    exchange->transfer->restart();
    send_need(turn);
  }
}

// The host's own word, which nobody can check: it is told, and nothing follows from it.
void SessionTable::note_claim(Turn& turn, std::uint64_t last_receipt) {
  const std::uint64_t ours = turn.host.state->sequence;
  if (last_receipt <= ours || turn.session.claim_told) {
    return;
  }
  turn.session.claim_told = true;
  count(parts_.counters.receipts_claimed);
  parts_.log.write(LogCause::kReceiptClaimed, turn.host.record->name,
                   "the host says that it holds receipt " + std::to_string(last_receipt) +
                       ", the store's last is " + std::to_string(ours),
                   turn.now.boot.ms);
}

// A nonce that was issued ahead is known from the receipt that carried it alone, and receipts are
// given when they are durable: whoever answers one beyond the next proves that the store had what
// it has no more. On a gateway's channel the gateway has read the receipt, too.
void SessionTable::check_store(Turn& turn, const Evidence& evidence) {
  const HostRecord& record = *turn.host.record;
  const EvidenceHeader& header = evidence.header;
  const std::uint64_t ours = turn.host.state->sequence;
  const bool is_beyond = header.nonce_kind == NonceKind::kPreissued && header.sequence > ours + 1;
  if (turn.carried || !is_beyond ||
      !answers_one_of(turn, evidence,
                      parts_.nonces.acceptable(record.uid, record.generation, header.sequence))) {
    return;
  }
  count(parts_.counters.store_behind);
  const std::uint64_t theirs = header.sequence - 1;
  parts_.log.write(LogCause::kStoreBehind, record.name,
                   "the host has receipt " + std::to_string(theirs) + ", the store's last is " +
                       std::to_string(ours) + ": the store lost something",
                   turn.now.boot.ms);
  if (!std::exchange(store_behind_told_, true) && parts_.on_store_behind) {
    parts_.on_store_behind(turn.host, theirs, ours);
  }
}

void SessionTable::offer_challenge(Turn& turn) {
  const std::optional<Challenge> open = current_challenge(turn);
  const bool is_young = open && open->kind == NonceKind::kInteractive &&
                        turn.now.boot.ms - open->issued.ms < kSameChallengeMs;
  if (is_young) {
    send(turn, message_of(*open, turn.now.boot));
    return;
  }
  forget_voided(turn);
  if (turn.carried && turn.session.voided.size() >= kVoidedMax) {
    // Else a gateway could make the server forget a challenge that the host is answering.
    send_busy(turn);
    return;
  }
  if (Result<void> made = make_challenge(turn); !made) {
    parts_.log.write(LogCause::kInternal, turn.host.record->name, made.error().to_string(),
                     turn.now.boot.ms);
    send_error(turn, ErrorCode::kInternal, "no challenge could be made; the fault is the server's");
    return;
  }
  count(parts_.counters.challenges);
  send(turn, message_of(*turn.session.open, turn.now.boot));
}

void SessionTable::forget_voided(Turn& turn) {
  std::erase_if(turn.session.voided, [&](const Challenge& old) {
    return turn.now.boot.ms - old.deadline.ms > kVoidedKeptMs;
  });
}

// Replaces the open challenge by a fresh one, and remembers those that it voids.
Result<void> SessionTable::make_challenge(Turn& turn) {
  Session& session = turn.session;
  const Result<Nonce> nonce = parts_.fresh_nonce();
  if (!nonce) {
    return nonce.error();
  }
  Challenge fresh;
  fresh.nonce = *nonce;
  fresh.sequence = turn.host.state->sequence + 1;
  fresh.issued = turn.now.boot;
  fresh.deadline.ms = turn.now.boot.ms + policy_.valid_ms;
  fresh.issued_wall = turn.now.wall;
  fresh.selections = policy_.selections(turn.host);
  if (fresh.selections.empty()) {
    return Error{ErrorCode::kInternal, "challenge selections", 0, {}};
  }
  forget_voided(turn);
  if (session.open) {
    session.voided.push_back(*std::move(session.open));
  } else if (std::optional<Challenge> old = preissued(turn)) {
    session.voided.push_back(*std::move(old));
  }
  if (session.voided.size() > kVoidedMax) {
    session.voided.erase(session.voided.begin());
  }
  session.open = std::move(fresh);
  return {};
}

// "No verdict comes of your evidence": with the challenge to answer instead. `why` is ours alone.
void SessionTable::send_expired(Turn& turn, std::string why) {
  count(parts_.counters.expired);
  parts_.log.write(LogCause::kExpired, turn.host.record->name, "sent evidence that " + why,
                   turn.now.boot.ms);
  ErrorMessage message{ErrorCode::kExpired, std::move(why), {}};
  if (Result<ChallengeMessage> challenge = open_or_fresh(turn)) {
    message.challenge = *std::move(challenge);
  }
  send(turn, std::move(message));
}

// The open one again if there is one: an agent that is answering it already must not be overtaken
// by a second.
Result<ChallengeMessage> SessionTable::open_or_fresh(Turn& turn) {
  const std::optional<Challenge> open = current_challenge(turn);
  if (open && open->kind == NonceKind::kInteractive) {
    return message_of(*open, turn.now.boot);
  }
  if (Result<void> made = make_challenge(turn); !made) {
    return made.error();
  }
  count(parts_.counters.challenges);
  return message_of(*turn.session.open, turn.now.boot);
}

// The challenge that the last receipt carried, if it is still good.
std::optional<Challenge> SessionTable::preissued(const Turn& turn) const {
  const HostState& state = *turn.host.state;
  if (!state.nonce_issued || turn.now.wall > state.nonce_deadline ||
      state.generation != turn.host.record->generation) {
    return std::nullopt;
  }
  const Result<Receipt> receipt = decode_receipt(state.receipt);
  // Under a policy that asks for other PCRs meanwhile, the answer would prove too little.
  if (!receipt || receipt->selections != policy_.selections(turn.host)) {
    return std::nullopt;
  }
  Challenge challenge;
  challenge.kind = NonceKind::kPreissued;
  challenge.sequence = state.sequence + 1;
  challenge.issued_wall = *state.nonce_issued;
  challenge.issued.ms = turn.now.boot.ms - (turn.now.wall.ms - state.nonce_issued->ms);
  challenge.deadline.ms = turn.now.boot.ms + (state.nonce_deadline.ms - turn.now.wall.ms);
  challenge.selections = receipt->selections;
  const std::vector<Nonce> nonces = parts_.nonces.acceptable(
      turn.host.record->uid, turn.host.record->generation, challenge.sequence);
  challenge.nonce = nonces.front();
  if (nonces.size() > 1) {
    challenge.alternative = nonces[1];
  }
  return challenge;
}

// What evidence must answer now: the open challenge; else the pre-issued one, unless a challenge
// for the same sequence voided it.
std::optional<Challenge> SessionTable::current_challenge(const Turn& turn) const {
  const std::optional<Challenge>& open = turn.session.open;
  const bool is_of_next = open && open->sequence == turn.host.state->sequence + 1;
  if (!is_of_next) {
    return preissued(turn);
  }
  return turn.now.boot <= open->deadline ? open : std::nullopt;
}

bool SessionTable::answers_one_of(const Turn& turn, const Evidence& evidence,
                                  std::span<const Nonce> nonces) const {
  if (nonces.empty()) {
    return false;
  }
  const Result<Quote> quote = decode_quote(evidence.attest);
  if (!quote) {
    return false;
  }
  const HostRecord& record = *turn.host.record;
  const ChannelBinding binding{record.uid, record.generation, record.curve_key, parts_.server_key};
  return std::any_of(nonces.begin(), nonces.end(), [&](const Nonce& nonce) {
    const Digest wanted = attest_qualifying_data(nonce, binding, evidence.header_bytes);
    return equal(wanted.view(), quote->extra_data);
  });
}

// An answer says the sequence of its challenge: others need not be looked at.
bool SessionTable::answers_voided(const Turn& turn, const Evidence& evidence) const {
  std::vector<Nonce> nonces;
  for (const Challenge& voided : turn.session.voided) {
    if (voided.sequence != evidence.header.sequence) {
      continue;
    }
    nonces.push_back(voided.nonce);
    if (voided.alternative) {
      nonces.push_back(*voided.alternative);
    }
  }
  return answers_one_of(turn, evidence, nonces);
}

}  // namespace quotemill::transport
