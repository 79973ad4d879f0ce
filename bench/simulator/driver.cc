#include "bench/simulator/driver.h"

#include <algorithm>
#include <fstream>
#include <thread>
#include <unistd.h>
#include <utility>

#include "bench/simulator/steady_time.h"
#include "engine/pipeline/nonce_authority.h"
#include "transport/files/private_file.h"

namespace quotemill::bench {
namespace {

using transport::Socket;

constexpr std::size_t kAtOnce = 128;  // hosts that connect, or warm up
constexpr std::uint64_t kNoProgressUsMax = 60'000'000;
constexpr std::uint64_t kDrainUs = 10'000'000;  // for what is on its way at the end
constexpr std::uint64_t kWakeEveryUs = 20'000;
constexpr std::size_t kNonceFileMax = 256;
constexpr std::size_t kUsedUpShare = 20;  // 1 in so many: the run is no longer steady

// Processor time of a process, user and system, in seconds; 0 if there is none.
double processor_time(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string skipped;
  std::getline(file, skipped, ')');  // the program's name may hold anything else
  // Fields 3 to 13 of proc(5).
  for (int field = 3; field <= 13; ++field) {
    file >> skipped;
  }
  double user = 0;
  double system = 0;
  file >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

Driver::Driver(const RunSettings& settings, std::unique_ptr<transport::Context> context,
               transport::SocketPoll poll)
    : settings_(settings),
      context_(std::move(context)),
      poll_(std::move(poll)),
      storm_(*context_, settings_.endpoint) {}

Result<std::unique_ptr<Driver>> Driver::create(const RunSettings& settings, const Plan& plan) {
  Result<std::unique_ptr<transport::Context>> context =
      transport::Context::create(1, static_cast<int>(settings.hosts + Storm::kOpenMax) + 16);
  if (!context) {
    return context.error();
  }
  Result<transport::SocketPoll> poll = transport::SocketPoll::create();
  if (!poll) {
    return poll.error();
  }
  std::unique_ptr<Driver> driver(new Driver(settings, *std::move(context), *std::move(poll)));
  SeededKeys keys(settings.fleet.seed);
  driver->peers_.reserve(settings.hosts);
  for (std::uint32_t i = 0; i < settings.hosts; ++i) {
    driver->peers_.push_back(
        {HostSession(FleetHost(settings.fleet, settings.first_host + i, keys), plan), nullptr});
  }
  return driver;
}

transport::CurveClient Driver::channel_of(Peer& peer) const {
  return {peer.session.host().channel(),
          settings_.gateway_key.value_or(settings_.fleet.server_key)};
}

std::size_t Driver::index_of(const Peer& peer) const {
  return static_cast<std::size_t>(&peer - peers_.data());
}

Result<void> Driver::open(Peer& peer, std::size_t index) {
  transport::SocketOptions options;
  options.curve = channel_of(peer);
  Result<Socket> socket = Socket::create(*context_, options);
  if (!socket) {
    return socket.error();
  }
  if (Result<void> connected = socket->connect(settings_.endpoint); !connected) {
    return connected;
  }
  peer.socket = std::make_unique<Socket>(*std::move(socket));
  return poll_.add(*peer.socket, index);
}

bool Driver::send_frame(Peer& peer, const Bytes& frame) {
  if (peer.socket->send(frame) != transport::SendOutcome::kSent) {
    return false;
  }
  tally_.bytes_sent += frame.size();
  return true;
}

// What was left over; whether nothing is any more.
bool Driver::flush(Peer& peer) {
  while (!peer.unsent.empty() && send_frame(peer, peer.unsent.front())) {
    peer.unsent.pop_front();
  }
  return peer.unsent.empty();
}

void Driver::send(Peer& peer, const HostSession::Messages& messages) {
  for (const transport::MessageBody& body : messages) {
    peer.correlation = ++correlation_;
    Bytes frame = transport::encode_message({transport::Role::kHost, correlation_, body});
    if (!flush(peer) || !send_frame(peer, frame)) {
      // The server takes no more for now.
      if (peer.unsent.empty()) {
        full_.push_back(index_of(peer));
      }
      peer.unsent.push_back(std::move(frame));
    }
    if (std::holds_alternative<transport::EvidenceMessage>(body)) {
      begin_burst(peer);
    }
  }
  if (!messages.empty()) {
    peer.session.note_sent(now_us());
  }
}

void Driver::serve_full() {
  const std::vector<std::size_t> full = std::exchange(full_, {});
  for (const std::size_t index : full) {
    if (!flush(peers_[index])) {
      full_.push_back(index);
    }
    drain(index);
  }
}

void Driver::drain(std::size_t index) {
  Peer& peer = peers_[index];
  if (peer.burst.is_unread && peer.burst.end_us != 0) {
    return;
  }
  while (const std::optional<transport::Received> received = peer.socket->receive()) {
    tally_.bytes_received += received->payload.size();
    const Result<transport::Message> message = transport::decode_message(received->payload);
    if (!message) {
      ++tally_.errors["cannot be read"];
      continue;
    }
    if (answers_copy(peer, *message)) {
      ++tally_.busy;
      continue;
    }
    const std::uint64_t before = tally_.attestations;
    send(peer, peer.session.receive(*message, now_us(), tally_));
    peer.receipts += static_cast<std::uint32_t>(tally_.attestations - before);
    settle(peer);
  }
}

// Looks whether the attestation of this host is over.
void Driver::settle(Peer& peer) {
  if (peer.is_busy && peer.session.is_idle() && peer.burst.end_us == 0) {
    peer.is_busy = false;
    --busy_;
    after(peer);
  }
}

// An attestation of this host is over.
void Driver::after(Peer& peer) {
  if (next_ == Next::kRests) {
    return;
  }
  if (peer.session.is_used_up()) {
    ++used_up_;
    return;
  }
  if (next_ == Next::kBeginsAgain) {
    begin(peer, 0);
  } else if (peer.due_us != 0) {
    begin(peer, std::exchange(peer.due_us, 0));
  }
}

void Driver::serve(int timeout_ms) {
  const bool is_calm = bursts_.empty() && full_.empty() && storm_.is_over();
  for (const std::size_t index : poll_.wait(is_calm ? timeout_ms : 1)) {
    drain(index);
  }
  const std::uint64_t now = now_us();
  serve_full();
  serve_bursts(now);
  storm_.close_due(now);
  if (now - woken_us_ >= kWakeEveryUs) {
    wake_overdue(now);
    woken_us_ = now;
  }
}

void Driver::wake_overdue(std::uint64_t now) {
  for (std::size_t index = 0; index < peers_.size(); ++index) {
    Peer& peer = peers_[index];
    if (peer.socket != nullptr && !peer.session.is_idle() && peer.session.wake_us() <= now) {
      send(peer, peer.session.wake(now, tally_));
      drain(index);
    }
  }
}

void Driver::begin(Peer& peer, std::uint64_t due_us) {
  ++busy_;
  peer.is_busy = true;
  if (peer.session.next_action() == Action::kStorm) {
    tally_.storm_connections += storm_.raise(channel_of(peer), now_us());
  }
  send(peer, peer.session.begin(due_us, now_us()));
}

// Every host once, some at a time.
Result<void> Driver::bring_all(bool is_look) {
  next_ = Next::kRests;
  std::size_t begun = 0;
  std::size_t done = 0;
  std::uint64_t progress = now_us();
  while (begun < peers_.size() || busy_ != 0) {
    for (; busy_ < kAtOnce && begun < peers_.size(); ++begun) {
      Peer& peer = peers_[begun];
      if (Result<void> opened = peer.socket ? Result<void>() : open(peer, begun); !opened) {
        return opened;
      }
      if (is_look) {
        ++busy_;
        peer.is_busy = true;
        send(peer, peer.session.look());
      } else {
        begin(peer, 0);
      }
      drain(begun);
    }
    serve(10);
    if (const std::size_t now_done = begun - busy_; now_done != done) {
      done = now_done;
      progress = now_us();
    } else if (now_us() - progress > kNoProgressUsMax) {
      return Error{ErrorCode::kBusy, "", 0,
                   std::to_string(peers_.size() - done) +
                       " hosts got no answer: is the daemon at " + settings_.endpoint +
                       ", is that its key, and were these hosts imported?"};
    }
  }
  return {};
}

Result<void> Driver::connect() {
  return bring_all(true);
}

Result<void> Driver::sign_ahead() {
  if (settings_.nonce_keys.empty() || settings_.ahead == 0) {
    return {};
  }
  const Result<std::optional<Bytes>> stored =
      transport::read_private_file(settings_.nonce_keys, kNonceFileMax);
  if (!stored || !*stored) {
    return stored ? Error{ErrorCode::kNotFound, "", 0, settings_.nonce_keys + " is not there"}
                  : stored.error();
  }
  const Result<NonceAuthority::Keys> keys = NonceAuthority::decode(**stored);
  if (!keys) {
    return keys.error();
  }
  const std::size_t workers = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> threads;
  for (std::size_t worker = 0; worker < workers; ++worker) {
    threads.emplace_back([this, worker, workers, key = keys->current] {
      for (std::size_t i = worker; i < peers_.size(); i += workers) {
        peers_[i].session.sign_ahead(key, settings_.ahead);
      }
    });
  }
  return {};
}

Result<void> Driver::warm_up() {
  return bring_all(false);
}

// Open loop: attestation n of all is due n / rate after the beginning, of host n modulo all.
void Driver::begin_due(std::uint64_t now, std::uint64_t end) {
  const double interval_us = 1e6 / settings_.rate;
  while (true) {
    const std::uint64_t due =
        begun_us_ + static_cast<std::uint64_t>(static_cast<double>(scheduled_) * interval_us);
    if (due > now || due >= end) {
      return;
    }
    const std::size_t index = scheduled_ % peers_.size();
    ++scheduled_;
    Peer& peer = peers_[index];
    if (!peer.is_busy && !peer.session.is_used_up()) {
      begin(peer, due);
      drain(index);
    } else {
      ++tally_.late;
      peer.due_us = peer.due_us == 0 ? due : peer.due_us;
    }
  }
}

Tally Driver::measure() {
  Tally before = std::exchange(tally_, {});
  const bool is_open = settings_.rate > 0;
  next_ = is_open ? Next::kBeginsWhenDue : Next::kBeginsAgain;
  used_up_ = 0;
  for (Peer& peer : peers_) {
    peer.receipts = 0;
  }
  const double cpu_before = settings_.daemon_pid != 0 ? processor_time(settings_.daemon_pid) : 0;
  begun_us_ = now_us();
  scheduled_ = 0;
  const std::uint64_t end = begun_us_ + std::uint64_t{settings_.seconds} * 1'000'000;
  for (std::size_t index = 0; !is_open && index < peers_.size(); ++index) {
    after(peers_[index]);
    drain(index);
  }
  std::uint64_t now = now_us();
  while (now < end && used_up_ * kUsedUpShare <= peers_.size()) {
    if (is_open) {
      begin_due(now, end);
    }
    serve(is_open ? 1 : 10);
    now = now_us();
  }
  Tally measured = std::exchange(tally_, {});
  for (const Peer& peer : peers_) {
    measured.receipts_per_host.add(peer.receipts);
  }
  measured.seconds = static_cast<double>(now - begun_us_) / 1e6;
  if (settings_.daemon_pid != 0) {
    measured.daemon_cpu = processor_time(settings_.daemon_pid) - cpu_before;
  }
  // What is on its way is judged too, and counted as nothing but right or wrong.
  next_ = Next::kRests;
  const std::uint64_t drained = now + kDrainUs;
  while (busy_ != 0 && now_us() < drained) {
    serve(10);
  }
  measured.unanswered = busy_;
  measured.hosts = peers_.size();
  for (Tally* other : {&before, &tally_}) {
    measured.wrong_verdicts += other->wrong_verdicts;
    measured.wrong.insert(measured.wrong.end(), other->wrong.begin(), other->wrong.end());
    for (const auto& [code, count] : other->errors) {
      measured.errors[code] += count;
    }
  }
  return measured;
}

}  // namespace quotemill::bench
