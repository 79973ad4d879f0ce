// SessionTable: the attestation protocol of DESIGN, section 5, as seen from the server: what each
// host was asked, what it sent, and what it is answered.
//
// Pure logic: no sockets, no clock, no threads; time is an argument, so that every rule has a test.
// The evidence server's thread owns it, feeds it frames and the pipeline's replies, and sends what
// it returns. Per host there is at most one open challenge and one exchange (evidence accepted and
// not yet answered); all of it is in memory only, and an agent resends what was lost with it.
//
//   HELLO ----> CHALLENGE          a random nonce; voids an older one, unless that is so young that
//                                  it is sent again
//   EVIDENCE -> Inbox -> RECEIPT   judged and durable
//                     -> NEED      parked until LOGS are complete, then the Inbox again; or
//                                  need_timeout_ms passes: the Inbox with `log.withheld`
//
// What cannot be attributed to a host's open challenge is an ERROR to the sender and a counter, and
// changes nothing (DESIGN, section 6, rule b). That is all that a gateway can bring about by
// itself: frames that one carries are the host's only as far as the host's own keys prove them.
//
// Sources: session_table.cc (channels, replies, time), session_carried.cc (gateways),
// session_challenge.cc, session_evidence.cc.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/evidence/challenge.h"
#include "engine/evidence/evidence.h"
#include "engine/pipeline/host_table.h"
#include "engine/pipeline/inbox.h"
#include "engine/pipeline/nonce_authority.h"
#include "engine/ports/reply_sink.h"
#include "transport/server/counters.h"
#include "transport/server/log_transfer.h"
#include "transport/server/punctuality.h"
#include "transport/server/route.h"
#include "transport/server/server_log.h"
#include "transport/server/waiting_line.h"
#include "transport/socket/rate_limiter.h"
#include "transport/socket/socket.h"
#include "transport/wire/message.h"

namespace quotemill::transport {

// What is asked of hosts, and how long they have.
struct ChallengePolicy {
  // What a host must quote; never empty.
  std::function<std::vector<PcrSelection>(const Host&)> selections;
  std::int64_t valid_ms = 60'000;
  std::int64_t need_timeout_ms = 30'000;
  // Told with BUSY: as long as it takes when the inbox is full (waiting_line.h), within these; the
  // first for all else. Well below valid_ms, so that a challenge lasts for some more attempts.
  std::uint32_t retry_after_ms = 1'000;
  std::uint32_t retry_after_ms_max = 20'000;
};

// All borrowed; they outlive the table.
struct SessionParts {
  const HostTable& hosts;
  const NonceAuthority& nonces;
  Inbox& inbox;
  ServerCounters& counters;
  ServerLog& log;
  CurveKey server_key{};
  // 32 random bytes, from the system's source.
  std::function<Result<Nonce>()> fresh_nonce;
  // A host proved that it was given a receipt with a higher number than the store's last: the store
  // lost something. Once in the table's life. May be empty.
  std::function<void(const Host&, std::uint64_t theirs, std::uint64_t ours)> on_store_behind;
  // Whether this gateway may carry for this host. Empty: none may.
  std::function<bool(GatewayNumber, const HostRecord&)> may_carry = {};
  // The key of the host's log proofs (transport/wire/log_proof.h). Empty: gateways carry no logs.
  std::function<Result<Digest>(const CurveKey& host)> log_proof_key = {};
};

// A frame to send.
struct Outgoing {
  std::optional<HostUid> host;  // none: the sender is not known
  Route route;
  Bytes frame;
  CurveKey key{};  // whose it is, for a gateway
};

class SessionTable {
 public:
  SessionTable(const SessionParts& parts, ChallengePolicy policy);

  // One frame from the peer that proved `key` in its handshake, over `route`.
  std::vector<Outgoing> receive(const CurveKey& key, const RouteId& route, ByteView frame,
                                const Arrival& arrival);

  // One frame that a gateway carries for the host that proved `key` to it.
  std::vector<Outgoing> receive_carried(GatewayNumber gateway, const CurveKey& key, ByteView frame,
                                        const Arrival& arrival);

