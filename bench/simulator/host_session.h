// HostSession: the host's side of the attestation protocol, for one simulated host: what it sends
// when its time has come, and what it makes of each answer (transport/README.md, "Attestation").
//
// Pure logic, but for signing: no sockets, no clock; time is an argument, in microseconds of any
// steady clock. Verdicts are compared with what the plan expects. Not for sharing between threads.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "bench/simulator/fleet_host.h"
#include "bench/simulator/tally.h"
#include "engine/evidence/receipt.h"
#include "transport/wire/message.h"

namespace quotemill::bench {

class HostSession {
 public:
  using Messages = std::vector<transport::MessageBody>;

  // `plan` is borrowed.
  HostSession(FleetHost host, const Plan& plan) : host_(std::move(host)), plan_(plan) {}

  [[nodiscard]] FleetHost& host() { return host_; }

  // Asks for a challenge and does not answer it: afterwards the next sequence is known.
  Messages look();

  // Signs the next `count` quotes, for the nonces that the daemon will give out under `key`.
  // REQUIRES: look() was answered
  void sign_ahead(const EpochKey& key, unsigned count);

  // Whether it has signed ahead, and all of that is used up.
  [[nodiscard]] bool is_used_up() const;

  // Begins an attestation, whose latency counts from `due_us`; 0: from sending the evidence.
  // REQUIRES: is_idle()
  Messages begin(std::uint64_t due_us, std::uint64_t now_us);

  // What came, and what to send then. Counts into `tally`.
  Messages receive(const transport::Message& message, std::uint64_t now_us, Tally& tally);

  // Of the attestation that begins next, or goes on.
  [[nodiscard]] std::uint64_t next_sequence() const { return last_ + 1; }

  // What the attestation is that begins next, or goes on.
  [[nodiscard]] Action next_action() const { return plan_.action(host_.number(), next_sequence()); }

  // The evidence that was sent last, to be sent again; empty if there is none.
  [[nodiscard]] const Bytes& item() const { return item_; }

  // Nothing is asked, nothing is awaited.
  [[nodiscard]] bool is_idle() const { return step_ == Step::kIdle; }

  // When something is to be sent that was put off, or an answer is overdue.
  [[nodiscard]] std::uint64_t wake_us() const { return wake_us_; }

  // REQUIRES: that time has come
  Messages wake(std::uint64_t now_us, Tally& tally);

  // Something was sent now: the answer is due within ten seconds.
  void note_sent(std::uint64_t now_us);

 private:
  enum class Step : std::uint8_t { kIdle, kLook, kChallenge, kReplay, kReceipt };

  Messages hello();
  Messages answer(const transport::ChallengeMessage& challenge, std::uint64_t now_us, Tally& tally);
  Messages judged(const Receipt& receipt, std::uint64_t now_us, Tally& tally);
  Messages refused(const transport::ErrorMessage& error, std::uint64_t now_us, Tally& tally);
  Messages log(std::uint64_t sequence, Tally& tally) const;
  Messages evidence(Bytes item);
  [[nodiscard]] Bytes sign(std::uint64_t sequence, NonceKind kind, const Nonce& nonce,
                           std::uint64_t now_us);
  [[nodiscard]] std::optional<Bytes> signed_ahead(const Nonce& nonce) const;
  [[nodiscard]] bool is_again(const Receipt& receipt) const;
  [[nodiscard]] bool is_slow(std::uint64_t now_us) const;
  [[nodiscard]] bool has_waited(std::uint64_t now_us) const;
  [[nodiscard]] bool may_have_crossed() const;
  void check(const Receipt& receipt, Tally& tally) const;
  void know(const transport::ChallengeMessage& challenge, std::uint64_t now_us, Tally& tally);

  FleetHost host_;
  const Plan& plan_;
  Step step_ = Step::kIdle;
  bool is_known_ = false;         // the first sequence is
  std::uint64_t known_us_ = 0;    // since then
  std::uint64_t last_ = 0;        // receipt
  std::optional<Nonce> nonce_;    // for the next one
  bool was_interactive_ = false;  // the nonce that is being answered
  Nonce answering_{};             // of the last challenge
  std::uint64_t due_us_ = 0;
  std::uint64_t sent_us_ = 0;
  std::uint64_t wake_us_ = UINT64_MAX;
  bool is_put_off_ = false;   // BUSY: the same again at wake_us_
  bool was_put_off_ = false;  // the evidence, at least once
  Bytes item_;                // that is being judged, or was last
  std::uint64_t item_sequence_ = 0;
  std::uint64_t started_us_ = 0;     // when it was first sent
  Bytes older_item_;                 // of a sequence before that
  std::set<std::uint64_t> resent_;   // sequences whose evidence was sent again
  std::uint64_t greeted_again_ = 0;  // the last sequence that was asked for more than once
  std::uint64_t log_sequence_ = 0;   // of the last log that was sent
  std::uint64_t first_ahead_ = 0;    // 0: nothing was signed ahead
  std::vector<std::pair<Nonce, Bytes>> ahead_;
};

}  // namespace quotemill::bench
