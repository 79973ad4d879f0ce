#include "transport/server/evidence_server.h"

#include <algorithm>
#include <chrono>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>
#include <utility>

#include <sys/eventfd.h>

#include "engine/crypto/random.h"
#include "engine/pipeline/counters.h"
#include "transport/wire/carry.h"
#include "transport/wire/log_proof.h"

namespace quotemill::transport {
namespace {

constexpr int kTickMs = 100;
// Until answers that found a gateway's connection full are tried again.
constexpr int kFullMs = 1;
// Hosts' frames taken in one turn, so that replies and time get theirs under load.
constexpr int kFramesPerTurn = 256;
constexpr std::chrono::seconds kChallengeWait{2};

Result<Nonce> random_nonce() {
  const Result<Bytes> bytes = random_bytes(std::tuple_size_v<Nonce>);
  if (!bytes) {
    return bytes.error();
  }
  Nonce nonce{};
  std::copy(bytes->begin(), bytes->end(), nonce.begin());
  return nonce;
}

}  // namespace

Result<std::unique_ptr<EvidenceServer>> EvidenceServer::create(const EvidenceServerParts& parts,
                                                               EvidenceServerOptions options) {
  const int wake_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_fd < 0) {
    return Error{ErrorCode::kIo, "evidence server", 0, "eventfd"};
  }
  std::unique_ptr<EvidenceServer> server(new EvidenceServer(parts, std::move(options), wake_fd));
  if (Result<void> opened = server->open_socket(server->options_.endpoint); !opened) {
    return opened.error();
  }
  server->endpoint_ = server->socket_->endpoint();
  return server;
}

EvidenceServer::EvidenceServer(const EvidenceServerParts& parts, EvidenceServerOptions options,
                               int wake_fd)
    : parts_(parts),
      options_(std::move(options)),
      wake_fd_(wake_fd),
      log_(options_.log),
      gateways_(options_.gateways),
      sessions_(session_parts(), options_.challenges),
      guard_(options_.memory_bytes_max),
      punctuality_(parts_.clock.now()) {}

SessionParts EvidenceServer::session_parts() {
  const CurveKeyPair& ours = options_.key;
  SessionParts parts{parts_.hosts, parts_.nonces,   parts_.inbox, counters_,
                     log_,         ours.public_key, random_nonce, options_.on_store_behind};
  parts.may_carry = [this](GatewayNumber gateway, const HostRecord& host) {
    return gateways_.may_carry(gateway, host.name);
  };
  parts.log_proof_key = [&ours](const CurveKey& host) {
    return transport::log_proof_key(ours.secret_key, host, host, ours.public_key);
  };
  return parts;
}

EvidenceServer::~EvidenceServer() {
  stop();
  ::close(wake_fd_);
}

Result<void> EvidenceServer::open_socket(const std::string& endpoint) {
  SocketOptions options;
  options.type = SocketType::kRouter;
  options.curve = CurveServer{options_.key.secret_key, options_.zap_domain};
  Result<Socket> socket = Socket::create(parts_.context, options);
  if (!socket) {
    return socket.error();
  }
  if (Result<void> bound = socket->bind(endpoint); !bound) {
    return bound.error();
  }
  socket_.emplace(*std::move(socket));
  punctuality_.note_opened(parts_.clock.now());
  malformed_told_ = 0;
  return {};
}

void EvidenceServer::start() {
  const std::lock_guard lock(mutex_);
  running_ = true;
  thread_ = std::thread([this] { run(); });
}

void EvidenceServer::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(wake_fd_, &one, sizeof one);
}

void EvidenceServer::deliver(std::vector<Reply> replies) {
  {
    const std::lock_guard lock(mutex_);
    std::vector<Reply>& queue = requests_.replies;
    queue.insert(queue.end(), std::make_move_iterator(replies.begin()),
                 std::make_move_iterator(replies.end()));
  }
  wake();
}

std::vector<HostUid> EvidenceServer::challenge_now(std::vector<HostUid> hosts) {
  ChallengeRequest request{std::move(hosts), {}};
  std::future<std::vector<HostUid>> answer = request.answer.get_future();
  {
    const std::lock_guard lock(mutex_);
    if (!running_) {
      return {};
    }
    requests_.challenges.push_back(std::move(request));
  }
  wake();
  if (answer.wait_for(kChallengeWait) != std::future_status::ready) {
    return {};
  }
  return answer.get();
}

