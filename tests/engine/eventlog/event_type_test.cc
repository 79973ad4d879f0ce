#include "engine/eventlog/event_type.h"

#include <gtest/gtest.h>

namespace quotemill {
namespace {

TEST(EventType, HasTheSpecificationsNames) {
  EXPECT_EQ(event_type_name(0x00000000), "EV_PREBOOT_CERT");
  EXPECT_EQ(event_type_name(0x00000003), "EV_NO_ACTION");
  EXPECT_EQ(event_type_name(0x00000007), "EV_S_CRTM_CONTENTS");
  EXPECT_EQ(event_type_name(0x00000013), "EV_POST_CODE2");
  EXPECT_EQ(event_type_name(0x80000003), "EV_EFI_BOOT_SERVICES_APPLICATION");
  EXPECT_EQ(event_type_name(0x8000000A), "EV_EFI_PLATFORM_FIRMWARE_BLOB2");
  EXPECT_EQ(event_type_name(0x800000E0), "EV_EFI_VARIABLE_AUTHORITY");
  EXPECT_EQ(event_type_name(0x800000E4), "EV_EFI_SPDM_DEVICE_AUTHORITY");
}

TEST(EventType, ShowsOthersByNumber) {
  EXPECT_EQ(event_type_name(0x0000ABCD), "0x0000abcd");
  EXPECT_EQ(event_type_name(0xFFFFFFFF), "0xffffffff");
}

}  // namespace
}  // namespace quotemill
