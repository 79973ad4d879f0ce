#include "transport/socket/zap.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <unistd.h>
#include <utility>
#include <vector>
#include <zmq.h>

#include <sys/eventfd.h>

#include "engine/base/bytes.h"
#include "transport/socket/zmq_error.h"

namespace quotemill::transport {

// One request of RFC 27: version, request id, domain, address, identity, mechanism, credentials.
struct ZapRequest {
  std::string version;
  std::string id;
  std::string domain;
  std::string address;
  std::string identity;
  std::string mechanism;
  std::string credentials;
  bool well_formed = false;
};

// A domain with its rate; touched by the handler's thread only.
struct ZapHandler::Domain {
  explicit Domain(ZapDomain given)
      : config(std::move(given)), handshakes(config.handshakes, kRateKeysMax) {}

  // Keys or addresses remembered at once: 100 B each.
  static constexpr std::size_t kRateKeysMax = 200'000;

  ZapDomain config;
  RateLimiter handshakes;
};

namespace {

constexpr const char* kEndpoint = "inproc://zeromq.zap.01";
constexpr std::size_t kRequestFramesMax = 8;
constexpr int kProbeTimeoutMs = 500;
// libzmq numbers its own requests.
constexpr const char* kProbeId = "probe";

std::int64_t monotonic_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// All frames of one message; those beyond kRequestFramesMax are thrown away.
std::vector<std::string> receive_frames(void* socket) {
  std::vector<std::string> frames;
  bool more = true;
  while (more) {
    zmq_msg_t message;
    zmq_msg_init(&message);
    if (zmq_msg_recv(&message, socket, ZMQ_DONTWAIT) < 0) {
      zmq_msg_close(&message);
      return {};
    }
    if (frames.size() <= kRequestFramesMax) {
      frames.emplace_back(static_cast<const char*>(zmq_msg_data(&message)), zmq_msg_size(&message));
    }
    more = zmq_msg_more(&message) != 0;
    zmq_msg_close(&message);
  }
  return frames;
}

ZapRequest parse_request(std::vector<std::string>&& frames) {
  ZapRequest request;
  if (frames.size() >= 2) {
    request.id = std::move(frames[1]);
  }
  if (frames.size() != 7) {
    return request;
  }
  request.version = std::move(frames[0]);
  request.domain = std::move(frames[2]);
  request.address = std::move(frames[3]);
  request.identity = std::move(frames[4]);
  request.mechanism = std::move(frames[5]);
  request.credentials = std::move(frames[6]);
  request.well_formed = request.version == "1.0";
  return request;
}

bool send_frames(void* socket, const std::vector<std::string>& frames) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const int flags = ZMQ_DONTWAIT | (i + 1 < frames.size() ? ZMQ_SNDMORE : 0);
    if (zmq_send(socket, frames[i].data(), frames[i].size(), flags) < 0) {
      return false;
    }
  }
  return true;
}

// A socket of this file; closed with it.
class RawSocket {
 public:
  RawSocket(void* context, int type) : handle_(zmq_socket(context, type)) {
    const int linger = 0;
    if (handle_ != nullptr) {
      zmq_setsockopt(handle_, ZMQ_LINGER, &linger, sizeof linger);
    }
  }

  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  ~RawSocket() {
    if (handle_ != nullptr) {
      zmq_close(handle_);
    }
  }

  [[nodiscard]] void* get() const { return handle_; }

  void* release() { return std::exchange(handle_, nullptr); }

 private:
  void* handle_;
};

}  // namespace

Result<std::unique_ptr<ZapHandler>> ZapHandler::start(Context& context,
                                                      std::map<std::string, ZapDomain> domains) {
  RawSocket socket(context.handle(), ZMQ_REP);
  if (socket.get() == nullptr) {
    return zmq_failure("ZAP handler", {});
  }
  if (zmq_bind(socket.get(), kEndpoint) != 0) {
    const ErrorCode code = errno == EADDRINUSE ? ErrorCode::kDenied : ErrorCode::kIo;
    Error error = zmq_failure("ZAP handler", kEndpoint);
    error.code = code;
    return error;
  }
  const int stop_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_fd < 0) {
    return Error{ErrorCode::kIo, "ZAP handler", 0, "eventfd"};
  }
  std::unique_ptr<ZapHandler> handler(
      new ZapHandler(socket.release(), stop_fd, std::move(domains)));
  if (!zap_answers(context.handle())) {
    return Error{ErrorCode::kIo, "ZAP handler", 0, "does not answer"};
  }
  return handler;
}

