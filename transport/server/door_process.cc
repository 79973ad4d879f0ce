#include "transport/server/door_process.h"

#include <chrono>
#include <malloc.h>
#include <memory>
#include <poll.h>
#include <strings.h>
#include <thread>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "transport/server/door_link.h"
#include "transport/server/door_sandbox.h"
#include "transport/socket/socket.h"
#include "transport/socket/zap.h"
#include "transport/wire/envelope.h"
#include "transport/wire/message.h"

namespace quotemill::transport {
namespace {

using std::chrono::milliseconds;

constexpr const char* kDomain = "enrolment";
constexpr int kConfigWaitMs = 10'000;
// A peer can make us take some 300 MB/s: the guard looks often.
constexpr int kTickMs = 25;
constexpr std::int64_t kStatusIntervalMs = 1'000;
constexpr int kPerTurn = 64;  // messages of one side before the other has its turn
constexpr std::size_t kRateKeysMax = 16'384;
constexpr std::uint32_t kBusyRetryMs = 2'000;
constexpr int kBindAttempts = 100;
constexpr milliseconds kBindInterval{20};

std::int64_t now_ms() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// libzmq with all that peers make it hold; gone with the object.
struct Endpoint {
  // In this order: the context waits for the socket, and the handler outlives it.
  std::unique_ptr<Context> context;
  std::unique_ptr<ZapHandler> zap;
  std::optional<Socket> socket;
};

Result<std::unique_ptr<Endpoint>> open_endpoint(const DoorConfig& config) {
  auto endpoint = std::make_unique<Endpoint>();
  Result<std::unique_ptr<Context>> context = Context::create();
  if (!context) {
    return context.error();
  }
  endpoint->context = *std::move(context);
  ZapDomain domain{.admits = [](const CurveKey&) { return true; },
                   .handshakes = config.limits.handshakes,
                   .rate_by = RateBy::kAddress};
  Result<std::unique_ptr<ZapHandler>> zap =
      ZapHandler::start(*endpoint->context, {{kDomain, std::move(domain)}});
  if (!zap) {
    return zap.error();
  }
  endpoint->zap = *std::move(zap);
  SocketOptions options;
  options.type = SocketType::kRouter;
  options.curve = CurveServer{config.secret_key, kDomain};
  options.message_size_max = limits::kEnrolMessageSizeMax;
  Result<Socket> socket = Socket::create(*endpoint->context, options);
  if (!socket) {
    return socket.error();
  }
  endpoint->socket = *std::move(socket);
  if (const Result<void> bound = endpoint->socket->bind(config.endpoint); !bound) {
    return bound.error();
  }
  return endpoint;
}

class Door {
 public:
  Door(DoorLink& link, DoorConfig config)
      : link_(link),
        config_(std::move(config)),
        clients_(config_.limits.messages_per_client, kRateKeysMax) {}

  Result<void> open() {
    Result<void> opened = reopen();
    if (opened) {
      base_bytes_ = resource_use().resident_bytes;
      config_.endpoint = endpoint_->socket->endpoint();
    }
    return opened;
  }

  [[nodiscard]] const std::string& endpoint() const { return config_.endpoint; }

  // Until the daemon is gone.
  void run() {
    while (true) {
      const Ready ready = wait(*endpoint_->socket, link_.fd(), kTickMs);
      if (ready.socket) {
        take_from_clients();
      }
      if (ready.wake && !take_from_daemon()) {
        return;
      }
      if (!stay_within_bounds()) {
        return;
      }
      if (!tell_status()) {
        return;
      }
    }
  }

 private:
  // A reply finds its connection by route, and only within one life of the socket.
  [[nodiscard]] Bytes handle_of(const RouteId& route) const {
    return ByteWriter().u32_le(epoch_).bytes(as_bytes(route)).take();
  }

  Result<void> reopen() {
    // Closed first: memory and port must be free again.
    endpoint_.reset();
    ::malloc_trim(0);
    ++epoch_;
    Error error;
    for (int attempt = 0; attempt < kBindAttempts; ++attempt) {
      Result<std::unique_ptr<Endpoint>> opened = open_endpoint(config_);
      if (opened) {
        endpoint_ = *std::move(opened);
        return {};
      }
      error = opened.error();
      if (epoch_ == 1) {
        break;  // at start-up a port in use is the operator's affair
      }
      std::this_thread::sleep_for(kBindInterval);
    }
    return error;
  }

  void take_from_clients() {
    for (int i = 0; i < kPerTurn; ++i) {
      const std::optional<Received> received = endpoint_->socket->receive();
      if (!received) {
        return;
      }
      ++status_.received;
      handle(*received);
    }
  }

