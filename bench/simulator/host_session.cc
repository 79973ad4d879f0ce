#include "bench/simulator/host_session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "engine/base/limits.h"
#include "engine/verdict/verdict.h"

namespace quotemill::bench {
namespace {

using transport::ChallengeMessage;
using transport::MessageBody;

constexpr std::uint64_t kPatienceUs = 10'000'000;
constexpr std::uint64_t kAfterErrorUs = 1'000'000;
// An answer that takes so long, and the evidence may have waited for the daemon.
constexpr std::uint64_t kWaitingUs = 1'000'000;

std::string state_name(std::uint8_t state) {
  return std::string(name_of(static_cast<TrustState>(state)));
}

bool has_code(const Receipt& receipt, std::string_view code) {
  return std::any_of(receipt.findings.begin(), receipt.findings.end(),
                     [&](const ReceiptFinding& finding) { return finding.code == code; });
}

}  // namespace

HostSession::Messages HostSession::hello() {
  transport::HelloMessage hello;
  hello.uid = host_.record().uid;
  hello.generation = host_.record().generation;
  hello.boot_id = is_known_ ? host_.boot_id(plan_, next_sequence()) : BootId{};
  hello.last_receipt = last_;
  hello.agent = "quotemill-fleet";
  Messages out;
  out.emplace_back(std::move(hello));
  return out;
}

HostSession::Messages HostSession::look() {
  step_ = Step::kLook;
  return hello();
}

void HostSession::sign_ahead(const EpochKey& key, unsigned count) {
  first_ahead_ = next_sequence() + 1;  // the first one answers a challenge
  ahead_.clear();
  ahead_.reserve(count);
  for (unsigned i = 0; i < count; ++i) {
    const std::uint64_t sequence = first_ahead_ + i;
    const Nonce nonce =
        preissued_nonce(key, host_.record().uid, host_.record().generation, sequence);
    // The nonce of a challenge is not known ahead.
    const bool is_asked = asks_first(plan_.action(host_.number(), sequence));
    ahead_.emplace_back(nonce,
                        is_asked ? Bytes() : sign(sequence, NonceKind::kPreissued, nonce, 0));
  }
}

bool HostSession::is_used_up() const {
  return !ahead_.empty() && next_sequence() >= first_ahead_ + ahead_.size();
}

std::optional<Bytes> HostSession::signed_ahead(const Nonce& nonce) const {
  const std::uint64_t sequence = next_sequence();
  if (sequence < first_ahead_ || sequence >= first_ahead_ + ahead_.size()) {
    return std::nullopt;
  }
  const auto& [known, item] = ahead_[sequence - first_ahead_];
  return known == nonce && !item.empty() ? std::optional(item) : std::nullopt;
}

// When a quote that is signed ahead will be sent is not known, so that the TPM's clock goes by
// their number: also where one between them is signed now. Else it is right.
Bytes HostSession::sign(std::uint64_t sequence, NonceKind kind, const Nonce& nonce,
                        std::uint64_t now_us) {
  const std::uint64_t counted_ms = first_ahead_ != 0 ? (sequence + 1 - first_ahead_) * kClockStepMs
                                                     : (now_us - known_us_) / 1'000;
  return host_.evidence(plan_, sequence, kind, nonce, counted_ms);
}

HostSession::Messages HostSession::begin(std::uint64_t due_us, std::uint64_t now_us) {
  due_us_ = due_us;
  is_put_off_ = false;
  const Action action = next_action();
  if (action == Action::kReplay && !older_item_.empty()) {
    step_ = Step::kReplay;
    Messages out;
    out.emplace_back(transport::EvidenceMessage{{older_item_}});
    return out;
  }
  if (!nonce_ || asks_first(action)) {
    step_ = Step::kChallenge;
    return hello();
  }
  was_interactive_ = false;
  if (std::optional<Bytes> ready = signed_ahead(*nonce_)) {
    return evidence(*std::move(ready));
  }
  return evidence(sign(next_sequence(), NonceKind::kPreissued, *nonce_, now_us));
}

HostSession::Messages HostSession::evidence(Bytes item) {
  // What cannot be decoded would be judged, not refused, when it is sent again.
  if (item_sequence_ < next_sequence() && !item_.empty() &&
      plan_.action(host_.number(), item_sequence_) != Action::kTruncated) {
    older_item_ = std::move(item_);
  }
  item_ = std::move(item);
  item_sequence_ = next_sequence();
  was_put_off_ = false;
  nonce_.reset();
  step_ = Step::kReceipt;
  started_us_ = 0;
  Messages out;
  out.emplace_back(transport::EvidenceMessage{{item_}});
  return out;
}

void HostSession::know(const ChallengeMessage& challenge, std::uint64_t now_us, Tally& tally) {
  if (!is_known_) {
    if (const Result<void> begun = host_.begin_at(challenge.sequence, challenge.selections);
        !begun) {
      ++tally.errors[begun.error().to_string()];
      return;
    }
    is_known_ = true;
    known_us_ = now_us;
  }
  last_ = challenge.sequence - 1;
}

HostSession::Messages HostSession::answer(const ChallengeMessage& challenge, std::uint64_t now_us,
                                          Tally& tally) {
  know(challenge, now_us, tally);
  if (step_ == Step::kLook || !is_known_) {
    step_ = Step::kIdle;
    wake_us_ = UINT64_MAX;
    return {};
  }
  was_interactive_ = true;
  answering_ = challenge.nonce;
  ++tally.signed_live;
  return evidence(sign(challenge.sequence, NonceKind::kInteractive, challenge.nonce, now_us));
}

HostSession::Messages HostSession::receive(const transport::Message& message, std::uint64_t now_us,
                                           Tally& tally) {
  const MessageBody& body = message.body;
  if (const auto* challenge = std::get_if<ChallengeMessage>(&body)) {
    const bool is_asked = step_ == Step::kChallenge || step_ == Step::kLook;
    return is_asked ? answer(*challenge, now_us, tally) : Messages();
  }
  if (const auto* need = std::get_if<transport::NeedMessage>(&body)) {
    // Asked once more for each copy: the one log that was sent answers all of them.
    const bool is_again = need->sequence == log_sequence_ && is_burst(next_action());
    log_sequence_ = need->sequence;
    return is_again ? Messages() : log(need->sequence, tally);
  }
  if (const auto* receipt = std::get_if<transport::ReceiptMessage>(&body)) {
    const Result<Receipt> decoded = decode_receipt(receipt->receipt);
    if (!decoded) {
      tally.add_wrong(host_.record().name + ": a receipt that cannot be read");
      return {};
    }
    return judged(*decoded, now_us, tally);
  }
  if (const auto* busy = std::get_if<transport::BusyMessage>(&body)) {
    ++tally.busy;
    if (step_ == Step::kReceipt) {
      tally.busy_latency.add(now_us - std::min(now_us, sent_us_));
    }
    is_put_off_ = true;
    was_put_off_ = true;
    wake_us_ = now_us + std::uint64_t{busy->retry_after_ms} * 1'000;
    return {};
  }
  if (const auto* error = std::get_if<transport::ErrorMessage>(&body)) {
    return refused(*error, now_us, tally);
  }
  ++tally.errors["unexpected kind"];
  return {};
}

HostSession::Messages HostSession::judged(const Receipt& receipt, std::uint64_t now_us,
                                          Tally& tally) {
  if (is_again(receipt)) {
    ++tally.receipts_again;
    return {};
  }
  if (step_ != Step::kReceipt || receipt.number != next_sequence()) {
    // Nothing was asked that this answers; a replay that is judged would be the worst of them.
    tally.add_wrong(host_.record().name + ": receipt " + std::to_string(receipt.number) +
                    " where " + std::to_string(next_sequence()) + " was next (" +
                    std::string(name_of(plan_.action(host_.number(), last_))) + ", " +
                    std::string(name_of(next_action())) + ")");
    return {};
  }
  check(receipt, tally);
  ++tally.attestations;
  tally.interactive += was_interactive_ ? 1 : 0;
  ++tally.actions.at(static_cast<std::size_t>(next_action()));
  if (next_action() != Action::kSlowReader) {  // the time is its own
    tally.latency.add(now_us - std::min(now_us, due_us_ != 0 ? due_us_ : started_us_));
  }
  last_ = receipt.number;
  nonce_ = receipt.next_nonce;
  step_ = Step::kIdle;
  wake_us_ = UINT64_MAX;
  return {};
}

// Whether it answers evidence that was sent many times, once more.
bool HostSession::is_again(const Receipt& receipt) const {
  const bool is_of_burst =
      receipt.number == last_ && last_ != 0 && is_burst(plan_.action(host_.number(), last_));
  return is_of_burst || (receipt.number <= last_ && resent_.count(receipt.number) != 0);
}

void HostSession::check(const Receipt& receipt, Tally& tally) const {
  const Action action = next_action();
  const Expected expected = host_.expected(action);
  const auto state = static_cast<TrustState>(receipt.state);
  tally.trusted += state == TrustState::kTrusted ? 1 : 0;
  tally.failed += state == TrustState::kFailed ? 1 : 0;
  const bool has_reason = expected.code.empty() || has_code(receipt, expected.code);
  if (state == expected.state && has_reason && receipt.host == host_.record().uid) {
    return;
  }
  std::string what = host_.record().name + ", receipt " + std::to_string(receipt.number) + ": " +
                     std::string(name_of(action)) + " is " + state_name(receipt.state);
  for (const ReceiptFinding& finding : receipt.findings) {
    what += " " + finding.code;
  }
  tally.add_wrong(what);
}

HostSession::Messages HostSession::refused(const transport::ErrorMessage& error,
                                           std::uint64_t now_us, Tally& tally) {
  // Late perhaps: when the host has asked for a challenge already.
  const bool is_of_replay =
      step_ == Step::kReplay || (step_ == Step::kChallenge && next_action() == Action::kReplay);
  if (is_of_replay && error.code == ErrorCode::kExpired && error.challenge) {
    ++tally.replays_refused;
    return answer(*error.challenge, now_us, tally);
  }
  if (step_ == Step::kReceipt && was_interactive_ && error.challenge &&
      error.challenge->nonce == answering_) {
    return {};  // of a copy of what was sent before: the answer is on its way
  }
  if (error.code == ErrorCode::kExpired && error.challenge &&
      (has_waited(now_us) || may_have_crossed())) {
    ++tally.asked_again;
    return answer(*error.challenge, now_us, tally);
  }
  ++tally.errors[std::string(name_of(error.code))];
  if (error.code == ErrorCode::kExpired && error.challenge && step_ == Step::kReceipt) {
    return answer(*error.challenge, now_us, tally);
  }
  is_put_off_ = false;
  wake_us_ = now_us + kAfterErrorUs;
  return {};
}

// No answer yet, for so long that the daemon is late with it.
bool HostSession::is_slow(std::uint64_t now_us) const {
  return started_us_ != 0 && now_us >= started_us_ + kWaitingUs;
}

// Whether the daemon may be unable to tell by the TPM's clock when the evidence was made: it kept
// the evidence waiting. No clock counts for a challenge.
bool HostSession::has_waited(std::uint64_t now_us) const {
  return step_ == Step::kReceipt && !was_interactive_ && (was_put_off_ || is_slow(now_us));
}

// Whether a challenge may have crossed the evidence: each HELLO and each replay is answered by one,
// those that the daemon read late as well.
bool HostSession::may_have_crossed() const {
  return step_ == Step::kReceipt && greeted_again_ != 0 && next_sequence() <= greeted_again_ + 1;
}

HostSession::Messages HostSession::log(std::uint64_t sequence, Tally& tally) const {
  const Bytes log = host_.log(plan_.action(host_.number(), sequence) == Action::kTamperedLog);
  ++tally.logs_sent;
  Messages out;
  for (std::size_t offset = 0; offset < log.size(); offset += limits::kLogSegmentSizeMax) {
    transport::LogsMessage message;
    message.sequence = sequence;
    message.total_bytes = log.size();
    message.offset = offset;
    message.segment = to_bytes(
        ByteView(log).subspan(offset, std::min(limits::kLogSegmentSizeMax, log.size() - offset)));
    host_.prove(message, item_);
    out.emplace_back(std::move(message));
  }
  return out;
}

HostSession::Messages HostSession::wake(std::uint64_t now_us, Tally& tally) {
  wake_us_ = now_us + kPatienceUs;
  if (std::exchange(is_put_off_, false) && step_ == Step::kReceipt) {
    Messages out;
    out.emplace_back(transport::EvidenceMessage{{item_}});
    return out;
  }
  if (now_us - std::min(now_us, sent_us_) >= kPatienceUs) {
    ++tally.silences;
  }
  if (step_ == Step::kReceipt && is_known_) {
    resent_.insert(next_sequence());
    Messages out;  // the same bytes: the answer is the same receipt
    out.emplace_back(transport::EvidenceMessage{{item_}});
    return out;
  }
  if (step_ == Step::kReplay) {
    step_ = Step::kChallenge;
  }
  greeted_again_ = next_sequence();
  return hello();
}

void HostSession::note_sent(std::uint64_t now_us) {
  sent_us_ = now_us;
  wake_us_ = now_us + kPatienceUs;
  if (step_ == Step::kReceipt && started_us_ == 0) {
    started_us_ = now_us;
  }
}

}  // namespace quotemill::bench
