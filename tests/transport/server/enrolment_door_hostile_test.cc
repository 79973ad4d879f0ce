// Clients that want to tie the door up, or get more out of it than they should.
#include <chrono>
#include <cstring>
#include <thread>
#include <unistd.h>
#include <zmq.h>

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "tests/transport/server/enrolment_door_fixture.h"

namespace quotemill::transport {
namespace {

using testing::SoftTpm;

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

using Door = EnrolmentDoorTest;
using DoorCve = EnrolmentDoorTest;

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
  const bool was_hit = eventually([&] {
    const std::string line = proc_line(door->pid(), "status", "VmRSS:");
    worst = std::max(
        worst, line.empty() ? std::uint64_t{0} : std::uint64_t{std::stoul(line.substr(6))} * 1024);
    return door->status().reopened > 0 || door->counters().restarts > 0;
  });
  stop = true;
  attacker.join();
  EXPECT_TRUE(was_hit);
  EXPECT_LT(worst, 300 * kMebibyte);
  RecordProperty("resident_bytes_worst", std::to_string(worst));
  EXPECT_TRUE(enrols_eventually("web-1"));
}

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
