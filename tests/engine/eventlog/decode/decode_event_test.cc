#include "engine/eventlog/decode/decode_event.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "engine/eventlog/decode/firmware_blob.h"
#include "engine/eventlog/decode/loader_text.h"
#include "engine/eventlog/decode/partition_table.h"
#include "engine/eventlog/decode/sbat_level.h"
#include "engine/eventlog/decode/tagged_event.h"
#include "engine/eventlog/event_type.h"
#include "tests/engine/eventlog/decode/event_bytes.h"

namespace quotemill {
namespace {

using namespace std::string_view_literals;
using testing::utf16;

BootEvent event_of(std::uint32_t pcr, std::uint32_t type, ByteView data) {
  BootEvent event;
  event.pcr = pcr;
  event.type = type;
  event.data = data;
  return event;
}

Bytes bytes_of(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

LoaderText loader_text(std::uint32_t pcr, ByteView data) {
  return decode_loader_text(event_of(pcr, event_type::kIpl, data));
}

TEST(LoaderText, IsReadByItsPrefixOrItsPcr) {
  EXPECT_EQ(loader_text(8, as_bytes("grub_cmd: set x\0"sv)).kind, LoaderTextKind::kGrubCommand);
  EXPECT_EQ(loader_text(8, as_bytes("grub_cmd: set x\0"sv)).text, "set x");
  EXPECT_EQ(loader_text(8, as_bytes("kernel_cmdline: quiet\0"sv)).kind,
            LoaderTextKind::kKernelCommandLine);
  EXPECT_EQ(loader_text(9, as_bytes("/vmlinuz\0"sv)).kind, LoaderTextKind::kFile);
  EXPECT_EQ(loader_text(9, as_bytes("(hd0,gpt2)/grub.cfg\0"sv)).kind, LoaderTextKind::kFile);
  EXPECT_EQ(loader_text(14, as_bytes("MokList\0"sv)).kind, LoaderTextKind::kShimList);
  EXPECT_EQ(loader_text(14, as_bytes("MokList\0\xaf"sv)).text, "MokList");
  EXPECT_EQ(loader_text(14, as_bytes("MokListX\0"sv)).text, "MokListX");
  EXPECT_EQ(loader_text(11, utf16(".linux"sv)).kind, LoaderTextKind::kStubSection);
  EXPECT_EQ(loader_text(12, utf16("root=/dev/sda"sv)).kind, LoaderTextKind::kKernelCommandLine);
  EXPECT_EQ(loader_text(4, Bytes{1, 2, 3}).kind, LoaderTextKind::kBinary);
  EXPECT_EQ(loader_text(4, {}).kind, LoaderTextKind::kBinary);
}

TEST(TaggedEvent, IsReadWithWhatItHolds) {
  ByteWriter inner;
  inner.u32_le(tagged_event::kBootDebugging).u32_le(1).u8(1);
  ByteWriter out;
  out.u32_le(0x40010001).u32_le(static_cast<std::uint32_t>(inner.size())).bytes(inner.view());
  const auto events = decode_tagged_events(out.view());
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2U);
  EXPECT_EQ((*events)[1].depth, 1U);
  EXPECT_EQ((*events)[1].id, tagged_event::kBootDebugging);
}

TEST(TaggedEventHostile, GoAttestation_NestingIsBounded) {
  Bytes data;
  for (std::uint32_t i = 0; i < 2'000; ++i) {
    ByteWriter out;
    out.u32_le(0x40010001).u32_le(static_cast<std::uint32_t>(data.size())).bytes(data);
    data = out.take();
  }
  const auto events = decode_tagged_events(data);
  ASSERT_TRUE(events);
  EXPECT_LE(events->size(), limits::kTaggedDepthMax + 1);
}

TEST(TaggedEventHostile, AnInnerEventCannotPassItsAggregation) {
  ByteWriter out;
  out.u32_le(0x40010001).u32_le(9).u32_le(tagged_event::kBootDebugging).u32_le(8).u8(1);
  out.bytes(Bytes(8));
  EXPECT_FALSE(decode_tagged_events(out.view()));
}

TEST(TaggedEventHostile, ManyEventsAreRefused) {
  EXPECT_FALSE(decode_tagged_events(Bytes(8 * (limits::kTaggedEventsMax + 1))));
  EXPECT_FALSE(decode_tagged_events(Bytes{1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF}));
}

TEST(PartitionTableHostile, CountsAndSizesThatLieAreRefused) {
  const auto table = [](std::uint32_t entry_size, std::uint64_t count, std::size_t rest) {
    ByteWriter out;
    out.bytes(Bytes(24 + 32 + 16)).u64_le(2).u32_le(128).u32_le(entry_size).u32_le(0);
    out.u64_le(count).bytes(Bytes(rest, 1));
    return out.take();
  };
  EXPECT_TRUE(decode_partition_table(table(128, 2, 256)));
  EXPECT_FALSE(decode_partition_table(table(128, 2, 255)));
  EXPECT_FALSE(decode_partition_table(table(128, 2, 257)));
  EXPECT_FALSE(decode_partition_table(table(0, 2, 256)));
  EXPECT_FALSE(decode_partition_table(table(0xFFFFFFFF, 2, 256)));
  EXPECT_FALSE(decode_partition_table(table(128, 0xFFFFFFFFFFFFFFFF, 256)));
  EXPECT_FALSE(decode_partition_table(Bytes(20)));
}

TEST(HandoffTablesHostile, CountsThatLieAreRefused) {
  ByteWriter out;
  EXPECT_FALSE(decode_handoff_tables(out.u64_le(0x0AAAAAAAAAAAAAAA).bytes(Bytes(24)).view()));
  ByteWriter more;
  EXPECT_FALSE(decode_handoff_tables(more.u64_le(2).bytes(Bytes(24)).view()));
  EXPECT_FALSE(decode_handoff_tables2(Bytes{200, 'a'}));
  EXPECT_FALSE(decode_firmware_blob2(Bytes{3, 'a', 'b', 'c'}));
}

TEST(SbatLevel, NamesGenerationsAndItsDate) {
  const auto level = decode_sbat_level(as_bytes("sbat,1,2023012900\nshim,2\ngrub,3\n"sv));
  ASSERT_TRUE(level);
  EXPECT_EQ(level->date, "2023012900");
  EXPECT_EQ(level->generation_of("shim"), 2U);
  EXPECT_EQ(level->generation_of("grub"), 3U);
  EXPECT_EQ(level->generation_of("other"), 0U);
}

TEST(SbatLevelHostile, WhatIsNoListIsRefused) {
  EXPECT_FALSE(decode_sbat_level({}));
  EXPECT_FALSE(decode_sbat_level(as_bytes("shim,two\n"sv)));
  EXPECT_FALSE(decode_sbat_level(as_bytes("shim,99999999999\n"sv)));
  EXPECT_FALSE(decode_sbat_level(as_bytes("shim\n"sv)));
  std::string many;
  for (std::size_t i = 0; i <= limits::kSbatComponentsMax; ++i) {
    many += "a,1\n";
  }
  EXPECT_FALSE(decode_sbat_level(as_bytes(many)));
}

TEST(DecodeEvent, TextsInPlaceOfStructuresAreTexts) {
  const DecodedEvent decoded =
      decode_event(event_of(0, event_type::kEfiPlatformFirmwareBlob, as_bytes("ACPI DATA")));
  EXPECT_EQ(decoded.kind, "text");
  EXPECT_EQ(decoded.summary, "ACPI DATA");
  EXPECT_EQ(decoded.problem, "");
}

TEST(DecodeEvent, SaysWhyDataIsNotWhatItsTypeSays) {
  const DecodedEvent decoded =
      decode_event(event_of(7, event_type::kEfiVariableDriverConfig, Bytes(20, 1)));
  EXPECT_EQ(decoded.kind, "binary");
  EXPECT_NE(decoded.problem.find("UEFI_VARIABLE_DATA"), std::string::npos);
}

TEST(DecodeEvent, PostCodesOfOddSizesAreReadPast) {
  for (const std::size_t size : {0U, 9U, 15U, 16U, 17U}) {
    const Bytes data(size, 0xC3);
    EXPECT_EQ(decode_event(event_of(0, event_type::kPostCode, data)).problem, "") << size;
  }
}

TEST(DecodeEvent, NonHostPartsAreNamedByTheirSignature) {
  Bytes data = bytes_of("GCE NonHostInfo");
  data.resize(32);
  data[16] = 3;
  const DecodedEvent google = decode_event(event_of(0, event_type::kNonhostInfo, data));
  EXPECT_EQ(google.kind, "non_host");
  EXPECT_EQ(google.summary, "GCE NonHostInfo");
  EXPECT_EQ(std::get<std::string>(google.fields.at(1).value), "Intel TDX");
  data[16] = 9;
  EXPECT_EQ(std::get<std::string>(
                decode_event(event_of(0, event_type::kNonhostInfo, data)).fields.at(1).value),
            "0x9");

  Bytes intel = bytes_of("IntelCSxEEvent01");
  intel.push_back(0);
  intel.push_back(4);
  EXPECT_EQ(decode_event(event_of(0, event_type::kNonhostConfig, intel)).summary,
            "IntelCSxEEvent01");
  EXPECT_EQ(
      decode_event(event_of(0, event_type::kNonhostInfo, bytes_of("a text of any length"))).kind,
      "text");
}

TEST(DecodeEventHostile, EveryTypeSurvivesLengthsThatLie) {
  for (const std::uint8_t filler : Bytes{0x00, 0x01, 0x7F, 0xFF}) {
    for (std::size_t size = 0; size < 200; ++size) {
      const Bytes data(size, filler);
      for (std::uint32_t type = 0; type < 0x14; ++type) {
        (void)decode_event(event_of(type, type, data));
      }
      for (std::uint32_t type = 0x80000000; type < 0x80000011; ++type) {
        (void)decode_event(event_of(7, type, data));
      }
      for (std::uint32_t type = 0x800000E0; type < 0x800000E5; ++type) {
        (void)decode_event(event_of(7, type, data));
      }
    }
  }
}

TEST(DecodeEventHostile, SummariesArePrintable) {
  for (const std::uint32_t type :
       {event_type::kIpl, event_type::kEfiAction, event_type::kEventTag, event_type::kNoAction}) {
    Bytes data(64);
    for (std::size_t i = 0; i < data.size(); ++i) {
      data[i] = static_cast<std::uint8_t>(i * 37);
    }
    for (const char c : decode_event(event_of(8, type, data)).summary) {
      EXPECT_TRUE(c >= 0x20 && c < 0x7F);
    }
  }
}

}  // namespace
}  // namespace quotemill