void EvidenceServer::refuse_evidence(std::int64_t timeout_ms) {
  std::unique_lock lock(mutex_);
  requests_.refuse_new = true;
  wake();
  drained_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                    [this] { return !running_ || refusing_; });
}

void EvidenceServer::drain(std::int64_t timeout_ms) {
  {
    std::unique_lock lock(mutex_);
    requests_.refuse_new = true;
    wake();
    drained_.wait_for(lock, std::chrono::milliseconds(timeout_ms), [this] {
      return !running_ || (refusing_ && in_flight_ == 0 && requests_.replies.empty());
    });
  }
  stop();
}

void EvidenceServer::stop() {
  {
    const std::lock_guard lock(mutex_);
    requests_.stop = true;
  }
  wake();
  if (thread_.joinable()) {
    thread_.join();
  }
  socket_.reset();
}

void EvidenceServer::run() {
  while (true) {
    wait_for_work();
    if (!handle_requests()) {
      flush_gateways();
      break;
    }
    receive_some();
    handle_time();
    flush_gateways();
  }
  {
    const std::lock_guard lock(mutex_);
    running_ = false;
    for (ChallengeRequest& request : requests_.challenges) {
      request.answer.set_value({});
    }
    requests_.challenges.clear();
  }
  drained_.notify_all();
}

void EvidenceServer::wait_for_work() {
  bool is_woken = false;
  if (socket_) {
    is_woken = wait(*socket_, wake_fd_, gateways_.is_waiting() ? kFullMs : kTickMs).wake;
  } else {
    pollfd item{wake_fd_, POLLIN, 0};
    is_woken = ::poll(&item, 1, kTickMs) > 0;
  }
  std::uint64_t woken = 0;
  if (is_woken) {
    [[maybe_unused]] const ssize_t read = ::read(wake_fd_, &woken, sizeof woken);
  }
}

// False when the thread is to end, after the replies that were there have been sent.
bool EvidenceServer::handle_requests() {
  Requests requests;
  {
    const std::lock_guard lock(mutex_);
    requests.replies.swap(requests_.replies);
    requests.challenges.swap(requests_.challenges);
    requests.refuse_new = requests_.refuse_new && !refusing_;
    requests.stop = requests_.stop;
  }
  const Moment now = parts_.clock.now();
  if (requests.refuse_new) {
    send_all(sessions_.refuse_new());
  }
  if (!requests.replies.empty()) {
    send_all(sessions_.deliver(std::move(requests.replies), now));
  }
  for (ChallengeRequest& request : requests.challenges) {
    challenge(request);
  }
  {
    const std::lock_guard lock(mutex_);
    refusing_ = refusing_ || requests.refuse_new;
    in_flight_ = sessions_.in_flight();
  }
  drained_.notify_all();
  return !requests.stop;
}

void EvidenceServer::challenge(ChallengeRequest& request) {
  const Moment now = parts_.clock.now();
  std::vector<HostUid> reached;
  for (const HostUid& host : request.hosts) {
    std::vector<Outgoing> outgoing = sessions_.challenge_now(host, now);
    // Nothing to send to a connected host: its challenge follows a receipt.
    const bool sent = std::all_of(outgoing.begin(), outgoing.end(),
                                  [this](Outgoing& one) { return send(std::move(one)); });
    if (sent && sessions_.is_connected(host)) {
      reached.push_back(host);
    }
  }
  request.answer.set_value(std::move(reached));
}

void EvidenceServer::receive_some() {
  for (int frames = 0; socket_ && frames < kFramesPerTurn;) {
    const std::optional<Received> received = socket_->receive();
    if (!received) {
      if (!socket_->pending()) {
        punctuality_.note_empty();
        break;
      }
      ++frames;
      continue;
    }
    frames += take(*received);
  }
  if (socket_ && socket_->malformed() > malformed_told_) {
    count(counters_.frames, socket_->malformed() - malformed_told_);
    malformed_told_ = socket_->malformed();
  }
}