  // Answers of the pipeline.
  std::vector<Outgoing> deliver(std::vector<Reply> replies, Moment now);

  // A challenge that the host did not ask for (re-attest now). If its evidence is being judged, the
  // challenge follows the receipt. Nothing to send if it is not connected.
  std::vector<Outgoing> challenge_now(const HostUid& host, Moment now);

  // Whether something was received from the host over a route that is not known to be gone.
  [[nodiscard]] bool is_connected(const HostUid& host) const;

  // What time alone brings: logs that did not come, submissions that found the inbox full. Call
  // every 100 ms or so.
  std::vector<Outgoing> tick(Moment now);

  // A send to this route failed: it is gone.
  void forget_route(const HostUid& host, const Route& route);
  // This gateway's connection is gone.
  void forget_gateway(GatewayNumber gateway);
  // The socket was reopened: all are gone.
  void forget_routes();

  // From now on every evidence is answered BUSY; what waits for a log is given back to its host.
  std::vector<Outgoing> refuse_new();

  // Exchanges that the pipeline has not answered yet.
  [[nodiscard]] std::size_t in_flight() const { return in_flight_; }

  [[nodiscard]] std::size_t size() const { return sessions_.size(); }

  [[nodiscard]] const LogBudget& log_budget() const { return budget_; }

 private:
  // Evidence accepted from a host and not yet answered.
  struct Exchange {
    enum class Phase : std::uint8_t {
      kJudging,   // in the inbox or the pipeline
      kNeedsLog,  // NEED was sent
      kQueued,    // back to the inbox as soon as it has room
    };

    Phase phase = Phase::kJudging;
    Bytes item;
    Challenge challenge;
    Moment received;
    BootTime waiting_since;
    std::uint64_t correlation = 0;
    BootId boot_id{};
    LogNeed need;  // kNeedsLog: which are still to come
    BootTime log_deadline;
    std::unique_ptr<LogTransfer> transfer;  // of the one that was asked for
    Bytes boot_log;                         // complete
    std::optional<std::uint64_t> runtime_from;
    Bytes runtime_list;  // complete, if runtime_from is set
    // The room in the budget of what is complete, until the inbox has it.
    std::vector<std::unique_ptr<LogTransfer>> complete;
    bool logs_given = false;              // it has been to the inbox with what was needed
    std::optional<FindingCode> foregone;  // kQueued: log.withheld
    bool carried = false;                 // it came through a gateway, when it last came
    std::optional<Digest> log_key;        // of its log proofs, once one was looked at
  };

  struct Session {
    std::uint32_t generation = 0;
    // HELLO or challenge_now() during an exchange: challenge when it is over.
    bool challenge_wanted = false;
    // Its last evidence found the inbox full: the next one comes before that of others.
    WaitingLine::Place place;
    bool claim_told = false;
    // At most two live routes a key: newest first. Replies go to the newest.
    std::array<Route, 2> routes;
    TokenBucket route_changes;
    BootTime last_seen;
    std::optional<Challenge> open;  // interactive
    // Challenges that a newer one voided. A quote that answers one of them was late, or crossed
    // the newer on its way: an ERROR, not a failed verdict.
    std::vector<Challenge> voided;
    // Of what was refused last, on the host's own channel, as no answer to an open challenge;
    // mostly null. It may answer one of the server that was here before a restart, and comes more
    // than once then: its copies answer the challenge that it was refused with no more than it did.
    std::unique_ptr<const Digest> refused;
    std::unique_ptr<Exchange> exchange;
    std::uint64_t wanted_correlation = 0;
    // Evidence for this sequence, perhaps the very same that comes now, came then, and no verdict
    // came of it: BUSY, or a fault of ours.
    std::uint64_t put_off_sequence = 0;
    BootTime put_off_since;
  };

  // One call's worth of context. `session` is of `host`.
  struct Turn {
    const Host& host;
    Session& session;
    std::uint64_t correlation;
    Moment now;
    std::vector<Outgoing>& out;
    bool carried = false;  // what is answered came through a gateway
    Arrival arrival{};     // of what is answered
  };