  void handle(const Received& received) {
    if (!received.user || !clients_.allow(as_text(*received.user), now_ms())) {
      ++status_.over_rate;
      return;
    }
    const std::uint64_t correlation = correlation_of(received.payload);
    if (!total_.allow(config_.limits.messages, now_ms())) {
      ++status_.over_rate;
      reply(received.route, encode_reply(correlation, BusyMessage{kBusyRetryMs}));
      return;
    }
    if (const Result<void> fit = check(received.payload); !fit) {
      ++status_.malformed;
      reply(received.route,
            encode_reply(correlation, ErrorMessage{fit.error().code, fit.error().context, {}}));
      return;
    }
    if (link_.send(DoorRequest{*received.user, handle_of(received.route), received.payload}) ==
        DoorLink::Outcome::kDone) {
      ++status_.forwarded;
    } else {
      ++status_.dropped;
      reply(received.route, encode_reply(correlation, BusyMessage{kBusyRetryMs}));
    }
  }

  static Result<void> check(ByteView frame) {
    const Result<OpenedFrame> opened = open_frame(frame);
    if (!opened) {
      return opened.error();
    }
    const Envelope& envelope = opened->envelope;
    if (frame.size() > limits::kEnrolMessageSizeMax) {
      return Error{ErrorCode::kTooLarge, "enrolment"};
    }
    if (envelope.role != Role::kHost ||
        (envelope.kind != Kind::kEnrol && envelope.kind != Kind::kProof)) {
      return Error{ErrorCode::kUnsupported, "enrolment"};
    }
    return {};
  }

  void reply(const RouteId& route, ByteView frame) {
    if (endpoint_->socket->send_to(route, frame) != SendOutcome::kSent) {
      ++status_.dropped;
    }
  }

  bool take_from_daemon() {
    for (int i = 0; i < kPerTurn; ++i) {
      std::optional<DoorPacket> packet;
      switch (link_.receive(packet)) {
        case DoorLink::Outcome::kEnded:
          return false;
        case DoorLink::Outcome::kNotNow:
          return true;
        case DoorLink::Outcome::kDone:
          break;
      }
      if (const auto* answer = std::get_if<DoorReply>(&*packet)) {
        ByteReader handle(answer->handle);
        const std::uint32_t epoch = handle.u32_le();
        const RouteId route(as_text(handle.rest()));
        if (epoch == epoch_ && handle.ok()) {
          reply(route, answer->frame);
        }
      }
    }
    return true;
  }

  bool stay_within_bounds() {
    const ResourceUse use = resource_use();
    status_.resident_bytes = use.resident_bytes;
    const std::uint64_t bytes_max = base_bytes_ + config_.limits.memory_max / 2;
    const std::size_t descriptors_max = config_.limits.connections_max;
    if (use.resident_bytes <= bytes_max && use.descriptors <= descriptors_max) {
      return true;
    }
    ++status_.reopened;
    return reopen().has_value();
  }

  bool tell_status() {
    const std::int64_t now = now_ms();
    if (now - told_ms_ < kStatusIntervalMs) {
      return true;
    }
    told_ms_ = now;
    status_.handshakes_refused = endpoint_->zap->counters().refused_rate;
    return link_.send(status_) != DoorLink::Outcome::kEnded;
  }

  DoorLink& link_;
  DoorConfig config_;
  std::unique_ptr<Endpoint> endpoint_;
  std::uint32_t epoch_ = 0;
  std::uint64_t base_bytes_ = 0;
  std::int64_t told_ms_ = 0;
  RateLimiter clients_;
  TokenBucket total_;
  DoorStatus status_;
};

// The first packet, or nullopt if it does not come.
std::optional<DoorConfig> receive_config(DoorLink& link) {
  pollfd waiting{link.fd(), POLLIN, 0};
  std::optional<DoorPacket> packet;
  if (::poll(&waiting, 1, kConfigWaitMs) != 1 || link.receive(packet) != DoorLink::Outcome::kDone) {
    return std::nullopt;
  }
  auto* config = std::get_if<DoorConfig>(&*packet);
  return config == nullptr ? std::nullopt : std::optional(std::move(*config));
}

Result<void> serve(DoorLink& link, int fd) {
  if (Result<void> entered = enter_sandbox(fd); !entered) {
    return entered;
  }
  std::optional<DoorConfig> config = receive_config(link);
  if (!config) {
    return Error{ErrorCode::kIo, "enrolment door", 0, "the daemon sent no configuration"};
  }
  const DoorLimits& bounds = config->limits;
  if (Result<void> bounded = bound_resources(bounds.memory_max, bounds.connections_max); !bounded) {
    return bounded;
  }
  Door door(link, *std::move(config));
  if (Result<void> opened = door.open(); !opened) {
    return opened;
  }
  if (link.send(DoorReady{door.endpoint()}) == DoorLink::Outcome::kDone) {
    door.run();
  }
  return {};
}

}  // namespace

int run_enrolment_door(int fd) {
  DoorLink link(fd);
  const Result<void> served = serve(link, fd);
  if (!served) {
    link.send(DoorFailed{served.error().to_string()});
    return 1;
  }
  return 0;
}

}  // namespace quotemill::transport
