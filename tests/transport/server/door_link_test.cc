#include "transport/server/door_link.h"

#include <array>

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

std::array<int, 2> make_pair() {
  std::array<int, 2> pair{};
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair.data()), 0);
  return pair;
}

template <class T>
T round_trip(const T& packet) {
  const Result<DoorPacket> decoded = decode_packet(encode_packet(packet));
  EXPECT_TRUE(decoded);
  return std::get<T>(*decoded);
}

TEST(DoorLink, PacketsKeepTheirFields) {
  DoorConfig config;
  config.secret_key.fill(7);
  config.endpoint = "tcp://127.0.0.1:1";
  config.limits = {1, 2, {0.5, 3}, {4, 5}, {6, 7}};
  const DoorConfig same = round_trip(config);
  EXPECT_EQ(same.secret_key, config.secret_key);
  EXPECT_EQ(same.endpoint, config.endpoint);
  EXPECT_EQ(same.limits.memory_max, 1U);
  EXPECT_EQ(same.limits.connections_max, 2U);
  EXPECT_EQ(same.limits.messages_per_client.per_second, 0.5);
  EXPECT_EQ(same.limits.handshakes.burst, 7);
  EXPECT_EQ(round_trip(DoorReady{"e"}).endpoint, "e");
  EXPECT_EQ(round_trip(DoorFailed{"f"}).reason, "f");
  const DoorRequest request = round_trip(DoorRequest{CurveKey{1}, {2, 3}, {4, 5, 6}});
  EXPECT_EQ(request.client, CurveKey{1});
  EXPECT_EQ(request.handle, (Bytes{2, 3}));
  EXPECT_EQ(request.frame, (Bytes{4, 5, 6}));
  const DoorReply reply = round_trip(DoorReply{{2}, {}});
  EXPECT_EQ(reply.handle, Bytes{2});
  EXPECT_TRUE(reply.frame.empty());
  EXPECT_EQ(round_trip(DoorStatus{1, 2, 3, 4, 5, 6, 7, 8}).resident_bytes, 8U);
}

TEST(DoorLink, RefusesWhatIsNoPacket) {
  EXPECT_FALSE(decode_packet({}));
  EXPECT_FALSE(decode_packet(Bytes{99}));
  EXPECT_FALSE(decode_packet(Bytes{4, 1, 2}));
  Bytes ready = encode_packet(DoorReady{"e"});
  ready.push_back(0);
  EXPECT_FALSE(decode_packet(ready));
}

TEST(DoorLink, CarriesTheLargestFrame) {
  const auto pair = make_pair();
  DoorLink left(pair[0]);
  DoorLink right(pair[1]);
  const DoorRequest request{{}, Bytes(255), Bytes(limits::kEnrolMessageSizeMax, 0xAB)};
  ASSERT_EQ(left.send(request), DoorLink::Outcome::kDone);
  std::optional<DoorPacket> packet;
  ASSERT_EQ(right.receive(packet), DoorLink::Outcome::kDone);
  EXPECT_EQ(std::get<DoorRequest>(*packet).frame, request.frame);
  EXPECT_EQ(right.receive(packet), DoorLink::Outcome::kNotNow);
}

TEST(DoorLink, NeverBlocksOnASlowReader) {
  const auto pair = make_pair();
  DoorLink left(pair[0]);
  const DoorLink right(pair[1]);
  const DoorReply reply{{}, Bytes(60'000)};
  DoorLink::Outcome outcome = DoorLink::Outcome::kDone;
  for (int i = 0; i < 1000 && outcome == DoorLink::Outcome::kDone; ++i) {
    outcome = left.send(reply);
  }
  EXPECT_EQ(outcome, DoorLink::Outcome::kNotNow);
}

TEST(DoorLink, NoticesTheEndOfTheOtherSide) {
  const auto pair = make_pair();
  DoorLink left(pair[0]);
  { const DoorLink right(pair[1]); }
  std::optional<DoorPacket> packet;
  EXPECT_EQ(left.receive(packet), DoorLink::Outcome::kEnded);
  EXPECT_EQ(left.send(DoorReply{}), DoorLink::Outcome::kEnded);
}

TEST(DoorLink, TakesNonsenseForTheEnd) {
  const auto pair = make_pair();
  DoorLink left(pair[0]);
  const std::uint8_t nonsense = 99;
  ASSERT_EQ(::send(pair[1], &nonsense, 1, 0), 1);
  std::optional<DoorPacket> packet;
  EXPECT_EQ(left.receive(packet), DoorLink::Outcome::kEnded);
  const Bytes huge(limits::kEnrolMessageSizeMax * 2);
  ASSERT_GT(::send(pair[1], huge.data(), huge.size(), 0), 0);
  EXPECT_EQ(left.receive(packet), DoorLink::Outcome::kEnded);
  const DoorLink right(pair[1]);
}

}  // namespace
}  // namespace quotemill::transport
