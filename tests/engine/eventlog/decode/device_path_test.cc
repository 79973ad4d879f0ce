#include "engine/eventlog/decode/device_path.h"

#include <gtest/gtest.h>

#include "engine/base/limits.h"
#include "tests/engine/eventlog/decode/event_bytes.h"

namespace quotemill {
namespace {

using testing::file_path;
using testing::path_node;
using testing::utf16;

Bytes joined(std::initializer_list<Bytes> parts) {
  Bytes out;
  for (const Bytes& part : parts) {
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

Bytes acpi_root() {
  ByteWriter out;
  return out.u32_le(0x0A0341D0).u32_le(0).take();
}

TEST(DevicePath, IsTheTextThatUefiGivesIt) {
  ByteWriter partition;
  partition.u32_le(1).u64_le(0x800).u64_le(0x100000).bytes(Bytes(16, 0x11)).u8(2).u8(2);
  const Bytes path = joined({path_node(2, 1, acpi_root()), path_node(1, 1, Bytes{0, 0x1D}),
                             path_node(4, 1, partition.view()), file_path("\\EFI\\BOOT\\X.EFI")});
  EXPECT_EQ(device_path_text(path),
            "PciRoot(0x0)/Pci(0x1d,0x0)/HD(1,GPT,11111111-1111-1111-1111-111111111111,0x800,"
            "0x100000)/\\EFI\\BOOT\\X.EFI");
  EXPECT_EQ(device_path_file(path), "\\EFI\\BOOT\\X.EFI");
}

TEST(DevicePath, ShowsNodesThatItDoesNotKnow) {
  EXPECT_EQ(device_path_text(path_node(9, 3, Bytes{0xAB})), "Path(9,3,ab)");
}

TEST(DevicePath, WithoutAFileNamesNone) {
  EXPECT_EQ(device_path_file(path_node(2, 1, acpi_root())), "");
  EXPECT_EQ(device_path_text({}), "");
}

TEST(DevicePathHostile, ANodeShorterThanItsHeaderEndsThePath) {
  for (std::uint8_t size = 0; size < 4; ++size) {
    EXPECT_EQ(device_path_text(Bytes{4, 4, size, 0, 'a', 0}), "/?") << size;
  }
}

TEST(DevicePathHostile, ANodeLongerThanThePathEndsIt) {
  EXPECT_EQ(device_path_text(Bytes{4, 4, 0xFF, 0xFF, 'a', 0}), "/?");
  EXPECT_EQ(device_path_text(Bytes{4, 4, 4}), "/?");
}

TEST(DevicePathHostile, ContentsShorterThanTheirTypeReadAsZeros) {
  for (std::uint8_t type = 1; type <= 5; ++type) {
    for (std::uint8_t subtype = 0; subtype < 32; ++subtype) {
      EXPECT_FALSE(device_path_text(path_node(type, subtype, Bytes{1})).empty() && type != 4);
    }
  }
}

TEST(DevicePathHostile, ManyNodesAreCut) {
  Bytes path;
  for (std::size_t i = 0; i < 2 * limits::kDevicePathNodesMax; ++i) {
    const Bytes node = path_node(4, 4, utf16("a"));
    path.insert(path.end(), node.begin(), node.end());
  }
  EXPECT_LT(device_path_text(path).size(), 3 * limits::kDevicePathNodesMax);
  EXPECT_TRUE(device_path_text(path).ends_with("/?"));
}

TEST(DevicePathHostile, NothingUnprintableComesThrough) {
  for (const char c : device_path_text(file_path("\x1b[2J\n\xff"))) {
    EXPECT_TRUE(c >= 0x20 && c < 0x7F);
  }
}

}  // namespace
}  // namespace quotemill
