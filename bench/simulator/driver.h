// Driver: the hosts of one process, each with its own connection, against a daemon.
//
//   connect()    every host asks for its sequence, some at a time
//   sign_ahead() what the daemon will ask for, if its nonce keys are known
//   warm_up()    one attestation each, judged like all others
//   measure()    at full speed, or at a given rate
//
// What some hosts do beside attesting (floods, slow reading, storms of connections) is done here;
// their attestation is over when that is, too.
//
// One thread owns the sockets; libzmq's I/O thread does the cryptography of the channels. Signing
// ahead uses all processors.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/simulator/host_session.h"
#include "bench/simulator/storm.h"
#include "engine/base/result.h"
#include "transport/socket/context.h"
#include "transport/socket/socket.h"
#include "transport/socket/socket_poll.h"

namespace quotemill::bench {

struct RunSettings {
  FleetSettings fleet;
  std::string endpoint;
  std::optional<CurveKey> gateway_key;  // the endpoint is that of a gateway with this key
  int daemon_pid = 0;                   // whose processor time is measured; 0: nobody's
  std::uint32_t first_host = 0;
  std::uint32_t hosts = 1;
  std::uint32_t seconds = 10;
  double rate = 0;  // attestations/s of these hosts together; 0: closed loop
  std::string
      nonce_keys;  // the daemon's file; empty: all quotes are signed when they are asked for
  std::uint32_t ahead = 0;  // quotes that each host signs ahead
};

// Evidence that is sent many times.
struct Burst {
  std::uint64_t sequence = 0;
  bool is_unread = false;         // no answer is read until the end
  std::uint32_t copies_left = 0;  // to be sent
  std::uint64_t end_us = 0;       // 0: none goes on
};

class Driver {
 public:
  // `plan` is borrowed.
  static Result<std::unique_ptr<Driver>> create(const RunSettings& settings, const Plan& plan);

  Result<void> connect();
  Result<void> sign_ahead();
  Result<void> warm_up();
  Tally measure();

 private:
  struct Peer {
    HostSession session;
    std::unique_ptr<transport::Socket> socket;  // null before it is connected
    std::uint64_t due_us = 0;                   // open loop: it should have begun then
    bool is_busy = false;                       // an attestation is not over
    std::uint32_t receipts = 0;                 // within the measured time
    Burst burst = {};
    std::uint64_t correlation = 0;  // of the session's last message
    std::deque<Bytes> unsent = {};  // while the connection is full
  };

  // What becomes of a host whose attestation is over.
  enum class Next : std::uint8_t { kRests, kBeginsAgain, kBeginsWhenDue };

  Driver(const RunSettings& settings, std::unique_ptr<transport::Context> context,
         transport::SocketPoll poll);

  Result<void> open(Peer& peer, std::size_t index);
  Result<void> bring_all(bool is_look);
  void serve(int timeout_ms);
  void drain(std::size_t index);
  bool send_frame(Peer& peer, const Bytes& frame);
  bool flush(Peer& peer);
  void send(Peer& peer, const HostSession::Messages& messages);
  static bool answers_copy(const Peer& peer, const transport::Message& message);
  void begin_burst(Peer& peer);
  void send_copies(Peer& peer);
  void serve_bursts(std::uint64_t now_us);
  void serve_full();
  void settle(Peer& peer);
  void wake_overdue(std::uint64_t now_us);
  void after(Peer& peer);
  void begin_due(std::uint64_t now_us, std::uint64_t end_us);
  void begin(Peer& peer, std::uint64_t due_us);
  [[nodiscard]] transport::CurveClient channel_of(Peer& peer) const;
  [[nodiscard]] std::size_t index_of(const Peer& peer) const;

  const RunSettings settings_;
  std::unique_ptr<transport::Context> context_;
  transport::SocketPoll poll_;
  std::vector<Peer> peers_;
  std::vector<std::size_t> bursts_;  // peers with one that goes on
  std::vector<std::size_t> full_;    // peers with something unsent
  Storm storm_;
  Tally tally_;
  Next next_ = Next::kRests;
  std::uint64_t correlation_ = 0;
  std::uint64_t woken_us_ = 0;
  std::size_t busy_ = 0;  // hosts whose attestation is not over
  std::size_t used_up_ = 0;
  std::uint64_t begun_us_ = 0;   // open loop: of the schedule
  std::uint64_t scheduled_ = 0;  // open loop: attestations that were due so far
};

}  // namespace quotemill::bench
