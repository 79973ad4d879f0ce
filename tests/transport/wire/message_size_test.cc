// How large messages are while nothing changes: what a whole fleet sends and is sent, day by day.
#include <gtest/gtest.h>

#include "engine/evidence/receipt.h"
#include "tests/engine/pipeline/small_engine.h"
#include "transport/wire/message.h"

namespace quotemill::transport {
namespace {

using quotemill::testing::baseline_of;
using quotemill::testing::SmallEngine;
using quotemill::testing::SoftwareHost;

constexpr std::size_t kMost = 1'000;
// What CURVE and ZMTP add to a frame: nonce, authenticator, flags, lengths.
constexpr std::size_t kChannel = 64;

class MessageSize : public ::testing::TestWithParam<KeyKind> {};

INSTANTIATE_TEST_SUITE_P(Keys, MessageSize, ::testing::Values(KeyKind::kRsa, KeyKind::kEcP256));

TEST_P(MessageSize, AQuoteOfAnUnchangedHostAndItsReceiptAreBelowAKilobyteEach) {
  SmallEngine engine(default_policy(), {baseline_of(SoftwareHost())});
  SoftwareHost host(GetParam());
  engine.enrol(host);
  ASSERT_EQ(engine.attest(host).kind, ReplyKind::kReceipt);
  host.clock.clock_ms += 10;
  Bytes item;
  const Reply reply = engine.attest(
      host, [](auto& draft) { draft.sent.clear(); },
      [&item](Submission& submission) { item = submission.item; });
  ASSERT_EQ(reply.kind, ReplyKind::kReceipt) << "no log was asked for";
  const Result<Receipt> receipt = decode_receipt(reply.body);
  ASSERT_TRUE(receipt);
  ASSERT_EQ(static_cast<TrustState>(receipt->state), TrustState::kTrusted);
  EXPECT_EQ(engine.counters.quote_enough.load(), 1U);
  const Bytes sent = encode_message({Role::kHost, 1, EvidenceMessage{{item}}});
  const Bytes received = encode_reply(1, ReceiptMessage{reply.body});
  EXPECT_LE(sent.size() + kChannel, kMost);
  EXPECT_LE(received.size() + kChannel, kMost);
  EXPECT_GT(sent.size(), item.size());
}

}  // namespace
}  // namespace quotemill::transport