// How many hosts' frames it was worth.
int EvidenceServer::take(const Received& received) {
  if (!received.user) {
    count(counters_.unattributed);
    return 1;
  }
  if (const std::optional<GatewayNumber> gateway = gateways_.find(*received.user)) {
    return take_carried(*gateway, received);
  }
  send_all(sessions_.receive(*received.user, received.route, received.payload,
                             punctuality_.note_read(parts_.clock.now())));
  return 1;
}

int EvidenceServer::take_carried(GatewayNumber gateway, const Received& received) {
  const Moment now = parts_.clock.now();
  GatewayCounters& counters = gateways_.counters(gateway);
  gateways_.note_route(gateway, received.route);
  count(counters.messages_in);
  const Result<std::vector<CarriedFrame>> items = open_carry(received.payload, Role::kGateway);
  if (!items) {
    count(counters.malformed);
    count(counters_.malformed);
    log_.write(LogCause::kMalformed, "",
               "gateway " + gateways_.name(gateway) + ": " + items.error().to_string(),
               now.boot.ms);
    send({std::nullopt,
          {received.route, {}},
          encode_reply(correlation_of(received.payload),
                       ErrorMessage{items.error().code, items.error().to_string(), {}})});
    return 1;
  }
  count(counters.frames_in, items->size());
  const Arrival arrival = punctuality_.note_read(now);
  for (const CarriedFrame& item : *items) {
    send_all(sessions_.receive_carried(gateway, item.host, item.frame, arrival));
  }
  return static_cast<int>(items->size());
}

void EvidenceServer::handle_time() {
  const Moment now = parts_.clock.now();
  punctuality_.note(now);
  if (now.boot.ms - ticked_.ms < kTickMs) {
    return;
  }
  ticked_ = now.boot;
  send_all(sessions_.tick(now));
  guard_memory(now);
  if (!socket_) {
    // The port is free again only when libzmq's threads have closed the old listener.
    if (Result<void> opened = open_socket(endpoint_); !opened) {
      log_.write(LogCause::kInternal, "", opened.error().to_string(), now.boot.ms);
    }
  }
}

void EvidenceServer::guard_memory(Moment now) {
  const std::size_t resident = resident_bytes();
  if (!guard_.must_reopen(resident, now.boot)) {
    return;
  }
  count(counters_.socket_reopened);
  log_.write(LogCause::kMemory, "",
             std::to_string(resident >> 20U) +
                 " MiB resident, over the bound: the attestation socket is reopened",
             now.boot.ms);
  socket_.reset();
  gateways_.forget_routes();
  sessions_.forget_routes();
  ::malloc_trim(0);
}

bool EvidenceServer::send(Outgoing outgoing) {
  if (outgoing.route.gateway) {
    return gateways_.put(*outgoing.route.gateway, outgoing.key, std::move(outgoing.frame));
  }
  const SendOutcome outcome = send_message(outgoing.route.id, outgoing.frame);
  if (outcome != SendOutcome::kSent && outcome != SendOutcome::kFull && outgoing.host) {
    sessions_.forget_route(*outgoing.host, outgoing.route);
  }
  return outcome == SendOutcome::kSent;
}

SendOutcome EvidenceServer::send_message(const RouteId& route, ByteView message) {
  const SendOutcome outcome =
      socket_ ? socket_->send_to(route, message) : SendOutcome::kUnreachable;
  switch (outcome) {
    case SendOutcome::kSent:
      count(counters_.messages_out);
      break;
    case SendOutcome::kFull:
      count(counters_.send_full);
      break;
    case SendOutcome::kUnreachable:
      count(counters_.send_unreachable);
      break;
    case SendOutcome::kFailed:
      count(counters_.send_failed);
      break;
  }
  return outcome;
}

void EvidenceServer::send_all(std::vector<Outgoing> outgoing) {
  for (Outgoing& one : outgoing) {
    send(std::move(one));
  }
}

void EvidenceServer::flush_gateways() {
  const std::vector<GatewayNumber> lost = gateways_.flush(
      [this](const RouteId& route, ByteView message) { return send_message(route, message); });
  for (const GatewayNumber gateway : lost) {
    sessions_.forget_gateway(gateway);
  }
}

}  // namespace quotemill::transport
