#include "engine/eventlog/decode/no_action.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "tests/engine/eventlog/decode/event_bytes.h"
#include "tests/engine/eventlog/decode/shown_fields.h"
#include "tests/engine/eventlog/log_bytes.h"

namespace quotemill {
namespace {

using namespace std::string_view_literals;
using testing::shown;

ByteWriter with_signature(std::string_view signature) {
  Bytes padded = to_bytes(as_bytes(signature));
  padded.resize(16);
  ByteWriter out;
  out.bytes(padded);
  return out;
}

void add_text(ByteWriter& out, std::string_view text) {
  out.u8(static_cast<std::uint8_t>(text.size() + 1)).bytes(as_bytes(text)).u8(0);
}

// TCG_Sp800_155_PlatformId_Event2 behind its signature.
void add_platform_id(ByteWriter& out) {
  out.u32_le(0x157).bytes(Bytes(16, 0x11));
  for (const std::string_view text : {"Maker"sv, "Model"sv, "1.0"sv, "FirmCo"sv}) {
    add_text(out, text);
  }
  out.u32_le(0xA278);
  add_text(out, "2.3.1");
}

const std::string kPlatformId =
    "vendor_id=343, manifest=11111111-1111-1111-1111-111111111111, platform_manufacturer=Maker, "
    "platform_model=Model, platform_version=1.0, firmware_manufacturer=FirmCo, "
    "firmware_manufacturer_id=41592, firmware_version=2.3.1";

TEST(NoAction, TheHeaderHasItsBanksAndTheVendorsInformation) {
  Bytes data = testing::spec_id_data({HashAlgorithm::kSha1, HashAlgorithm::kSha256});
  EXPECT_EQ(shown(describe_no_action(data)),
            "signature=Spec ID Event03, platform_class=0, version=2.0 errata 0, "
            "banks=[sha1, sha256]");
  data.back() = 2;
  data.insert(data.end(), {0xBE, 0xEF});
  EXPECT_EQ(shown(describe_no_action(data)),
            "signature=Spec ID Event03, platform_class=0, version=2.0 errata 0, "
            "banks=[sha1, sha256], vendor_info=beef");
}

TEST(NoAction, StartupLocalityHasItsNumber) {
  EXPECT_EQ(shown(describe_no_action(with_signature("StartupLocality").u8(3).view())),
            "signature=StartupLocality, locality=3");
}

// The example is of tcglog-parser's tests: a TPMT_HA, in the TPM's byte order.
TEST(NoAction, AnHcrtmComponentHasItsDigest) {
  const std::optional<Bytes> data = from_hex(
      "482d4352544d20436f6d704d6561730006482d4352544d002200000b"
      "21268e6804daa48d4a6a36960bda877f39a567510482cbc7fc0d41e3e6b06b2b");
  ASSERT_TRUE(data);
  EXPECT_EQ(shown(describe_no_action(*data)),
            "signature=H-CRTM CompMeas, component=H-CRTM, digest=sha256:"
            "21268e6804daa48d4a6a36960bda877f39a567510482cbc7fc0d41e3e6b06b2b");
}

TEST(NoAction, AnHcrtmComponentMayBeGivenAsItIs) {
  ByteWriter out = with_signature("H-CRTM CompMeas");
  out.u8(5).bytes(as_bytes("CRTM1"sv)).u8(0x80).u16_le(3).bytes(Bytes{1, 2, 3});
  EXPECT_EQ(shown(describe_no_action(out.view())),
            "signature=H-CRTM CompMeas, component=CRTM1, format=0x80, size=3, hex=010203");
}

TEST(NoAction, ThePlatformIdOfSp800_155HasTheFieldsOfItsForm) {
  ByteWriter first = with_signature("SP800-155 Event");
  first.u32_le(0x157).bytes(Bytes(16, 0x11));
  EXPECT_EQ(shown(describe_no_action(first.view())),
            "signature=SP800-155 Event, vendor_id=343, "
            "manifest=11111111-1111-1111-1111-111111111111");
  ByteWriter second = with_signature("SP800-155 Event2");
  add_platform_id(second);
  EXPECT_EQ(shown(describe_no_action(second.view())), "signature=SP800-155 Event2, " + kPlatformId);
}

TEST(NoAction, TheThirdFormOfSp800_155SaysWhereTheManifestIs) {
  ByteWriter uri = with_signature("SP800-155 Event3");
  add_platform_id(uri);
  uri.u32_le(1).sized32_le(as_bytes("https://rim.example/a"sv)).u32_le(0).sized32_le({});
  EXPECT_EQ(shown(describe_no_action(uri.view())),
            "signature=SP800-155 Event3, " + kPlatformId +
                ", rim={type=uri, text=https://rim.example/a}");
  ByteWriter others = with_signature("SP800-155 Event3");
  add_platform_id(others);
  ByteWriter variable;
  variable.bytes(Bytes(16, 0x11)).bytes(testing::utf16("Rim")).u16_le(0);
  others.u32_le(3).sized32_le(variable.view());
  others.u32_le(2).sized32_le(testing::file_path("\\cert"));
  EXPECT_EQ(shown(describe_no_action(others.view())),
            "signature=SP800-155 Event3, " + kPlatformId +
                ", rim={type=variable, vendor=11111111-1111-1111-1111-111111111111, text=Rim}, "
                "platform_certificate={type=device_path, text=\\cert}");
}

TEST(NoActionHostile, DataThatIsCutAnywhereGivesWhatCouldBeRead) {
  ByteWriter whole = with_signature("SP800-155 Event3");
  add_platform_id(whole);
  whole.u32_le(1).sized32_le(as_bytes("https://rim.example/a"sv)).u32_le(9).sized32_le(Bytes(3));
  const std::string all = shown(describe_no_action(whole.view()));
  EXPECT_NE(all.find("platform_certificate={type=0x9, size=3}"), std::string::npos);
  for (std::size_t size = 16; size < whole.size(); ++size) {
    EXPECT_LT(shown(describe_no_action(whole.view().first(size))).size(), all.size()) << size;
  }
}

TEST(NoActionHostile, LengthsThatLieGiveNothingMore) {
  ByteWriter component = with_signature("H-CRTM CompMeas");
  component.u8(1).u8('a').u8(0).u16_le(0xFFFF).u8(1);
  EXPECT_EQ(shown(describe_no_action(component.view())), "signature=H-CRTM CompMeas");
  ByteWriter locator = with_signature("SP800-155 Event3");
  add_platform_id(locator);
  locator.u32_le(1).u32_le(0xFFFFFFFF).u8('h');
  EXPECT_EQ(shown(describe_no_action(locator.view())),
            "signature=SP800-155 Event3, " + kPlatformId);
}

TEST(NoAction, OfAnotherSignatureNothingElseIsSaid) {
  EXPECT_EQ(shown(describe_no_action(as_bytes("something else"sv))), "signature=something else");
  EXPECT_EQ(shown(describe_no_action({})), "signature=");
}

}  // namespace
}  // namespace quotemill
