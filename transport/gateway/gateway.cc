#include "transport/gateway/gateway.h"

#include <algorithm>
#include <chrono>
#include <malloc.h>
#include <utility>

#include "transport/limits.h"
#include "transport/wire/limits.h"
#include "transport/wire/message.h"

namespace quotemill::transport {
namespace {

using std::chrono::steady_clock;

constexpr const char* kDomain = "gateway";
constexpr int kTickMs = 100;
constexpr int kPerTurn = 256;  // messages of one side before the other has its turn
constexpr std::size_t kQueueFramesMax =
    limits::kGatewayMessagesWaitingMax * limits::kCarriedItemsMax;
constexpr std::size_t kQueueBytesMax = limits::kGatewayMessagesWaitingMax * kCarriedBytesMax;
constexpr int kServerQueue = 64;  // messages from the server: many answers come at once

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             steady_clock::now().time_since_epoch())
      .count();
}

std::int64_t now_ms() {
  return now_us() / 1'000;
}

void count(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

// Whether the frame is one that a host may send to a server.
Result<void> check(ByteView frame) {
  const Result<OpenedFrame> opened = open_frame(frame);
  if (!opened) {
    return opened.error();
  }
  const Kind kind = opened->envelope.kind;
  const bool is_hosts = kind == Kind::kHello || kind == Kind::kEvidence || kind == Kind::kLogs;
  if (opened->envelope.role != Role::kHost || !is_hosts) {
    return Error{ErrorCode::kUnsupported, "gateway", 0, {}};
  }
  return {};
}

bool is_denial(ByteView frame) {
  const Result<OpenedFrame> opened = open_frame(frame);
  if (!opened || opened->envelope.kind != Kind::kError) {
    return false;
  }
  const Result<Message> message = decode_message(frame);
  const auto* error = message ? std::get_if<ErrorMessage>(&message->body) : nullptr;
  return error != nullptr && error->code == ErrorCode::kDenied;
}

}  // namespace

Result<std::unique_ptr<Gateway>> Gateway::open(Context& context, GatewaySettings settings) {
  std::unique_ptr<Gateway> gateway(new Gateway(context, std::move(settings)));
  ZapDomain domain{
      .admits = [raw = gateway.get()](
                    const CurveKey& key) { return !raw->routes_.is_denied(key, now_ms()); },
      .handshakes = gateway->settings_.handshakes,
      .rate_by = RateBy::kAddress};
  Result<std::unique_ptr<ZapHandler>> zap =
      ZapHandler::start(context, {{kDomain, std::move(domain)}});
  if (!zap) {
    return zap.error();
  }
  gateway->zap_ = *std::move(zap);
  if (Result<void> opened = gateway->open_front(); !opened) {
    return opened.error();
  }
  if (Result<void> opened = gateway->open_back(); !opened) {
    return opened.error();
  }
  gateway->settings_.listen = gateway->front_->endpoint();
  return gateway;
}

Gateway::Gateway(Context& context, GatewaySettings settings)
    : context_(context),
      settings_(std::move(settings)),
      log_(settings_.log),
      guard_(settings_.memory_bytes_max),
      queue_(Role::kGateway, kQueueFramesMax, kQueueBytesMax) {}

Result<void> Gateway::open_front() {
  SocketOptions options;
  options.type = SocketType::kRouter;
  options.curve = CurveServer{settings_.key.secret_key, kDomain};
  Result<Socket> socket = Socket::create(context_, options);
  if (!socket) {
    return socket.error();
  }
  if (Result<void> bound = socket->bind(settings_.listen); !bound) {
    return bound;
  }
  front_.emplace(*std::move(socket));
  return {};
}

Result<void> Gateway::open_back() {
  SocketOptions options;
  options.type = SocketType::kDealer;
  options.curve = CurveClient{settings_.key, settings_.server_key};
  options.receive_queue = kServerQueue;
  Result<Socket> socket = Socket::create(context_, options);
  if (!socket) {
    return socket.error();
  }
  if (Result<void> connected = socket->connect(settings_.server); !connected) {
    return connected;
  }
  back_.emplace(*std::move(socket));
  return {};
}

