#include "engine/esxi/log/tagged_data.h"

#include <gmock/gmock.h>

#include "bench/fleet/esxi_events.h"
#include "engine/eventlog/decode/secrets.h"

namespace quotemill {
namespace {

Bytes bytes_of(std::string_view text) {
  return to_bytes(as_bytes(text));
}

TEST(TaggedData, TakesExactlyOneTag) {
  const Bytes fits = {2, 0, 0, 0, 1, 0, 0, 0, 'x'};
  ASSERT_TRUE(read_tagged_data(fits));
  EXPECT_EQ(read_tagged_data(fits)->tag, 2U);
  EXPECT_EQ(read_tagged_data(fits)->data.size(), 1U);
  for (const std::uint8_t size : Bytes{0, 2, 255}) {
    Bytes lies = fits;
    lies[4] = size;
    EXPECT_FALSE(read_tagged_data(lies));
  }
  for (std::size_t size = 0; size < fits.size(); ++size) {
    EXPECT_FALSE(read_tagged_data(ByteView(fits).first(size))) << size;
  }
}

TEST(TaggedData, TakesNamesOfOneFile) {
  EXPECT_EQ(*read_module_name(bytes_of(std::string("b.b00\0", 6))), "b.b00");
  const std::vector<std::string> bad = {"",
                                        std::string("\0", 1),
                                        "b.b00",
                                        std::string("b\0b\0", 4),
                                        std::string("b.b00\0\0", 7),
                                        std::string("/b.b00\0", 7),
                                        std::string("b b\0", 4),
                                        std::string("b\x1b[0m\0", 6),
                                        std::string("b\xff\0", 3),
                                        std::string(300, 'b') + '\0'};
  for (const std::string& name : bad) {
    EXPECT_FALSE(read_module_name(bytes_of(name))) << name;
  }
}

TEST(TaggedData, TakesVersionRecordsWhoseTextsStayInside) {
  const Bytes good = bench::esxi_version_record("vmkboot", "8.0.3-1", "/b.b00");
  const Result<EsxiVersionRecord> record = read_version_record(good);
  ASSERT_TRUE(record);
  EXPECT_EQ(record->component, "vmkboot");
  EXPECT_EQ(record->version, "8.0.3-1");
  EXPECT_EQ(record->file, "/b.b00");
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(read_version_record(ByteView(good).first(size))) << size;
  }
  for (std::size_t at = 16; at < 32; at += 2) {
    Bytes outside = good;
    outside[at + 1] = 0xFF;
    const Result<EsxiVersionRecord> refused = read_version_record(outside);
    ASSERT_FALSE(refused) << at;
    EXPECT_THAT(refused.error().context, ::testing::HasSubstr("outside")) << at;
  }
  Bytes no_format = good;
  no_format[4] = 0;
  EXPECT_FALSE(read_version_record(no_format));
  Bytes control = good;
  control[32] = 0x1B;
  EXPECT_FALSE(read_version_record(control));
}

TEST(TaggedData, WhetherNulsAreCountedDoesNotMatter) {
  Bytes record = bench::esxi_version_record("vmkboot", "8.0.3-1", "/b.b00");
  --record[18];  // componentNameLen
  EXPECT_EQ(read_version_record(record)->component, "vmkboot");
}

TEST(TaggedData, AVersionRecordHasNoRoomForAModule) {
  const Bytes good = bench::esxi_version_record("vmkboot", "8.0.3-1", "/b.b00");
  const auto resized = [](Bytes record) {
    record[0] = static_cast<std::uint8_t>(record.size());
    record[1] = static_cast<std::uint8_t>(record.size() >> 8U);
    return record;
  };
  Bytes behind = good;
  behind.resize(good.size() + 3);
  EXPECT_FALSE(read_version_record(resized(behind))) << "its path does not end it";
  // Room in front of the path, and what may stand there.
  Bytes between = good;
  constexpr std::size_t kPathSize = 7;
  between.insert(between.end() - kPathSize, 4, 0);
  between[28] = static_cast<std::uint8_t>(between.size() - kPathSize);
  EXPECT_TRUE(read_version_record(resized(between)));
  between[between.size() - kPathSize - 2] = 'x';
  const Result<EsxiVersionRecord> hidden = read_version_record(resized(between));
  ASSERT_FALSE(hidden);
  EXPECT_THAT(hidden.error().context, ::testing::HasSubstr("none of its texts"));
  Bytes huge = good;
  huge.insert(huge.end() - kPathSize, 5000, 0);
  const std::size_t path = huge.size() - kPathSize;
  huge[28] = static_cast<std::uint8_t>(path);
  huge[29] = static_cast<std::uint8_t>(path >> 8U);
  EXPECT_FALSE(read_version_record(resized(huge)));
}

TEST(TaggedData, TakesPathsApart) {
  EXPECT_EQ(file_of_path("/a/b.b00"), "b.b00");
  EXPECT_EQ(file_of_path("b.b00"), "b.b00");
  EXPECT_EQ(stem_of("b.b00"), "b");
  EXPECT_EQ(stem_of("b"), "b");
  EXPECT_EQ(extension_of("state.tgz"), "tgz");
  EXPECT_EQ(extension_of("state"), "");
}

TEST(Secrets, AreLeftOutOfTextsAndBytes) {
  EXPECT_EQ(without_secrets("a encryptionRecoveryKey=X-1 b"),
            "a encryptionRecoveryKey=[redacted] b");
  EXPECT_EQ(without_secrets("ENCRYPTIONRECOVERYKEY = X-1"), "ENCRYPTIONRECOVERYKEY = [redacted]");
  EXPECT_EQ(without_secrets("recoveryKey=\"X 1\" b"), "recoveryKey=[redacted] b");
  EXPECT_EQ(without_secrets("a=1 password=x passwd=y"),
            "a=1 password=[redacted] passwd=[redacted]");
  EXPECT_EQ(without_secrets("encryptionRecoveryKey="), "encryptionRecoveryKey=");
  EXPECT_EQ(without_secrets("bootUUID=12 x"), "bootUUID=12 x");
  EXPECT_EQ(as_text(without_secrets(as_bytes("password=ab c"))), "password=** c");
  EXPECT_TRUE(has_secret(as_bytes("x recoveryKey=1")));
  EXPECT_FALSE(has_secret(as_bytes("x recoveryKeys=1")));
}

}  // namespace
}  // namespace quotemill
