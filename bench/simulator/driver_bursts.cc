// Driver: evidence that is sent again and again.
#include "bench/simulator/driver.h"
#include "bench/simulator/steady_time.h"

namespace quotemill::bench {
namespace {

constexpr std::uint32_t kCopies = 100;
constexpr std::uint64_t kFloodUs = 1'000'000;   // at most; a server may take less than comes
constexpr std::uint64_t kUnreadUs = 2'000'000;  // less than a host's patience

}  // namespace

// Evidence was sent: if it is to be sent many times, that begins.
void Driver::begin_burst(Peer& peer) {
  const Action action = peer.session.next_action();
  const std::uint64_t sequence = peer.session.next_sequence();
  if (!is_burst(action) || peer.burst.sequence == sequence) {
    return;
  }
  const bool is_unread = action == Action::kSlowReader;
  peer.burst = {sequence, is_unread, kCopies, now_us() + (is_unread ? kUnreadUs : kFloodUs)};
  bursts_.push_back(index_of(peer));
}

// As many as the connection takes now.
void Driver::send_copies(Peer& peer) {
  Burst& burst = peer.burst;
  if (burst.copies_left == 0 || !flush(peer)) {
    return;
  }
  const transport::MessageBody copy = transport::EvidenceMessage{{peer.session.item()}};
  while (
      burst.copies_left != 0 &&
      send_frame(peer, transport::encode_message({transport::Role::kHost, ++correlation_, copy}))) {
    --burst.copies_left;
    ++(burst.is_unread ? tally_.unread_messages : tally_.flood_messages);
  }
}

void Driver::serve_bursts(std::uint64_t now) {
  for (std::size_t i = 0; i < bursts_.size();) {
    Peer& peer = peers_[bursts_[i]];
    send_copies(peer);
    drain(index_of(peer));
    const bool is_sent = peer.burst.copies_left == 0 && !peer.burst.is_unread;
    if (!is_sent && now < peer.burst.end_us) {
      ++i;
      continue;
    }
    peer.burst.copies_left = 0;
    peer.burst.end_us = 0;
    bursts_[i] = bursts_.back();
    bursts_.pop_back();
    settle(peer);
    drain(index_of(peer));
  }
}

// Whether it is the BUSY for evidence that was sent once more, which nobody waits for.
bool Driver::answers_copy(const Peer& peer, const transport::Message& message) {
  return std::holds_alternative<transport::BusyMessage>(message.body) &&
         message.correlation != peer.correlation;
}

}  // namespace quotemill::bench
