#include "transport/server/change_publisher.h"

#include <gtest/gtest.h>

#include "tests/support/temp_folder.h"
#include "tests/transport/socket/loopback.h"

namespace quotemill::transport {
namespace {

std::string render(std::string_view stream_id, const Change& change) {
  return "{\"id\":\"" + std::string(stream_id) + ":" + std::to_string(change.sequence) + "\"}";
}

TEST(ChangePublisher, SubscribersGetOneLineAChangeInOrder) {
  const testing::TempFolder folder;
  const std::unique_ptr<Context> context = testing::make_context();
  const std::string endpoint = "ipc://" + (folder / "changes").string();
  auto publisher = ChangePublisher::create(*context, {endpoint, {}}, render);
  ASSERT_TRUE(publisher) << publisher.error().to_string();
  SocketOptions options;
  options.type = SocketType::kSubscribe;
  options.receive_queue = 1000;
  Socket reader = testing::make_socket(*context, options);
  ASSERT_TRUE(reader.subscribe(""));
  ASSERT_TRUE(reader.connect(endpoint));
  std::vector<Change> changes(3);
  // Until the subscription has arrived, lines are for nobody.
  std::optional<Received> first;
  for (std::uint64_t i = 1; i < 500 && !first; ++i) {
    changes[0].sequence = i;
    (*publisher)->publish("S", std::span(changes).first(1));
    first = testing::receive_within(reader, 10);
  }
  ASSERT_TRUE(first);
  while (testing::receive_within(reader, 50)) {
  }
  for (std::uint64_t i = 0; i < 3; ++i) {
    changes[i].sequence = 1000 + i;
  }
  (*publisher)->publish("S", changes);
  for (std::uint64_t i = 0; i < 3; ++i) {
    const auto line = testing::receive_within(reader, 5000);
    ASSERT_TRUE(line);
    EXPECT_EQ(as_text(line->payload), "{\"id\":\"S:" + std::to_string(1000 + i) + "\"}\n");
  }
}

TEST(ChangePublisher, AReaderThatDoesNotReadHoldsUpNobody) {
  const testing::TempFolder folder;
  const std::unique_ptr<Context> context = testing::make_context();
  const std::string endpoint = "ipc://" + (folder / "changes").string();
  auto publisher = ChangePublisher::create(*context, {endpoint, {}, 10}, render);
  ASSERT_TRUE(publisher);
  SocketOptions options;
  options.type = SocketType::kSubscribe;
  options.receive_queue = 1;
  Socket reader = testing::make_socket(*context, options);
  ASSERT_TRUE(reader.subscribe(""));
  ASSERT_TRUE(reader.connect(endpoint));
  const std::vector<Change> changes(100);
  for (int i = 0; i < 1000; ++i) {
    (*publisher)->publish("S", changes);
  }
  EXPECT_EQ((*publisher)->published(), 100'000U);
}

TEST(ChangePublisher, OverANetworkItNeedsCurve) {
  const std::unique_ptr<Context> context = testing::make_context();
  const auto publisher = ChangePublisher::create(*context, {"tcp://127.0.0.1:*", {}}, render);
  ASSERT_FALSE(publisher);
  EXPECT_EQ(publisher.error().code, ErrorCode::kConfig);
}

}  // namespace
}  // namespace quotemill::transport
