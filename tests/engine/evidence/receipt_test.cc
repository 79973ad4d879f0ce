#include "engine/evidence/receipt.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

Receipt some_receipt() {
  Receipt receipt;
  receipt.state = 2;
  receipt.host.bytes.fill(0x11);
  receipt.generation = 3;
  receipt.number = 0x0102030405060708;
  receipt.next_due_ms = 60'000;
  receipt.next_nonce = Nonce{};
  receipt.next_nonce->fill(0x33);
  receipt.nonce_valid_ms = 90'000;
  receipt.selections = {{HashAlgorithm::kSha256, 0x43FF}, {HashAlgorithm::kSha1, 1}};
  receipt.findings = {{2, "quote.signature", "the signature is not the attestation key's"},
                      {1, "boot.baseline_absent", ""}};
  return receipt;
}

void expect_equal(const Receipt& left, const Receipt& right) {
  EXPECT_EQ(left.state, right.state);
  EXPECT_EQ(left.host, right.host);
  EXPECT_EQ(left.generation, right.generation);
  EXPECT_EQ(left.number, right.number);
  EXPECT_EQ(left.next_due_ms, right.next_due_ms);
  EXPECT_EQ(left.next_nonce, right.next_nonce);
  EXPECT_EQ(left.nonce_valid_ms, right.nonce_valid_ms);
  EXPECT_EQ(left.selections, right.selections);
  ASSERT_EQ(left.findings.size(), right.findings.size());
  for (std::size_t i = 0; i < left.findings.size(); ++i) {
    EXPECT_EQ(left.findings[i].severity, right.findings[i].severity);
    EXPECT_EQ(left.findings[i].code, right.findings[i].code);
    EXPECT_EQ(left.findings[i].message, right.findings[i].message);
  }
}

TEST(Receipt, RoundTripsEverything) {
  Receipt receipt = some_receipt();
  for (const bool has_nonce : {true, false}) {
    if (!has_nonce) {
      receipt.next_nonce.reset();
      receipt.nonce_valid_ms = 0;
    }
    const Bytes bytes = encode_receipt(receipt);
    const Result<Receipt> decoded = decode_receipt(bytes);
    ASSERT_TRUE(decoded) << decoded.error().to_string();
    expect_equal(*decoded, receipt);
    EXPECT_EQ(encode_receipt(*decoded), bytes);
  }
}

TEST(Receipt, IsTheDocumentedLayout) {
  Receipt receipt = some_receipt();
  receipt.selections.resize(1);
  receipt.findings = {{1, "a", "bc"}};
  EXPECT_EQ(to_hex(encode_receipt(receipt)),
            "01020100"
            "11111111111111111111111111111111"
            "03000000"
            "0807060504030201"
            "60ea0000"
            "905f0100"
            "3333333333333333333333333333333333333333333333333333333333333333"
            "01"
            "0b00ff430000"
            "01"
            "01"
            "010061"
            "02006263");
}

TEST(Receipt, RefusesEveryTruncationAndTrailingBytes) {
  Bytes bytes = encode_receipt(some_receipt());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_receipt(ByteView(bytes).subspan(0, size))) << size;
  }
  bytes.push_back(0);
  EXPECT_EQ(decode_receipt(bytes).error().code, ErrorCode::kTrailing);
}

TEST(Receipt, RefusesUnknownVersionsFlagsAndReservedBits) {
  const auto with = [](std::size_t at, std::uint8_t value) {
    Bytes bytes = encode_receipt(some_receipt());
    bytes[at] = value;
    const Result<Receipt> decoded = decode_receipt(bytes);
    return decoded ? ErrorCode::kInternal : decoded.error().code;
  };
  EXPECT_EQ(with(0, 2), ErrorCode::kUnsupported);
  EXPECT_EQ(with(2, 2), ErrorCode::kMalformed);
  EXPECT_EQ(with(3, 1), ErrorCode::kMalformed);
  EXPECT_EQ(with(72, 0xFF), ErrorCode::kTooLarge);   // selections
  EXPECT_EQ(with(73, 0x99), ErrorCode::kMalformed);  // bank
  EXPECT_EQ(with(78, 0x01), ErrorCode::kMalformed);  // PCR 24
}

TEST(Receipt, CutsWhatIsTooMuch) {
  Receipt receipt = some_receipt();
  receipt.findings.assign(300, {2, std::string(100, 'c'), std::string(3000, 'm')});
  const Result<Receipt> decoded = decode_receipt(encode_receipt(receipt));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->findings.size(), 255U);
  EXPECT_EQ(decoded->findings[0].code.size(), 64U);
  EXPECT_EQ(decoded->findings[0].message.size(), 1024U);
}

}  // namespace
}  // namespace quotemill