  // session_table.cc
  std::vector<Outgoing> take(const CurveKey& key, const Route& route, ByteView frame,
                             const Arrival& arrival);
  Session& session_of(const Host& host, Moment now);
  static void drop_route(Session& session, const Route& route);
  bool note_route(Session& session, const Route& route, Moment now);
  void dispatch(Turn& turn, MessageBody& body);
  void send(Turn& turn, MessageBody body);
  void send_error(Turn& turn, ErrorCode code, std::string text);
  void refuse(Turn& turn, LogCause cause, ErrorCode code, std::string text);
  void send_busy(Turn& turn);
  void answer(Turn& turn, Reply& reply);
  void answer_error(Turn& turn, const Error& error);
  void end_exchange(Session& session, const HostUid& uid);
  void finish_exchange(Turn& turn);
  [[nodiscard]] std::vector<HostUid> longest_waiting_first() const;
  void requeue(Turn& turn);
  void sweep(Moment now);

  // session_carried.cc
  bool is_listed(const Host& host, const CurveKey& key, const Route& route, ByteView frame,
                 Moment now, std::vector<Outgoing>& out);
  static bool disturbs(const Session& session, const Result<Message>& message);
  bool is_proven(Turn& turn, const LogsMessage& message);
  void answer_unproven(Turn& turn, const Error& error);
  void give_up_carried(Turn& turn);

  // session_challenge.cc
  void hello(Turn& turn, const HelloMessage& message);
  void note_claim(Turn& turn, std::uint64_t last_receipt);
  void check_store(Turn& turn, const Evidence& evidence);
  void offer_challenge(Turn& turn);
  void send_expired(Turn& turn, std::string why = "answers no open challenge");
  Result<ChallengeMessage> open_or_fresh(Turn& turn);
  static void forget_voided(Turn& turn);
  Result<void> make_challenge(Turn& turn);
  std::optional<Challenge> preissued(const Turn& turn) const;
  std::optional<Challenge> current_challenge(const Turn& turn) const;
  [[nodiscard]] bool answers_one_of(const Turn& turn, const Evidence& evidence,
                                    std::span<const Nonce> nonces) const;
  bool answers_voided(const Turn& turn, const Evidence& evidence) const;

  // session_evidence.cc
  void evidence(Turn& turn, EvidenceMessage& message);
  void item(Turn& turn, Bytes item);
  bool is_full(Turn& turn, std::size_t bytes);
  bool is_repeated(Turn& turn, const Bytes& item);
  void put_off(Turn& turn, std::uint64_t sequence, BootTime since);
  static void note_put_off(Session& session, std::uint64_t sequence, BootTime since);
  static BootTime waiting_since(const Turn& turn, const Challenge& challenge);
  static bool is_refused(const Turn& turn, const Bytes& item);
  static bool is_last_judged(const Turn& turn, const Bytes& item, const Evidence* evidence);
  void give_up_lost(Turn& turn);
  void judge_item(Turn& turn, Bytes item, const Evidence* evidence);
  void accept(Turn& turn, Bytes item, const Challenge& challenge,
              std::optional<FindingCode> foregone, const BootId& boot_id);
  void need_logs(Turn& turn, const LogNeed& need);
  bool ask_for_next_log(Turn& turn);
  void send_need(Turn& turn);
  void take_log(Turn& turn, Bytes log);
  void logs(Turn& turn, const LogsMessage& message);
  Submission submission_of(const Turn& turn) const;

  SessionParts parts_;
  ChallengePolicy policy_;
  LogBudget budget_;
  WaitingLine line_;
  std::unordered_map<HostUid, Session> sessions_;
  std::set<HostUid> waiting_;  // exchanges that tick() looks at: kNeedsLog and kQueued
  std::size_t in_flight_ = 0;
  bool refusing_ = false;
  bool store_behind_told_ = false;
  BootTime swept_;
};

}  // namespace quotemill::transport
