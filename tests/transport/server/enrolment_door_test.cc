// The door with real sockets, a real child process and a software TPM.
#include "transport/server/enrolment_door.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <sstream>
#include <thread>
#include <unistd.h>
#include <zmq.h>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "engine/crypto/hash.h"
#include "tests/support/process.h"
#include "tests/support/soft_tpm.h"
#include "tests/transport/server/test_registrar.h"
#include "transport/client/enrolment_client.h"
#include "transport/server/enrolment_service.h"

namespace quotemill::transport {
namespace {

using testing::kTestTime;
using testing::SoftTpm;
using testing::TpmVendor;

constexpr std::uint64_t kMebibyte = 1024 * 1024;

bool eventually(const std::function<bool()>& holds, int limit_ms = 15'000) {
  for (int waited = 0; waited < limit_ms; waited += 20) {
    if (holds()) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return holds();
}

// One line of /proc/<pid>/<file>; empty if it is not there.
std::string proc_line(pid_t pid, const std::string& file, const std::string& begin) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/" + file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(begin)) {
      return line;
    }
  }
  return {};
}

std::uint16_t port_of(const std::string& endpoint) {
  return static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
}

// A TCP connection that speaks no ZeroMQ.
class RawConnection {
 public:
  explicit RawConnection(std::uint16_t port)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr generic{};
    static_assert(sizeof generic == sizeof address);
    std::memcpy(&generic, &address, sizeof address);
    connected_ = ::connect(fd_, &generic, sizeof generic) == 0;
  }

  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  ~RawConnection() { ::close(fd_); }

  [[nodiscard]] bool connected() const { return connected_; }

  void send(ByteView bytes) const { ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

 private:
  int fd_;
  bool connected_ = false;
};

class EnrolmentDoorTest : public ::testing::Test {
 protected:
  void SetUp() override { open(DoorLimits{.memory_max = 96 * kMebibyte}); }

