#include "transport/wire/envelope.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"

namespace quotemill::transport {
namespace {

Bytes frame_of(Kind kind, ByteView body, std::uint16_t items = 0) {
  Envelope envelope;
  envelope.kind = kind;
  envelope.role = Role::kHost;
  envelope.items = items;
  envelope.correlation = 0x1122334455667788;
  return seal_frame(envelope, body);
}

ErrorCode refusal(const Bytes& frame) {
  const Result<OpenedFrame> opened = open_frame(frame);
  return opened ? ErrorCode::kInternal : opened.error().code;
}

TEST(Envelope, HasTheDocumentedLayout) {
  const Bytes frame = frame_of(Kind::kEvidence, Bytes{0xAA, 0xBB}, 3);
  EXPECT_EQ(to_hex(frame),
            "514d494c"          // magic
            "010101"            // version, lowest, highest
            "12"                // EVIDENCE
            "01"                // host
            "00"                // reserved
            "0300"              // items
            "00000000"          // header bytes
            "02000000"          // body bytes
            "8877665544332211"  // correlation
            "00000000"          // reserved
            "aabb");
}

TEST(Envelope, RoundTripsEveryKind) {
  for (unsigned number = 0; number < 256; ++number) {
    const std::optional<Kind> kind = message_kind(static_cast<std::uint8_t>(number));
    if (!kind) {
      continue;
    }
    const Bytes body = {1, 2, 3};
    const Bytes frame = frame_of(*kind, body, *kind == Kind::kEvidence ? 1 : 0);
    const Result<OpenedFrame> opened = open_frame(frame);
    ASSERT_TRUE(opened) << name_of(*kind);
    EXPECT_EQ(opened->envelope.kind, *kind);
    EXPECT_EQ(opened->envelope.role, Role::kHost);
    EXPECT_EQ(opened->envelope.correlation, 0x1122334455667788U);
    EXPECT_TRUE(equal(opened->body, body));
  }
}

TEST(Envelope, RefusesEveryTruncationAndATrailingByte) {
  Bytes frame = frame_of(Kind::kHello, Bytes{1, 2, 3, 4});
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(refusal(Bytes(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(size))),
              ErrorCode::kTruncated)
        << size;
  }
  frame.push_back(0);
  EXPECT_EQ(refusal(frame), ErrorCode::kTrailing);
}

TEST(Envelope, RefusesEveryWrongFieldByName) {
  struct Case {
    std::size_t offset;
    std::uint8_t value;
    ErrorCode code;
    const char* context;
  };

  const Case cases[] = {
      {0, 'X', ErrorCode::kMalformed, "envelope.magic"},
      {4, 0, ErrorCode::kUnsupported, "envelope.version"},
      {4, 2, ErrorCode::kUnsupported, "envelope.version"},
      {5, 2, ErrorCode::kMalformed, "envelope.version_range"},
      {6, 0, ErrorCode::kMalformed, "envelope.version_range"},
      {7, 0, ErrorCode::kUnsupported, "envelope.kind"},
      {7, 99, ErrorCode::kUnsupported, "envelope.kind"},
      {8, 3, ErrorCode::kUnsupported, "envelope.role"},
      {9, 1, ErrorCode::kMalformed, "envelope.reserved"},
      {10, 1, ErrorCode::kMalformed, "envelope.items"},
      {12, 1, ErrorCode::kUnsupported, "envelope.header"},
      {28, 1, ErrorCode::kMalformed, "envelope.reserved"},
      {31, 1, ErrorCode::kMalformed, "envelope.reserved"},
  };
  for (const Case& one : cases) {
    Bytes frame = frame_of(Kind::kHello, Bytes{1});
    frame[one.offset] = one.value;
    const Result<OpenedFrame> opened = open_frame(frame);
    ASSERT_FALSE(opened) << one.context;
    EXPECT_EQ(opened.error().code, one.code) << one.context;
    EXPECT_STREQ(opened.error().context, one.context);
  }
}

TEST(Envelope, ReadsALaterSendersVersionRange) {
  Bytes frame = frame_of(Kind::kHello, Bytes{1});
  frame[6] = 7;
  EXPECT_TRUE(open_frame(frame));
}

TEST(Envelope, RefusesABodyLengthThatIsNotTheFrames) {
  Bytes frame = frame_of(Kind::kHello, Bytes{1, 2});
  frame[16] = 3;
  EXPECT_EQ(refusal(frame), ErrorCode::kTruncated);
  frame[16] = 1;
  EXPECT_EQ(refusal(frame), ErrorCode::kTrailing);
  frame[16] = frame[17] = frame[18] = frame[19] = 0xFF;
  EXPECT_EQ(refusal(frame), ErrorCode::kTruncated);
}

TEST(Envelope, RefusesAnOversizedFrameAndTooManyItems) {
  EXPECT_EQ(refusal(Bytes(limits::kMessageSizeMax + 1)), ErrorCode::kTooLarge);
  EXPECT_EQ(refusal(frame_of(Kind::kEvidence, {}, limits::kItemsPerMessageMax + 1)),
            ErrorCode::kMalformed);
}

}  // namespace
}  // namespace quotemill::transport