ZapHandler::ZapHandler(void* reply_socket, int stop_fd, std::map<std::string, ZapDomain> domains)
    : socket_(reply_socket), stop_fd_(stop_fd) {
  for (auto& [name, domain] : domains) {
    domains_.emplace(name, std::make_unique<Domain>(std::move(domain)));
  }
  thread_ = std::thread([this] { run(); });
}

ZapHandler::~ZapHandler() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_fd_, &one, sizeof one);
  thread_.join();
  zmq_close(socket_);
  ::close(stop_fd_);
}

void ZapHandler::run() {
  while (true) {
    std::array<zmq_pollitem_t, 2> items = {{
        {socket_, 0, ZMQ_POLLIN, 0},
        {nullptr, stop_fd_, ZMQ_POLLIN, 0},
    }};
    if (zmq_poll(items.data(), 2, -1) < 0 && errno != EINTR) {
      return;
    }
    if ((items[1].revents & ZMQ_POLLIN) != 0) {
      return;
    }
    if ((items[0].revents & ZMQ_POLLIN) != 0) {
      answer_one();
    }
  }
}

void ZapHandler::answer_one() {
  std::vector<std::string> frames = receive_frames(socket_);
  if (frames.empty()) {
    return;
  }
  const ZapRequest request = parse_request(std::move(frames));
  std::string user_id;
  const char* refusal = decide(request, user_id);
  const bool admitted = refusal == nullptr;
  send_frames(socket_, {"1.0", request.id, admitted ? "200" : "400", admitted ? "OK" : refusal,
                        admitted ? user_id : std::string(), ""});
}

// The reason of a refusal, or null. The text reaches the peer and says nothing of who is known.
const char* ZapHandler::decide(const ZapRequest& request, std::string& user_id) {
  const auto domain = domains_.find(request.domain);
  if (!request.well_formed || domain == domains_.end() || request.mechanism != "CURVE" ||
      request.credentials.size() != std::tuple_size_v<CurveKey>) {
    counters_.refused_malformed += request.id == kProbeId ? 0 : 1;
    return "refused";
  }
  CurveKey key{};
  const ByteView credentials = as_bytes(request.credentials);
  std::copy(credentials.begin(), credentials.end(), key.begin());
  const ZapDomain& config = domain->second->config;
  if (!config.admits(key)) {
    ++counters_.refused_key;
    return "refused";
  }
  // After the predicate, so that unknown keys cannot fill the table of buckets.
  const std::string& rated = config.rate_by == RateBy::kKey ? request.credentials : request.address;
  if (!domain->second->handshakes.allow(rated, monotonic_ms())) {
    ++counters_.refused_rate;
    return "refused";
  }
  ++counters_.admitted;
  user_id = to_hex(key);
  return nullptr;
}

bool zap_answers(void* context_handle) {
  {
    // Connecting to an inproc name that nobody has bound waits for ever; binding tells at once.
    const RawSocket probe(context_handle, ZMQ_REP);
    if (probe.get() == nullptr || zmq_bind(probe.get(), kEndpoint) == 0) {
      return false;
    }
  }
  const RawSocket client(context_handle, ZMQ_REQ);
  if (client.get() == nullptr || zmq_connect(client.get(), kEndpoint) != 0 ||
      !send_frames(client.get(), {"1.0", kProbeId, "", "", "", "NULL", ""})) {
    return false;
  }
  zmq_pollitem_t item = {client.get(), 0, ZMQ_POLLIN, 0};
  return zmq_poll(&item, 1, kProbeTimeoutMs) == 1 && !receive_frames(client.get()).empty();
}

}  // namespace quotemill::transport