  void open(const DoorLimits& limits) {
    door.reset();
    registrar.now = {kTestTime, {1}};
    TokenRecord token{hash(HashAlgorithm::kSha256, as_bytes("t")), 1'000, {}, {kTestTime.ms + 1}};
    registrar.tokens[token.id.hex()] = token;
    service = std::make_unique<EnrolmentService>(
        registrar, EnrolmentServiceConfig{.server_key = server.public_key},
        std::function<void(const EnrolmentAudit&)>{});
    auto inputs = std::make_shared<AdmissionInputs>();
    inputs->roots = vendor.roots();
    service->use(inputs);
    EnrolmentDoorConfig config;
    config.endpoint = "tcp://127.0.0.1:*";
    config.secret_key = server.secret_key;
    config.limits = limits;
    config.command = {QUOTEMILL_DOOR_CHILD, "--enrolment-door"};
    Result<std::unique_ptr<EnrolmentDoor>> opened = EnrolmentDoor::open(
        config,
        [this](const CurveKey& client, const MessageBody& message) {
          return service->handle(client, message, {kTestTime, {++clock_ms}});
        },
        print);
    ASSERT_TRUE(opened) << opened.error().to_string();
    door = *std::move(opened);
  }

  // For whoever reads a failed test.
  static void print(LogLevel /*level*/, std::string_view /*host*/, std::string_view text) {
    std::clog << text << std::endl;
  }

  EnrolMessage request(const SoftTpm& tpm, const std::string& name) const {
    const EnrolRequest plain = tpm.request(name, vendor);
    return {plain.name, plain.ek_certificate, plain.ek_public, plain.ak_public, "t"};
  }

  static EnrolmentTpm operations(const SoftTpm& tpm) {
    return {.activate = [&tpm](ByteView id, ByteView secret) { return tpm.activate(id, secret); },
            .quote = [&tpm](ByteView qualifying_data) -> Result<EnrolmentQuote> {
              const EnrolmentProof proof = tpm.quote(qualifying_data);
              return EnrolmentQuote{proof.attest, proof.signature};
            }};
  }

  Result<EnrolmentOutcome> enrol(const SoftTpm& tpm, const std::string& name,
                                 int reply_ms = 10'000) {
    EnrolmentClient client(*context, *generate_key_pair(), {door->endpoint(), server.public_key},
                           {.reply_ms = reply_ms, .attempts = 3});
    return client.run(request(tpm, name), operations(tpm));
  }

  // Tries for a while: the door may be between two lives.
  bool enrols_eventually(const std::string& name) {
    const SoftTpm tpm;
    return eventually([&] {
      const Result<EnrolmentOutcome> outcome = enrol(tpm, name, 1'500);
      return outcome && std::holds_alternative<EnrolmentActive>(*outcome);
    });
  }

  Socket connect(const CurveKeyPair& pair) const {
    SocketOptions options;
    options.curve = CurveClient{pair, server.public_key};
    options.send_queue = 1'000;
    Result<Socket> socket = Socket::create(*context, options);
    EXPECT_TRUE(socket->connect(door->endpoint()));
    return *std::move(socket);
  }

  static std::optional<Message> reply(Socket& socket, int limit_ms = 3'000) {
    std::optional<Received> received;
    eventually([&] { return (received = socket.receive()).has_value(); }, limit_ms);
    return received ? std::optional(*decode_message(received->payload)) : std::nullopt;
  }

  TpmVendor vendor;
  TestRegistrar registrar;
  std::atomic<std::int64_t> clock_ms{1'000};
  CurveKeyPair server = *generate_key_pair();
  std::unique_ptr<Context> context = *Context::create();
  std::unique_ptr<EnrolmentService> service;
  std::unique_ptr<EnrolmentDoor> door;
};

using Door = EnrolmentDoorTest;
using DoorCve = EnrolmentDoorTest;

TEST_F(Door, EnrolsAHost) {
  for (const KeyKind kind : {KeyKind::kEcP256, KeyKind::kRsa}) {
    const SoftTpm tpm(kind);
    const Result<EnrolmentOutcome> outcome =
        enrol(tpm, kind == KeyKind::kRsa ? "rsa-host" : "ecc-host");
    ASSERT_TRUE(outcome) << outcome.error().to_string();
    ASSERT_TRUE(std::holds_alternative<EnrolmentActive>(*outcome));
    const auto& active = std::get<EnrolmentActive>(*outcome);
    EXPECT_EQ(registrar.hosts.find(active.uid)->record->ak_public, tpm.ak.encoded);
  }
}

TEST_F(Door, TellsWhoIsPendingAndWhoIsRefused) {
  const SoftTpm first;
  const SoftTpm second;
  ASSERT_TRUE(enrol(first, "web-1"));
  const Result<EnrolmentOutcome> taken = enrol(second, "web-1");
  ASSERT_TRUE(taken) << taken.error().to_string();
  ASSERT_TRUE(std::holds_alternative<EnrolmentPending>(*taken));
  EXPECT_EQ(std::get<EnrolmentPending>(*taken).why, "name is bound to another EK");
  const Result<EnrolmentOutcome> bad = enrol(second, "Not A Name");
  ASSERT_TRUE(bad);
  EXPECT_TRUE(std::holds_alternative<EnrolmentRefused>(*bad));
}

TEST_F(Door, AWrongSecretIsRefused) {
  const SoftTpm tpm;
  EnrolmentTpm liar = operations(tpm);
  liar.activate = [](ByteView, ByteView) { return Result<Bytes>(Bytes(32)); };
  EnrolmentClient client(*context, *generate_key_pair(), {door->endpoint(), server.public_key});
  const Result<EnrolmentOutcome> outcome = client.run(request(tpm, "web-1"), liar);
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(std::holds_alternative<EnrolmentRefused>(*outcome));
  EXPECT_EQ(registrar.hosts.size(), 0U);
}

TEST_F(Door, AnotherServerKeyGetsNoAnswer) {
  const SoftTpm tpm;
  EnrolmentClient client(*context, *generate_key_pair(),
                         {door->endpoint(), generate_key_pair()->public_key},
                         {.reply_ms = 700, .attempts = 1});
  EXPECT_EQ(client.run(request(tpm, "web-1"), operations(tpm)).error().code, ErrorCode::kIo);
}

TEST_F(Door, AFailingTpmEndsTheEnrolment) {
  const SoftTpm tpm;
  EnrolmentTpm broken = operations(tpm);
  broken.quote = [](ByteView) { return Result<EnrolmentQuote>(Error{ErrorCode::kTpm, "quote"}); };
  EnrolmentClient client(*context, *generate_key_pair(), {door->endpoint(), server.public_key});
  EXPECT_EQ(client.run(request(tpm, "web-1"), broken).error().code, ErrorCode::kTpm);
}

TEST_F(Door, WhatIsNoEnrolmentIsAnsweredInTheDoor) {
  Socket socket = connect(*generate_key_pair());
  socket.send(encode_message({Role::kHost, 5, HelloMessage{}}));
  const std::optional<Message> hello = reply(socket);
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->correlation, 5U);
  EXPECT_EQ(std::get<ErrorMessage>(hello->body).code, ErrorCode::kUnsupported);
  socket.send(Bytes(100, 0xFF));
  const std::optional<Message> garbage = reply(socket);
  ASSERT_TRUE(garbage);
  EXPECT_EQ(std::get<ErrorMessage>(garbage->body).code, ErrorCode::kMalformed);
  EXPECT_EQ(door->counters().requests, 0U);
}

TEST_F(Door, NonsenseInsideAnEnvelopeIsAnError) {
  Socket socket = connect(*generate_key_pair());
  Envelope envelope;
  envelope.kind = Kind::kProof;
  envelope.role = Role::kHost;
  socket.send(seal_frame(envelope, Bytes(50, 0xFF)));
  const std::optional<Message> answer = reply(socket);
  ASSERT_TRUE(answer);
  EXPECT_EQ(std::get<ErrorMessage>(answer->body).code, ErrorCode::kMalformed);
  EXPECT_EQ(door->counters().malformed, 1U);
}

TEST_F(Door, MessagesOfOneClientAreBounded) {
  Socket socket = connect(*generate_key_pair());
  for (int i = 0; i < 300; ++i) {
    socket.send(encode_message({Role::kHost, 1, ProofMessage{Bytes(32), {}, {}}}));
  }
  ASSERT_TRUE(eventually([&] { return door->status().over_rate > 200; }));
  EXPECT_LT(door->counters().requests, 50U);
  EXPECT_TRUE(enrols_eventually("web-1"));
}

TEST_F(Door, TheChildIsBoxedIn) {
  const pid_t child = door->pid();
  ASSERT_GT(child, 0);
  EXPECT_EQ(proc_line(child, "status", "NoNewPrivs:"), "NoNewPrivs:\t1");
  EXPECT_TRUE(proc_line(child, "status", "CapEff:").ends_with("00000000") ||
              proc_line(child, "status", "CapEff:").ends_with("00000400"));
  std::istringstream core(proc_line(child, "limits", "Max core file size"));
  EXPECT_NE(core.str().find(" 0 "), std::string::npos);
  EXPECT_EQ(proc_line(child, "limits", "Max data size").find("unlimited  "), std::string::npos);
  EXPECT_EQ(proc_line(child, "limits", "Max address space").find("unlimited  "), std::string::npos);
  // Nothing in the command line; the environment is empty.
  EXPECT_TRUE(std::ifstream("/proc/" + std::to_string(child) + "/cmdline").good());
  const std::string command = proc_line(child, "cmdline", "");
  EXPECT_EQ(command.find(as_text(server.secret_key)), std::string::npos);
  EXPECT_EQ(command.find(to_z85(server.secret_key)), std::string::npos);
  EXPECT_EQ(proc_line(child, "environ", ""), "");
}

TEST_F(Door, StartsAgainAfterItWasKilledAtTheSameEndpoint) {
  ASSERT_TRUE(enrols_eventually("web-1"));
  const std::string endpoint = door->endpoint();
  const pid_t first = door->pid();
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return door->pid() != 0 && door->pid() != first; }));
  EXPECT_TRUE(enrols_eventually("web-2"));
  EXPECT_EQ(door->endpoint(), endpoint);
  EXPECT_GE(door->counters().restarts, 1U);
}

