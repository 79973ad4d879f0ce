// The attacks of DESIGN, section 5, on the daemon as it is installed: routing ids, endless frames,
// a ZAP handler that is not there yet or any more, keys that nobody admitted.
#include <array>
#include <atomic>
#include <fstream>
#include <thread>
#include <unistd.h>

#include "engine/base/byte_writer.h"
#include "tests/integration/hostile_fixture.h"
#include "tests/transport/server/raw_peer.h"

namespace quotemill {
namespace {

using std::chrono::milliseconds;
using testing::HostileTest;
using testing::kHostile;
using testing::kTrustedOnWire;
using testing::RawPeer;
using testing::SimHost;
using transport::Json;

constexpr std::size_t kMiB = 1024 * 1024;

class HostileNetwork : public HostileTest {
 protected:
  [[nodiscard]] std::unique_ptr<RawPeer> peer(const transport::ServerAddress& server,
                                              const transport::CurveKeyPair& keys) const {
    return std::make_unique<RawPeer>(server.endpoint, keys, server.server_key);
  }

  std::size_t daemon_resident_bytes() {
    std::ifstream statm("/proc/" + std::to_string(daemon_.process().pid()) + "/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    statm >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  }
};

// Sends frames that say "more" until told to stop; begins again when it is cut off.
class Flood {
 public:
  Flood(std::size_t frame_size, std::function<std::unique_ptr<RawPeer>()> connect)
      : thread_([this, frame_size, connect = std::move(connect)] {
          const Bytes frame(frame_size, 7);
          while (!stop_) {
            const std::unique_ptr<RawPeer> peer = connect();
            if (!peer->handshake()) {
              std::this_thread::sleep_for(milliseconds(50));
              continue;
            }
            while (!stop_ && peer->send_frame(frame, /*more=*/true)) {
              sent_ += frame.size();
            }
            cut_off_ += stop_ ? 0 : 1;
          }
        }) {}

  ~Flood() {
    stop_ = true;
    thread_.join();
  }

  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  [[nodiscard]] std::uint64_t sent() const { return sent_; }

  [[nodiscard]] unsigned cut_off() const { return cut_off_; }

 private:
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<unsigned> cut_off_{0};
  std::thread thread_;
};

TEST_F(HostileNetwork, EndlessFramesOfAnEnrolledHostAreCutOff) {
  std::size_t highest = 0;
  {
    const Flood flood(kMiB, [this] { return peer(daemon_.attest(), host_->keys()); });
    const std::uint64_t before = daemon_.sequence_of(testing::kHonest);
    // While it goes on, the honest host is served.
    EXPECT_TRUE(testing::eventually([&] {
      highest = std::max(highest, daemon_resident_bytes());
      return flood.cut_off() > 0 && attest_counter("socket_reopened") > 0 &&
             daemon_.sequence_of(testing::kHonest) > before + 1;
    })) << honest_.agent_log();
    EXPECT_GT(flood.sent(), 64 * kMiB) << "too little to be an attack";
  }
  // The bound is 256 MiB; what comes between two looks of the guard is beyond it.
  EXPECT_LT(highest, 768 * kMiB);
  EXPECT_TRUE(daemon_.has_logged("the attestation socket is reopened"));
}

TEST_F(HostileNetwork, EndlessFramesOfAnyoneStayInTheEnrolmentDoor) {
  const transport::CurveKeyPair stranger = *transport::generate_key_pair();
  const std::size_t before = daemon_resident_bytes();
  {
    const Flood flood(limits::kEnrolMessageSizeMax / 2,
                      [&] { return peer(daemon_.enrol(), stranger); });
    EXPECT_TRUE(testing::eventually([&] { return flood.cut_off() >= 2; }));
    EXPECT_GT(flood.sent(), 32 * kMiB);
    EXPECT_TRUE(daemon_.attests_again(testing::kHonest, 1)) << honest_.agent_log();
  }
  EXPECT_LT(daemon_resident_bytes(), before + 64 * kMiB);
  // The door tells its counters once a second.
  EXPECT_TRUE(testing::eventually([&] {
    return daemon_.counter("endpoints", "door", "reopened") +
               daemon_.counter("endpoints", "door", "restarts") >
           0;
  }));
  // The door is open again for honest hosts.
  SimHost late("late-01");
  ASSERT_TRUE(late.make_tpm(maker_));
  ASSERT_TRUE(late.power_on());
  EXPECT_TRUE(join(late, daemon_));
}

// An automatic routing id is a zero and a be32 that counts up from what rand() gave. Who claims the
// id that libzmq gives next aborts the process. These are the first values of an unseeded rand(),
// one for each socket of a process; in the daemon the fourth is the attestation socket's.
constexpr std::array<std::uint32_t, 8> kUnseeded = {0x6B8B4567, 0xE43C9869, 0xF4B0DC51, 0x2AE8944A,
                                                    0xA38E1F29, 0xBD1B58BA, 0xAEB141F2, 0x79E2A9E3};

// The id that an unseeded socket would give its connection of this number, from 0.
std::string routing_id(std::uint32_t unseeded, std::uint32_t connection) {
  ByteWriter id;
  id.u8(0).u32_be(unseeded + connection);
  return std::string(as_text(id.view()));
}

TEST_F(HostileNetwork, RoutingIdsThatAnEnrolledHostClaimsHarmNobody) {
  std::vector<std::unique_ptr<RawPeer>> peers;
  const Bytes hello =
      transport::encode_message({transport::Role::kHost, 1, host_->hello_message()});
  // The first two connections are the honest host's and the hostile one's. As many claims as one
  // key may connect at once.
  for (const std::size_t socket : {2U, 3U, 4U, 5U}) {
    peers.push_back(peer(daemon_.attest(), host_->keys()));
    ASSERT_TRUE(peers.back()->handshake(routing_id(kUnseeded.at(socket), 2)));
    EXPECT_TRUE(peers.back()->send_frame(hello, false));
  }
  honest_.stop_agent();
  honest_.start_agent(daemon_);
  EXPECT_TRUE(daemon_.attests_again(testing::kHonest)) << honest_.agent_log();
}

TEST_F(HostileNetwork, RoutingIdsThatAnyoneClaimsDoNotEndTheEnrolmentDoor) {
  std::vector<std::string> claims = {"same", "same", std::string(255, 'x'), std::string(1, '\0')};
  for (const std::uint32_t unseeded : kUnseeded) {
    // The first two connections were those by which the two hosts enrolled.
    for (const std::uint32_t connection : {2U, 3U}) {
      claims.push_back(routing_id(unseeded, connection));
    }
  }
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (const std::string& claim : claims) {
    peers.push_back(peer(daemon_.enrol(), *transport::generate_key_pair()));
    static_cast<void>(peers.back()->handshake(claim) && peers.back()->send_frame(Bytes(40), false));
  }
  SimHost late("late-01");
  ASSERT_TRUE(late.make_tpm(maker_));
  ASSERT_TRUE(late.power_on());
  EXPECT_TRUE(join(late, daemon_));
  EXPECT_EQ(daemon_.counter("endpoints", "door", "restarts"), 0U);
}

// A key that nobody admitted, knocking through every phase of the daemon's life. ZAP fails open
// where no handler answers: there must be no such moment.
TEST_F(HostileNetwork, AnUnadmittedKeyIsNeverAnsweredWhateverTheDaemonDoes) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  std::atomic<bool> stop{false};
  std::atomic<unsigned> knocks{0};
  std::atomic<unsigned> let_in{0};
  const transport::ServerAddress server = daemon_.attest();
  const Bytes hello =
      transport::encode_message({transport::Role::kHost, 1, host_->hello_message()});
  std::thread stranger([&] {
    const transport::CurveKeyPair keys = *transport::generate_key_pair();
    while (!stop) {
      const auto knocking = peer(server, keys);
      ++knocks;
      if (knocking->handshake() && knocking->send_frame(hello, false)) {
        ++let_in;
      }
      std::this_thread::sleep_for(milliseconds(5));
    }
  });
  EXPECT_TRUE(testing::eventually([&] { return knocks > 20; }));
  EXPECT_GT(daemon_.counter("endpoints", "handshakes", "refused_key") +
                daemon_.counter("endpoints", "handshakes", "refused_rate"),
            0U);
  for (int round = 0; round < 3; ++round) {
    if (round == 1) {
      daemon_.kill9();
    } else {
      EXPECT_EQ(daemon_.stop(), 0) << daemon_.log();
    }
    ASSERT_TRUE(daemon_.start());
    const unsigned so_far = knocks;
    EXPECT_TRUE(testing::eventually([&] { return knocks > so_far + 10; }));
    EXPECT_GT(daemon_.counter("endpoints", "handshakes", "refused_key"), 0U);
    EXPECT_EQ(daemon_.counter("endpoints", "attest", "unattributed"), 0U);
    EXPECT_EQ(daemon_.counter("endpoints", "attest", "unknown_key"), 0U);
  }
  stop = true;
  stranger.join();
  EXPECT_EQ(let_in, 0U);
  host_->connect();
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
}

// A host that an operator retires while it is connected is heard no more.
TEST_F(HostileNetwork, ARetiredHostIsRefusedOnItsOpenConnection) {
  EXPECT_EQ(host_->attest().state, kTrustedOnWire);
  daemon_.get("retire", {{"host", kHostile}, {"operator", "alice"}});
  EXPECT_TRUE(daemon_.logs("verb=retire"));
  const Json before = daemon_.host(host_->uid().hex());
  ASSERT_TRUE(host_->send(host_->hello_message()));
  EXPECT_EQ(host_->receive_error(), "denied");
  EXPECT_EQ(attest_counter("unknown_key"), 1U);
  EXPECT_TRUE(daemon_.logs("may not attest"));
  EXPECT_EQ(daemon_.host(host_->uid().hex()), before);
}

}  // namespace
}  // namespace quotemill
