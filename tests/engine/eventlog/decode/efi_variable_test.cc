#include "engine/eventlog/decode/efi_variable.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/eventlog/decode/authority.h"
#include "tests/engine/eventlog/decode/event_bytes.h"

namespace quotemill {
namespace {

using testing::file_path;
using testing::utf16;
using testing::variable_data;

Bytes load_option(std::string_view description, ByteView path) {
  ByteWriter out;
  out.u32_le(1).u16_le(static_cast<std::uint16_t>(path.size())).bytes(utf16(description));
  return out.u16_le(0).bytes(path).bytes(Bytes{9, 9}).take();
}

TEST(EfiVariable, HasVendorNameAndValue) {
  const Bytes data = variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{1});
  const auto variable = decode_efi_variable(data);
  ASSERT_TRUE(variable);
  EXPECT_TRUE(variable->is(guids::kGlobalVariable, "SecureBoot"));
  EXPECT_FALSE(variable->is(guids::kShimLock, "SecureBoot"));
  EXPECT_EQ(variable->value.size(), 1U);
}

TEST(EfiVariableHostile, RefusesEveryTruncationAndCountsBytesBehind) {
  Bytes data = variable_data(guids::kGlobalVariable, "SecureBoot", Bytes{1});
  for (std::size_t size = 0; size < data.size(); ++size) {
    EXPECT_FALSE(decode_efi_variable(ByteView(data).first(size))) << size;
  }
  data.push_back(0);
  ASSERT_TRUE(decode_efi_variable(data));
  EXPECT_EQ(decode_efi_variable(data)->behind, 1U);
  EXPECT_EQ(decode_efi_variable(data)->value.size(), 1U);
}

TEST(EfiVariableHostile, RefusesLengthsThatOverflow) {
  for (const std::size_t at : {16U, 24U}) {
    for (const std::uint8_t top : Bytes{0x7F, 0x80, 0xFF}) {
      Bytes data = variable_data(guids::kGlobalVariable, "db", Bytes(100));
      data[at + 7] = top;
      EXPECT_FALSE(decode_efi_variable(data));
    }
  }
}

TEST(LoadOption, HasDescriptionAndPath) {
  const Bytes value = load_option("debian", file_path("\\EFI\\debian\\shimx64.efi"));
  const auto option = decode_load_option(value);
  ASSERT_TRUE(option);
  EXPECT_TRUE(option->active);
  EXPECT_EQ(option->description, "debian");
  EXPECT_EQ(option->optional_data.size(), 2U);
}

TEST(LoadOptionHostile, RefusesADescriptionWithoutEndAndAPathTooLong) {
  EXPECT_FALSE(decode_load_option(Bytes{1, 0, 0, 0, 0, 0, 'a', 0}));
  EXPECT_FALSE(decode_load_option(Bytes{1, 0, 0, 0, 0xFF, 0xFF, 'a', 0, 0, 0}));
  EXPECT_FALSE(decode_load_option(Bytes{1, 0}));
}

TEST(BootOrder, IsAListOfNumbers) {
  const auto order = decode_boot_order(Bytes{2, 0, 1, 0});
  ASSERT_TRUE(order);
  EXPECT_EQ(*order, (std::vector<std::uint16_t>{2, 1}));
}

TEST(BootOrderHostile, RefusesAnOddSizeAndTooMany) {
  EXPECT_FALSE(decode_boot_order(Bytes{1}));
  EXPECT_FALSE(decode_boot_order(Bytes(2 * (limits::kBootEntriesMax + 1))));
}

TEST(Authority, IsASignatureOrACertificateAlone) {
  Bytes certificate(100, 0);
  certificate[0] = 0x30;
  certificate[1] = 0x82;
  EXPECT_EQ(decode_authority(certificate).certificate.size(), 100U);
  Bytes entry(16, 0x77);
  entry.insert(entry.end(), certificate.begin(), certificate.end());
  EXPECT_EQ(decode_authority(entry).certificate.size(), 100U);
  EXPECT_EQ(decode_authority(Bytes(16 + 32, 1)).digest.size(), 32U);
  EXPECT_TRUE(decode_authority(Bytes(20, 1)).certificate.empty());
  EXPECT_TRUE(decode_authority({}).digest.empty());
}

}  // namespace
}  // namespace quotemill