TEST_F(Door, AStoppedChildIsKilledAndReplaced) {
  const pid_t first = door->pid();
  ASSERT_EQ(::kill(first, SIGSTOP), 0);
  ASSERT_TRUE(eventually([&] { return door->pid() != 0 && door->pid() != first; }, 20'000));
  EXPECT_TRUE(enrols_eventually("web-1"));
}

TEST_F(Door, SigtermIsForTheDaemonToJudge) {
  ASSERT_EQ(::kill(door->pid(), SIGTERM), 0);
  EXPECT_TRUE(enrols_eventually("web-1"));
  EXPECT_EQ(door->counters().restarts, 0U);
}

TEST_F(Door, LeavesNoChildBehind) {
  const pid_t child = door->pid();
  door.reset();
  EXPECT_EQ(::kill(child, 0), -1);
}

TEST_F(Door, DiesWithItsDaemon) {
  testing::Process parent({{QUOTEMILL_DOOR_CHILD, "--hold"}});
  ASSERT_TRUE(eventually([&] { return parent.output().ends_with("\n"); }));
  const pid_t child = std::stoi(parent.output());
  ASSERT_EQ(::kill(child, 0), 0);
  parent.kill();
  // A zombie counts as gone: whoever adopted it will reap it.
  EXPECT_TRUE(eventually([&] {
    const std::string state = proc_line(child, "status", "State:");
    return state.empty() || state.find('Z') != std::string::npos;
  }));
}

TEST_F(Door, AnEndpointInUseIsAnError) {
  EnrolmentDoorConfig config;
  config.endpoint = door->endpoint();
  config.secret_key = server.secret_key;
  config.command = {QUOTEMILL_DOOR_CHILD, "--enrolment-door"};
  const auto second = EnrolmentDoor::open(config, {}, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kIo);
  EXPECT_NE(second.error().to_string().find(config.endpoint), std::string::npos);
}

TEST_F(Door, AProgramThatIsNotThereIsAnError) {
  EnrolmentDoorConfig config;
  config.endpoint = "tcp://127.0.0.1:*";
  config.command = {"/no/such/program"};
  EXPECT_FALSE(EnrolmentDoor::open(config, {}, {}));
}

// One message without an end: libzmq keeps each frame until the last one comes.
TEST_F(Door, EndlessFramesCostTheDoorNoMoreThanItsLimit) {
  std::atomic<bool> stop{false};
  std::thread attacker([&] {
    const Bytes frame(60'000);
    std::unique_ptr<Context> own = *Context::create();
    while (!stop) {
      SocketOptions options;
      options.curve = CurveClient{*generate_key_pair(), server.public_key};
      Result<Socket> socket = Socket::create(*own, options);
      if (!socket || !socket->connect(door->endpoint())) {
        continue;
      }
      // With SNDMORE libzmq takes frame after frame: the message is not complete.
      for (int i = 0; i < 3'000 && !stop; ++i) {
        if (zmq_send(socket->handle(), frame.data(), frame.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) <
            0) {
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
      }
      // Complete now, so that our own side sends it.
      zmq_send(socket->handle(), "x", 1, ZMQ_DONTWAIT);
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
  });
  std::uint64_t worst = 0;
  const bool was_hit = eventually(
      [&] {
        const std::string line = proc_line(door->pid(), "status", "VmRSS:");
        worst = std::max(worst, line.empty() ? std::uint64_t{0}
                                             : std::uint64_t{std::stoul(line.substr(6))} * 1024);
        return door->status().reopened > 0 || door->counters().restarts > 0;
      },
      30'000);
  stop = true;
  attacker.join();
  EXPECT_TRUE(was_hit);
  EXPECT_LT(worst, 300 * kMebibyte);
  RecordProperty("resident_bytes_worst", std::to_string(worst));
  EXPECT_TRUE(enrols_eventually("web-1"));
}

// --- Rows of HOSTILE_INPUTS --------------------------------------------------------------------

TEST_F(DoorCve, Cve2023_38200_IdleAndSlowConnectionsBlockNobody) {
  const std::uint16_t port = port_of(door->endpoint());
  std::vector<std::unique_ptr<RawConnection>> connections;
  const Bytes greeting_begin = {0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3};
  for (int i = 0; i < 300; ++i) {
    connections.push_back(std::make_unique<RawConnection>(port));
    ASSERT_TRUE(connections.back()->connected());
    if (i % 2 == 0) {
      connections.back()->send(greeting_begin);
    }
  }
  std::atomic<bool> stop{false};
  std::thread drip([&] {
    while (!stop) {
      for (const auto& connection : connections) {
        connection->send(Bytes{0});
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  });
  EXPECT_TRUE(enrols_eventually("web-1"));
  stop = true;
  drip.join();
  EXPECT_EQ(door->counters().restarts, 0U);
}

TEST_F(DoorCve, Cve2023_38200_APeerThatNeverReadsBlocksNobody) {
  std::vector<Socket> deaf;
  for (int i = 0; i < 20; ++i) {
    deaf.push_back(connect(*generate_key_pair()));
    for (int n = 0; n < 8; ++n) {
      deaf.back().send(encode_message({Role::kHost, 1, HelloMessage{}}));
    }
  }
  EXPECT_TRUE(enrols_eventually("web-1"));
}

TEST_F(DoorCve, Cve2023_38200_TooManyConnectionsReopenTheDoor) {
  open(DoorLimits{.memory_max = 96 * kMebibyte, .connections_max = 120});
  const std::uint16_t port = port_of(door->endpoint());
  std::vector<std::unique_ptr<RawConnection>> connections;
  for (int i = 0; i < 400; ++i) {
    connections.push_back(std::make_unique<RawConnection>(port));
  }
  EXPECT_TRUE(eventually([&] { return door->status().reopened > 0; }));
  connections.clear();
  EXPECT_TRUE(enrols_eventually("web-1"));
}

TEST_F(DoorCve, Cve2023_38201_AnEnrolmentAfterAWrongProofBeginsAnew) {
  const SoftTpm tpm;
  const CurveKeyPair pair = *generate_key_pair();
  Socket socket = connect(pair);
  socket.send(encode_message({Role::kHost, 1, request(tpm, "web-1")}));
  const std::optional<Message> offer = reply(socket);
  ASSERT_TRUE(offer && std::holds_alternative<CredentialMessage>(offer->body));
  socket.send(encode_message({Role::kHost, 2, ProofMessage{Bytes(32), {}, {}}}));
  const std::optional<Message> refused = reply(socket);
  ASSERT_TRUE(refused);
  EXPECT_EQ(std::get<EnrolledMessage>(refused->body).status, EnrolStatus::kDenied);
  socket.send(encode_message({Role::kHost, 3, ProofMessage{Bytes(32), {}, {}}}));
  const std::optional<Message> again = reply(socket);
  ASSERT_TRUE(again);
  EXPECT_EQ(std::get<ErrorMessage>(again->body).code, ErrorCode::kExpired);
}

}  // namespace
}  // namespace quotemill::transport
