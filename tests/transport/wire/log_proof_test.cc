#include "transport/wire/log_proof.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "engine/crypto/key_agreement.h"

namespace quotemill::transport {
namespace {

// A CURVE key pair: the public half is X25519(secret, 9).
struct Pair {
  CurveKey secret;
  CurveKey public_key;
};

Pair pair_of(std::uint8_t byte) {
  Pair pair;
  pair.secret.fill(byte);
  CurveKey base{};
  base[0] = 9;
  const Result<Bytes> made = agree_x25519(pair.secret, base);
  EXPECT_TRUE(made);
  std::copy(made->begin(), made->end(), pair.public_key.begin());
  return pair;
}

LogsMessage segment() {
  return {7, LogKind::kBoot, 100, 10, {1, 2, 3}};
}

class LogProof : public ::testing::Test {
 protected:
  [[nodiscard]] Digest made(const LogsMessage& message) const {
    return log_proof(key_, item_, message);
  }

  const Pair host_ = pair_of(0x11);
  const Pair server_ = pair_of(0x22);
  const Digest key_ =
      *log_proof_key(host_.secret, server_.public_key, host_.public_key, server_.public_key);
  const Bytes item_ = {9, 9};
};

TEST_F(LogProof, IsTheSameAtTheHostAndAtTheServer) {
  const Result<Digest> at_server =
      log_proof_key(server_.secret, host_.public_key, host_.public_key, server_.public_key);
  ASSERT_TRUE(at_server);
  EXPECT_EQ(*at_server, key_);
  EXPECT_EQ(log_proof(*at_server, item_, segment()), made(segment()));
}

TEST_F(LogProof, IsAnothersForAnotherKey) {
  const Pair gateway = pair_of(0x33);
  const Result<Digest> forged =
      log_proof_key(gateway.secret, server_.public_key, host_.public_key, server_.public_key);
  ASSERT_TRUE(forged);
  EXPECT_NE(log_proof(*forged, item_, segment()), made(segment()));
}

TEST_F(LogProof, CoversEveryFieldOfTheSegmentAndTheEvidence) {
  const Digest good = made(segment());
  LogsMessage other = segment();
  other.kind = LogKind::kRuntime;
  EXPECT_NE(made(other), good);
  other = segment();
  other.total_bytes = 101;
  EXPECT_NE(made(other), good);
  other = segment();
  other.offset = 11;
  EXPECT_NE(made(other), good);
  other = segment();
  other.segment[2] = 4;
  EXPECT_NE(made(other), good);
  EXPECT_NE(log_proof(key_, Bytes{9, 8}, segment()), good);
}

TEST_F(LogProof, HasNoKeyForAPointOfSmallOrder) {
  EXPECT_FALSE(log_proof_key(host_.secret, CurveKey{}, host_.public_key, server_.public_key));
}

}  // namespace
}  // namespace quotemill::transport
