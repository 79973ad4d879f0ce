#include "engine/identity/transcript.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"

namespace quotemill {
namespace {

EnrolmentChannel channel() {
  EnrolmentChannel channel;
  channel.server_key.fill(0x11);
  channel.host_key.fill(0x22);
  return channel;
}

const Bytes kEk = {0x00, 0x01, 0xEE, 0xEE};
const Bytes kAk = {0x00, 0x01, 0xAA, 0xAA};
const Credential kCredential{{0x00, 0x01, 0x33}, {0x00, 0x01, 0x44}};

TEST(Transcript, IsTheHashOfTheDocumentedBytes) {
  Bytes expected = to_bytes(as_bytes("quotemill/1/transcript"));
  expected.insert(expected.end(), 32, 0x11);
  expected.insert(expected.end(), 32, 0x22);
  const Bytes rest = *from_hex(
      "0001610004"
      "0001eeee"
      "0004"
      "0001aaaa"
      "000133"
      "000144");
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(enrolment_transcript(channel(), {"a", kEk, kAk}, kCredential),
            hash(HashAlgorithm::kSha256, expected));
}

TEST(Transcript, IsTheSameForTpm2bAndTpmtPublic) {
  const Bytes ek = ByteWriter().sized16_be(kEk).take();
  const Bytes ak = ByteWriter().sized16_be(kAk).take();
  EXPECT_EQ(enrolment_transcript(channel(), {"a", ek, ak}, kCredential),
            enrolment_transcript(channel(), {"a", kEk, kAk}, kCredential));
}

TEST(Transcript, ChangesWithEachOfItsParts) {
  const Digest base = enrolment_transcript(channel(), {"a", kEk, kAk}, kCredential);
  EnrolmentChannel other_server = channel();
  other_server.server_key[31] ^= 1U;
  EnrolmentChannel other_host = channel();
  other_host.host_key[0] ^= 1U;
  EXPECT_NE(enrolment_transcript(other_server, {"a", kEk, kAk}, kCredential), base);
  EXPECT_NE(enrolment_transcript(other_host, {"a", kEk, kAk}, kCredential), base);
  EXPECT_NE(enrolment_transcript(channel(), {"b", kEk, kAk}, kCredential), base);
  EXPECT_NE(enrolment_transcript(channel(), {"a", kAk, kAk}, kCredential), base);
  EXPECT_NE(enrolment_transcript(channel(), {"a", kEk, kEk}, kCredential), base);
  EXPECT_NE(enrolment_transcript(channel(), {"a", kEk, kAk}, {{1}, {2}}), base);
}

TEST(Transcript, ProofAndQualifyingDataAreSeparated) {
  const Digest transcript = enrolment_transcript(channel(), {"a", kEk, kAk}, kCredential);
  EXPECT_EQ(enrolment_qualifying_data(transcript),
            hash(HashAlgorithm::kSha256, {as_bytes("quotemill/1/enrol"), transcript.view()}));
  EXPECT_EQ(enrolment_hmac(kEk, transcript), hmac_sha256(kEk, transcript.view()));
}

}  // namespace
}  // namespace quotemill