void Gateway::run(int stop_fd) {
  while (!wait_for_work(stop_fd)) {
    from_server();
    to_server();
    from_hosts();
    guard_memory();
  }
}

// Whether to stop.
bool Gateway::wait_for_work(int stop_fd) {
  const bool takes_more = front_ && !is_blocked_;
  const int timeout_ms = queue_.is_empty() ? kTickMs : 1;
  return wait(takes_more ? &*front_ : nullptr, *back_, stop_fd, timeout_ms).wake;
}

void Gateway::from_hosts() {
  for (int i = 0; front_ && !is_blocked_ && i < kPerTurn; ++i) {
    std::optional<Received> received = front_->receive();
    if (received) {
      take(*std::move(received));
      to_server();
    } else if (!front_->pending()) {
      return;
    }
  }
}

void Gateway::take(Received received) {
  if (!received.user || !routes_.note(*received.user, received.route, now_ms())) {
    count(tally_.refused);
    return;
  }
  if (const Result<void> fit = check(received.payload); !fit) {
    count(tally_.malformed);
    log_.write(LogCause::kMalformed, "", "from a host: " + fit.error().to_string(), now_ms());
    const ErrorMessage refusal{fit.error().code, fit.error().to_string(), {}};
    front_->send_to(received.route, encode_reply(correlation_of(received.payload), refusal));
    return;
  }
  if (queue_.is_empty()) {
    oldest_us_ = now_us();
  }
  if (!queue_.push(*received.user, std::move(received.payload))) {
    count(tally_.refused);
  }
}

// What fills a message, or has waited long enough.
void Gateway::to_server() {
  is_blocked_ = false;
  while (!queue_.is_empty() &&
         (queue_.fills_message() || now_us() - oldest_us_ >= settings_.batch_age_us)) {
    if (back_->send(queue_.message()) != SendOutcome::kSent) {
      is_blocked_ = true;
      return;
    }
    count(tally_.messages_up);
    count(tally_.frames_up, queue_.pop());
    oldest_us_ = now_us();
  }
}

void Gateway::from_server() {
  for (int i = 0; i < kPerTurn; ++i) {
    const std::optional<Received> received = back_->receive();
    if (!received) {
      return;
    }
    count(tally_.messages_down);
    const auto items = open_carry(received->payload, Role::kServer);
    if (!items) {
      // Its ERROR about a message of ours, or a later version's.
      count(tally_.unreadable);
      log_.write(LogCause::kMalformed, "", "from the server: " + items.error().to_string(),
                 now_ms());
      continue;
    }
    for (const CarriedFrame& item : *items) {
      deliver(item);
    }
  }
}

void Gateway::deliver(const CarriedFrame& item) {
  const RouteId* const route = routes_.find(item.host);
  const SendOutcome outcome =
      route != nullptr && front_ ? front_->send_to(*route, item.frame) : SendOutcome::kUnreachable;
  if (outcome != SendOutcome::kSent) {
    count(tally_.dropped);
  } else {
    count(tally_.frames_down);
  }
  if (is_denial(item.frame)) {
    routes_.deny(item.host, now_ms());
  } else if (outcome == SendOutcome::kUnreachable) {
    routes_.forget(item.host);
  }
}

void Gateway::guard_memory() {
  const std::int64_t now = now_ms();
  if (now - guarded_ms_ < kTickMs) {
    return;
  }
  guarded_ms_ = now;
  const std::size_t resident = resident_bytes();
  if (guard_.must_reopen(resident, {now})) {
    count(tally_.reopened);
    log_.write(LogCause::kMemory, "",
               std::to_string(resident >> 20U) +
                   " MiB resident, over the bound: the hosts' socket is reopened",
               now);
    front_.reset();
    routes_.forget_all();
    ::malloc_trim(0);
  }
  if (!front_) {
    // The port is free again only when libzmq's threads have closed the old listener.
    if (const Result<void> opened = open_front(); !opened) {
      log_.write(LogCause::kInternal, "", opened.error().to_string(), now);
    }
  }
}

}  // namespace quotemill::transport
