#include "engine/eventlog/event_description.h"

#include <gtest/gtest.h>

#include "engine/base/byte_writer.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

BootEvent event_of(std::uint32_t type, ByteView data) {
  BootEvent event;
  event.type = type;
  event.data = data;
  return event;
}

void write_utf16(ByteWriter& out, std::string_view text) {
  for (const char c : text) {
    out.u16_le(static_cast<std::uint8_t>(c));
  }
}

// UEFI_IMAGE_LOAD_EVENT with one file path node.
Bytes image_event(std::string_view path) {
  ByteWriter node;
  write_utf16(node, path);
  node.u16_le(0);
  ByteWriter out;
  out.bytes(Bytes(24)).u64_le(node.size() + 8);
  out.u8(4).u8(4).u16_le(static_cast<std::uint16_t>(node.size() + 4)).bytes(node.view());
  return out.u8(0x7F).u8(0xFF).u16_le(4).take();
}

Bytes variable_event(std::string_view name) {
  ByteWriter out;
  out.bytes(Bytes(16)).u64_le(name.size()).u64_le(0);
  write_utf16(out, name);
  return out.take();
}

TEST(EventDescription, NamesTheFileOfABootApplicationWithItsBackslashes) {
  const Bytes data = image_event("\\EFI\\debian\\shimx64.efi");
  EXPECT_EQ(describe(event_of(event_type::kEfiBootServicesApplication, data)),
            "\\EFI\\debian\\shimx64.efi");
}

TEST(EventDescription, NamesAVariable) {
  const Bytes data = variable_event("SecureBoot");
  EXPECT_EQ(describe(event_of(event_type::kEfiVariableDriverConfig, data)), "SecureBoot");
}

TEST(EventDescription, ShowsTextWithoutItsTerminator) {
  constexpr std::string_view kText{"Calling EFI Application\0", 24};
  EXPECT_EQ(describe(event_of(event_type::kEfiAction, as_bytes(kText))), "Calling EFI Application");
}

TEST(EventDescription, LetsNothingThroughThatIsNotPrintable) {
  const Bytes path = image_event("\\EFI\\\x1b[31m\n\x7f.efi");
  EXPECT_EQ(describe(event_of(event_type::kEfiBootServicesApplication, path)),
            "\\EFI\\\\u001b[31m\\u000a\\u007f.efi");
  EXPECT_EQ(describe(event_of(event_type::kIpl, as_bytes("two\nlines"))), "two\\x0alines");
  EXPECT_EQ(describe(event_of(event_type::kIpl, as_bytes("\x1b[31m"))), "");
  EXPECT_EQ(describe(event_of(event_type::kEfiVariableBoot, variable_event("Boot\r0001"))),
            "Boot\\u000d0001");
}

TEST(EventDescription, SurvivesLengthsThatLie) {
  for (std::size_t size = 0; size < 64; ++size) {
    const Bytes data(size, 0xFF);
    for (const std::uint32_t type : {event_type::kEfiVariableBoot,
                                     event_type::kEfiBootServicesApplication, event_type::kIpl}) {
      EXPECT_EQ(describe(event_of(type, data)), "");
    }
  }
}

TEST(EventDescription, IsBounded) {
  const Bytes data = image_event(std::string(5'000, 'a'));
  EXPECT_EQ(describe(event_of(event_type::kEfiBootServicesApplication, data)).size(), 120U);
  EXPECT_EQ(describe(event_of(event_type::kIpl, Bytes(5'000, 'a'))).size(), 120U);
}

}  // namespace
}  // namespace quotemill
