#include "engine/claims/boot_claims.h"

#include <gtest/gtest.h>

#include "engine/crypto/hash.h"
#include "engine/eventlog/decode/tagged_event.h"
#include "tests/engine/claims/claimed_log.h"

namespace quotemill {
namespace {

using namespace std::string_view_literals;
using testing::ClaimedLog;
using testing::file_path;
using testing::image_load;
using testing::utf16;
using testing::variable_data;

Bytes image(std::string_view path) {
  return image_load(file_path(path));
}

TEST(BootClaims, AnImagesDigestIsProvenAndItsRoleAHint) {
  ClaimedLog log;
  log.separator(4).labelled(4, event_type::kEfiBootServicesApplication,
                            image("\\EFI\\debian\\shimx64.efi"), as_bytes("shim"));
  const BootClaims claims = log.claims();
  ASSERT_EQ(claims.chain.images.size(), 1U);
  const BootImage& shim = claims.chain.images[0];
  EXPECT_EQ(shim.role, ImageRole::kShim);
  EXPECT_EQ(shim.path, "\\EFI\\debian\\shimx64.efi");
  EXPECT_EQ(shim.ground.standing, Standing::kProven);
  EXPECT_FALSE(shim.before_separator);
}

TEST(BootClaimsHostile, Go20266893_WhatTheBootManagersPcrHoldsIsAnImageUnderEveryLabel) {
  for (const std::uint32_t type :
       {event_type::kIpl, event_type::kEventTag, event_type::kCompactHash,
        event_type::kEfiPlatformFirmwareBlob, 0x12345678U}) {
    ClaimedLog log;
    log.event(4, event_type::kEfiAction, as_bytes("Calling EFI Application"));
    log.separator(4).labelled(4, type, as_bytes("harmless"), as_bytes("own loader"));
    const BootClaims claims = log.claims();
    ASSERT_EQ(claims.chain.images.size(), 1U) << type;
    EXPECT_EQ(claims.chain.images[0].digest, hash(ClaimedLog::kBank, as_bytes("own loader")).hex());
  }
}

// Whoever writes the log can show what the image's digest is of.
TEST(BootClaimsHostile, AnImageShownAsAnEventsDataIsStillAnImage) {
  ClaimedLog log;
  log.separator(4).event(4, event_type::kEfiAction, as_bytes("MZ\x90 a whole image"));
  log.event(2, event_type::kNonhostInfo, as_bytes("MZ\x90 a whole driver"));
  log.event(2, event_type::kNonhostInfo, as_bytes("VZ a terse one"));
  log.event(2, event_type::kNonhostInfo, as_bytes("\x55\xAA a BIOS's"));
  const BootClaims claims = log.claims();
  EXPECT_EQ(claims.chain.images.size(), 1U);
  EXPECT_EQ(claims.platform.option_roms.size(), 3U);
}

TEST(BootClaims, WhatRunsBeforeTheSeparatorIsMarked) {
  ClaimedLog log;
  log.labelled(4, event_type::kEfiBootServicesApplication, image("\\A.EFI"), as_bytes("a"));
  log.separator(4);
  EXPECT_TRUE(log.claims().chain.images[0].before_separator);
}

TEST(BootClaims, AKernelCommandLineIsProvenByItsText) {
  ClaimedLog log;
  log.labelled(8, event_type::kIpl, as_bytes("kernel_cmdline: /vmlinuz quiet\0"sv),
               as_bytes("/vmlinuz quiet"));
  const BootClaims claims = log.claims();
  ASSERT_EQ(claims.chain.command_lines.size(), 1U);
  EXPECT_EQ(claims.chain.command_lines[0].text, "/vmlinuz quiet");
  EXPECT_EQ(claims.chain.command_lines[0].ground.standing, Standing::kProven);
}

TEST(BootClaimsHostile, ACommandLineThatWasNotMeasuredIsUnproven) {
  ClaimedLog log;
  log.labelled(8, event_type::kIpl, as_bytes("kernel_cmdline: /vmlinuz quiet\0"sv),
               as_bytes("/vmlinuz init=/bin/sh"));
  EXPECT_EQ(log.claims().chain.command_lines[0].ground.standing, Standing::kUnproven);
}

// systemd-stub, src/boot/efi: what is measured are the contents, the text says what they are.
TEST(BootClaims, CredentialsAndExtensionsOfAStubAreFilesAndNoCommandLines) {
  ClaimedLog log;
  log.event(12, event_type::kIpl, utf16("root=/dev/sda ro"))
      .labelled(12, event_type::kIpl, utf16("Credentials initrd"), as_bytes("cpio of secrets"))
      .labelled(12, event_type::kIpl, utf16("Configuration extension initrd"), as_bytes("cpio"))
      .labelled(13, event_type::kIpl, utf16("System extension initrd"), as_bytes("cpio 2"));
  const BootChain chain = log.claims().chain;
  ASSERT_EQ(chain.command_lines.size(), 1U);
  EXPECT_EQ(chain.command_lines[0].measured, "root=/dev/sda ro");
  ASSERT_EQ(chain.files.size(), 3U);
  EXPECT_EQ(chain.files[0].name, "Credentials initrd");
  EXPECT_EQ(chain.files[0].ground.standing, Standing::kProven) << "its digest";
}

TEST(BootClaims, AUnifiedKernelHasItsSections) {
  ClaimedLog log;
  Bytes name = utf16(".linux");
  name.insert(name.end(), 2, 0);
  log.labelled(11, event_type::kIpl, name, as_bytes(".linux\0"sv));
  log.labelled(11, event_type::kIpl, name, as_bytes("the kernel"));
  const BootClaims claims = log.claims();
  ASSERT_EQ(claims.chain.sections.size(), 1U);
  EXPECT_EQ(claims.chain.sections[0].name, ".linux");
}

TEST(BootClaims, TheSbatLevelIsTheLastThatShimMeasured) {
  ClaimedLog log;
  const auto level = [](std::string_view text) {
    return variable_data(guids::kShimLock, "SbatLevel", as_bytes(text));
  };
  log.event(7, event_type::kEfiVariableAuthority, level("sbat,1,2021030218\n"));
  log.event(7, event_type::kEfiVariableAuthority, level("sbat,1,2023012900\nshim,2\ngrub,3\n"));
  const BootClaims claims = log.claims();
  ASSERT_TRUE(claims.sbat.level);
  EXPECT_EQ(claims.sbat.level->date, "2023012900");
  EXPECT_EQ(claims.sbat.ground.standing, Standing::kProven);
}

TEST(BootClaims, DebuggerAndOpenDmaAreAlarms) {
  ClaimedLog log;
  log.event(7, event_type::kEfiAction, as_bytes("UEFI Debug Mode"));
  log.event(7, event_type::kEfiAction, as_bytes("DMA Protection Disabled"));
  const BootClaims claims = log.claims();
  ASSERT_EQ(claims.platform.alarms.size(), 2U);
  EXPECT_EQ(claims.platform.alarms[0].what, "debugger");
  EXPECT_EQ(claims.platform.alarms[1].what, "dma_protection_disabled");
  EXPECT_EQ(claims.platform.alarms[1].ground.standing, Standing::kProven);
}

TEST(BootClaimsHostile, ADebuggerCannotBeHiddenByRelabelling) {
  ClaimedLog log;
  log.labelled(7, event_type::kEfiVariableAuthority, as_bytes("nothing"),
               as_bytes("UEFI Debug Mode"));
  const BootClaims claims = log.claims();
  ASSERT_EQ(claims.platform.alarms.size(), 1U);
  EXPECT_EQ(claims.platform.alarms[0].what, "debugger");
  EXPECT_EQ(claims.platform.alarms[0].ground.standing, Standing::kProven);
}

TEST(BootClaimsHostile, ADebuggerCannotBeHiddenByANulBehindItsText) {
  ClaimedLog log;
  log.labelled(7, event_type::kEfiVariableAuthority, as_bytes("nothing"),
               as_bytes("UEFI Debug Mode\0"sv));
  EXPECT_EQ(log.claims().platform.alarms.size(), 1U);
}

TEST(BootClaimsHostile, AnAlarmThatWasNotMeasuredIsUnproven) {
  ClaimedLog log;
  log.labelled(7, event_type::kEfiAction, as_bytes("UEFI Debug Mode"), as_bytes("nothing"));
  const BootClaims claims = log.claims();
  ASSERT_EQ(claims.platform.alarms.size(), 1U);
  EXPECT_EQ(claims.platform.alarms[0].ground.standing, Standing::kUnproven);
}

TEST(BootClaims, WindowsDebuggingIsAnAlarmOnlyIfItIsOn) {
  const auto tag = [](std::uint8_t value) {
    ByteWriter out;
    return out.u32_le(0x00040001).u32_le(1).u8(value).take();
  };
  ClaimedLog on;
  on.event(12, event_type::kEventTag, tag(1));
  EXPECT_EQ(on.claims().platform.alarms.size(), 1U);
  ClaimedLog off;
  off.event(12, event_type::kEventTag, tag(0));
  EXPECT_TRUE(off.claims().platform.alarms.empty());
}

TEST(BootClaimsHostile, WindowsTestSigningCannotBeHiddenByAnotherLabelOrValue) {
  const auto tag = [](std::uint32_t id, std::uint8_t value) {
    ByteWriter out;
    return out.u32_le(id).u32_le(1).u8(value).take();
  };
  const Bytes measured = tag(tagged_event::kTestSigning, 1);
  for (const std::uint32_t type : {event_type::kEventTag, event_type::kIpl, 0x12345678U}) {
    ClaimedLog log;
    log.event(12, event_type::kEventTag, tag(tagged_event::kBootDebugging, 0))
        .separator(12)
        .labelled(12, type, tag(tagged_event::kTestSigning, 0), measured);
    const BootClaims claims = log.claims();
    ASSERT_EQ(claims.platform.alarms.size(), 1U) << type;
    EXPECT_EQ(claims.platform.alarms[0].what, "windows_event_unproven");
    EXPECT_EQ(claims.platform.alarms[0].ground.events, std::vector<std::uint32_t>{3});
    EXPECT_TRUE(log.claims(1U << 7).platform.alarms.empty()) << "PCR 12 is not quoted";
  }
}

TEST(BootClaims, DriversFromDevicesAreOptionRoms) {
  ClaimedLog log;
  log.labelled(2, event_type::kEfiBootServicesDriver, image("\\ROM"), as_bytes("rom"));
  log.labelled(0, event_type::kEfiBootServicesDriver, image("\\FV"), as_bytes("fv"));
  EXPECT_EQ(log.claims().platform.option_roms.size(), 1U);
}

TEST(BootClaimsHostile, Go20266893_AnOptionRomCannotBeHiddenByRelabelling) {
  for (const std::uint32_t type :
       {event_type::kEventTag, event_type::kEfiPlatformFirmwareBlob, event_type::kNonhostCode,
        event_type::kEfiBootServicesApplication, event_type::kIpl, 0x12345678U}) {
    ClaimedLog log;
    log.separator(2).labelled(2, type, as_bytes("harmless"), as_bytes("rom"));
    EXPECT_EQ(log.claims().platform.option_roms.size(), 1U) << type;
  }
}

TEST(BootClaims, TheFirmwaresVersionIsProvenIfItWasMeasured) {
  ClaimedLog log;
  log.event(0, event_type::kSCrtmVersion, utf16("1.2.3"));
  const FirmwareClaim firmware = log.claims().platform.firmware;
  EXPECT_EQ(firmware.version, "1.2.3");
  EXPECT_EQ(firmware.version_ground.standing, Standing::kProven);
}

TEST(BootClaims, EveryGroupIsDescribed) {
  ClaimedLog log;
  const Fields fields = describe_claims(log.secure_boot(1).claims());
  EXPECT_EQ(fields.size(), 12U);
  EXPECT_EQ(fields[0].name, "secure_boot");
}

}  // namespace
}  // namespace quotemill
