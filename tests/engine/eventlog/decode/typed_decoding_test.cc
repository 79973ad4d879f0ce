// What each type of event is decoded to, field by field: events of a real boot against a golden
// text, and hand-made ones of the types that it does not have.
#include <fstream>

#include <gtest/gtest.h>

#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/decode/decode_event.h"
#include "engine/eventlog/decode/tagged_event.h"
#include "engine/eventlog/event_type.h"
#include "tests/engine/eventlog/decode/event_bytes.h"
#include "tests/engine/eventlog/decode/shown_fields.h"
#include "tests/support/temp_folder.h"

namespace quotemill {
namespace {

using namespace std::string_view_literals;
using testing::file_path;
using testing::image_load;
using testing::shown;
using testing::signature_list;
using testing::variable_data;

std::string decoded(std::uint32_t pcr, std::uint32_t type, ByteView data) {
  BootEvent event;
  event.pcr = pcr;
  event.type = type;
  event.data = data;
  const DecodedEvent result = decode_event(event);
  EXPECT_EQ(result.problem, "");
  return std::string(result.kind) + ": " + shown(result.fields);
}

std::string configuration(const Guid& vendor, std::string_view name, ByteView value) {
  return decoded(7, event_type::kEfiVariableDriverConfig, variable_data(vendor, name, value));
}

std::string authority(const Guid& vendor, std::string_view name, ByteView value) {
  return decoded(7, event_type::kEfiVariableAuthority, variable_data(vendor, name, value));
}

// The golden text was compared by hand with what tpm2_eventlog shows of the same events.
TEST(TypedDecoding, ARealBootsEventsHaveTheFieldsOfTheGoldenText) {
  if (!testing::have_fixtures()) {
    GTEST_SKIP() << "no fixtures";
  }
  const Bytes bytes = testing::read_file(testing::fixtures() / "qemu/sb-on/eventlog.bin");
  const BootLogReading reading = read_boot_log(bytes);
  ASSERT_GT(reading.log.events.size(), 30U);
  std::ifstream golden("tests/engine/eventlog/decode/qemu_sb_on_events.txt");
  for (std::size_t i = 4; i <= 30; ++i) {
    const BootEvent& event = reading.log.events[i];
    std::string expected;
    ASSERT_TRUE(std::getline(golden, expected)) << i;
    EXPECT_EQ(std::to_string(i) + " PCR " + std::to_string(event.pcr) + " " +
                  event_type_name(event.type) + " " + decoded(event.pcr, event.type, event.data),
              expected);
  }
}

TEST(TypedDecoding, SignatureDatabasesHaveTheirEntries) {
  const Bytes list = signature_list(guids::kCertSha256, Bytes(32, 0xAB));
  const std::string entries =
      ", count=1, signatures=[{type=EFI_CERT_SHA256, "
      "owner=77777777-7777-7777-7777-777777777777, data=" +
      to_hex(Bytes(32, 0xAB)) + "}]";
  for (const char* const name : {"PK", "KEK", "db", "dbx", "dbt", "dbr"}) {
    EXPECT_EQ(
        configuration(guids::kImageSecurityDatabase, name, list),
        "efi_variable: vendor=EFI_IMAGE_SECURITY_DATABASE, name=" + std::string(name) + entries);
  }
  for (const char* const name : {"MokList", "MokListX", "MokListRT"}) {
    EXPECT_EQ(configuration(guids::kShimLock, name, list),
              "efi_variable: vendor=SHIM_LOCK, name=" + std::string(name) + entries);
  }
}

TEST(TypedDecoding, FlagsHaveTheirValue) {
  for (const char* const name : {"SecureBoot", "SetupMode", "AuditMode", "DeployedMode"}) {
    EXPECT_EQ(configuration(guids::kGlobalVariable, name, Bytes{1}),
              "efi_variable: vendor=EFI_GLOBAL_VARIABLE, name=" + std::string(name) + ", value=1");
  }
  EXPECT_EQ(authority(guids::kShimLock, "MokListTrusted", Bytes{0}),
            "efi_variable: vendor=SHIM_LOCK, name=MokListTrusted, value=0");
}

TEST(TypedDecoding, SbatLevelHasItsComponents) {
  EXPECT_EQ(
      authority(guids::kShimLock, "SbatLevel", as_bytes("sbat,1,2023012900\nshim,2\ngrub,3\n"sv)),
      "efi_variable: vendor=SHIM_LOCK, name=SbatLevel, date=2023012900, components=["
      "{name=sbat, generation=1}, {name=shim, generation=2}, {name=grub, generation=3}]");
}

TEST(TypedDecoding, ASbatLevelThatIsNoneIsShownAsTextWithTheReason) {
  EXPECT_EQ(authority(guids::kShimLock, "SbatLevel", as_bytes("shim,two\x1b"sv)),
            "efi_variable: vendor=SHIM_LOCK, name=SbatLevel, text=shim,two\\x1b, "
            "problem=SbatLevel: malformed");
}

TEST(TypedDecoding, AuthoritiesHaveTheirDigestAndOwner) {
  Bytes entry(16, 0x77);
  entry.resize(48, 0xAB);
  EXPECT_EQ(authority(guids::kImageSecurityDatabase, "db", entry),
            "efi_variable: vendor=EFI_IMAGE_SECURITY_DATABASE, name=db, type=EFI_CERT_SHA256, "
            "owner=77777777-7777-7777-7777-777777777777, data=" +
                to_hex(Bytes(32, 0xAB)));
}

// Shim's own certificate, which tpm2_eventlog warns of.
TEST(RealFirmware, VendorDbIsAVariableLikeOthers) {
  Bytes entry(16, 0x77);
  entry.resize(48, 0xAB);
  EXPECT_EQ(authority(guids::kShimLock, "vendor_db", entry),
            "efi_variable: vendor=SHIM_LOCK, name=vendor_db, type=EFI_CERT_SHA256, "
            "owner=77777777-7777-7777-7777-777777777777, data=" +
                to_hex(Bytes(32, 0xAB)));
  EXPECT_EQ(authority(guids::kShimLock, "vendor_db", {}),
            "efi_variable: vendor=SHIM_LOCK, name=vendor_db");
}

TEST(TypedDecoding, LoadOptionsOfBothEventTypesHavePathAndDescription) {
  const Bytes path = file_path("\\EFI\\a.efi");
  ByteWriter option;
  option.u32_le(0).u16_le(static_cast<std::uint16_t>(path.size())).bytes(testing::utf16("debian"));
  option.u16_le(0).bytes(path);
  const Bytes data = variable_data(guids::kGlobalVariable, "Boot0003", option.view());
  for (const std::uint32_t type : {event_type::kEfiVariableBoot, event_type::kEfiVariableBoot2}) {
    EXPECT_EQ(decoded(1, type, data),
              "efi_variable: vendor=EFI_GLOBAL_VARIABLE, name=Boot0003, active=false, "
              "description=debian, path=\\EFI\\a.efi");
  }
}

TEST(TypedDecoding, ImagesOfAllThreeTypesHavePathAndPlace) {
  for (const std::uint32_t type :
       {event_type::kEfiBootServicesApplication, event_type::kEfiBootServicesDriver,
        event_type::kEfiRuntimeServicesDriver}) {
    EXPECT_EQ(decoded(2, type, image_load(file_path("\\a.efi"))),
              "image_load: path=\\a.efi, file=\\a.efi, location=0x1000, length=8192, "
              "link_address=0x0");
  }
}

TEST(TypedDecoding, FirmwareBlobsHaveTheirPlaceAndTheSecondFormItsDescription) {
  ByteWriter place;
  place.u64_le(0x820000).u64_le(0xE0000);
  EXPECT_EQ(decoded(0, event_type::kEfiPlatformFirmwareBlob, place.view()),
            "firmware_blob: base=0x820000, length=917504");
  ByteWriter described;
  described.u8(4).bytes(as_bytes("FV1\0"sv)).bytes(place.view());
  EXPECT_EQ(decoded(0, event_type::kEfiPlatformFirmwareBlob2, described.view()),
            "firmware_blob: description=FV1, base=0x820000, length=917504");
  for (const std::uint32_t type :
       {event_type::kPostCode, event_type::kPostCode2, event_type::kSCrtmContents}) {
    EXPECT_EQ(decoded(0, type, place.view()), "firmware_blob: base=0x820000, length=917504");
  }
}

TEST(TypedDecoding, HandoffTablesHaveTheirAddressesAndTheSecondFormItsDescription) {
  ByteWriter tables;
  tables.u64_le(1).bytes(Bytes(16, 0x11)).u64_le(0x7F000);
  const std::string expected =
      "tables=[{table=11111111-1111-1111-1111-111111111111, address=0x7f000}]";
  EXPECT_EQ(decoded(1, event_type::kEfiHandoffTables, tables.view()),
            "handoff_tables: " + expected);
  EXPECT_EQ(decoded(1, event_type::kTableOfDevices, tables.view()), "handoff_tables: " + expected);
  ByteWriter described;
  described.u8(6).bytes(as_bytes("SMBIOS"sv)).bytes(tables.view());
  EXPECT_EQ(decoded(1, event_type::kEfiHandoffTables2, described.view()),
            "handoff_tables: description=SMBIOS, " + expected);
}

TEST(TypedDecoding, PartitionTablesHaveTheirPartitions) {
  ByteWriter out;
  out.bytes(Bytes(24 + 32)).bytes(Bytes(16, 0x22)).u64_le(2).u32_le(128).u32_le(128).u32_le(0);
  out.u64_le(1).bytes(Bytes(16, 0x33)).bytes(Bytes(16, 0x44)).u64_le(2048).u64_le(4095).u64_le(5);
  Bytes name = testing::utf16("root");
  name.resize(72);
  out.bytes(name);
  const std::string expected =
      "partition_table: disk=22222222-2222-2222-2222-222222222222, partitions=[{name=root, "
      "type=33333333-3333-3333-3333-333333333333, id=44444444-4444-4444-4444-444444444444, "
      "first_block=2048, last_block=4095, attributes=0x5}]";
  EXPECT_EQ(decoded(5, event_type::kEfiGptEvent, out.view()), expected);
  EXPECT_EQ(decoded(5, event_type::kEfiGptEvent2, out.view()), expected);
}

Bytes tagged(std::uint32_t id, ByteView data) {
  ByteWriter out;
  return out.u32_le(id).sized32_le(data).take();
}

TEST(TypedDecoding, TaggedEventsHaveNameAndValueByTheirSize) {
  struct Case {
    std::uint32_t id;
    Bytes data;
    std::string shown;
  };

  const std::vector<Case> cases = {
      {tagged_event::kBootDebugging,
       {1},
       "id=0x40001, name=SIPAEVENT_BOOTDEBUGGING, depth=0, value=1"},
      {0x00020002,
       {1, 2, 0, 0, 0, 0, 0, 0},
       "id=0x20002, name=SIPAEVENT_BOOTCOUNTER, depth=0, value=513"},
      {0x0005000A,
       {0, 1, 0, 0},
       "id=0x5000a, name=SIPAEVENT_HYPERVISOR_LAUNCH_TYPE, depth=0, value=256"},
      {0x1234, {0xFF, 0xFE, 0x01}, "id=0x1234, depth=0, size=3, hex=fffe01"},
      {tagged_event::kLinuxLoadOptions, testing::utf16("quiet"),
       "id=0x8f3b22ed, name=LINUX_LOAD_OPTIONS, depth=0, text=quiet"},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(decoded(12, event_type::kEventTag, tagged(each.id, each.data)),
              "tagged_events: tagged_events=[{" + each.shown + "}]");
  }
}

TEST(RealFirmware, SystemdsLoaderConfIsATaggedEvent) {
  EXPECT_EQ(decoded(5, event_type::kEventTag,
                    tagged(tagged_event::kLoaderConf, testing::utf16("loader.conf"))),
            "tagged_events: tagged_events=[{id=0xf5bc582a, name=SYSTEMD_LOADER_CONF, depth=0, "
            "text=loader.conf}]");
}

TEST(TypedDecoding, TypesWithoutAStructureAreTextsOrBytes) {
  for (const std::uint32_t type :
       {event_type::kCpuMicrocode, event_type::kOmitBootDeviceEvents,
        event_type::kPlatformConfigFlags, event_type::kCompactHash, event_type::kEfiAction}) {
    EXPECT_EQ(decoded(1, type, as_bytes("BOOT ATTEMPTS OMITTED"sv)),
              "text: text=BOOT ATTEMPTS OMITTED");
    EXPECT_EQ(decoded(1, type, Bytes{0x01, 0xFF}), "binary: size=2, hex=01ff");
  }
  EXPECT_EQ(event_type_name(event_type::kCpuMicrocode), "EV_CPU_MICROCODE");
  EXPECT_EQ(event_type_name(event_type::kOmitBootDeviceEvents), "EV_OMIT_BOOT_DEVICE_EVENTS");
  EXPECT_EQ(event_type_name(event_type::kPlatformConfigFlags), "EV_PLATFORM_CONFIG_FLAGS");
  EXPECT_EQ(event_type_name(event_type::kPostCode2), "EV_POST_CODE2");
  EXPECT_EQ(event_type_name(event_type::kEfiVariableBoot2), "EV_EFI_VARIABLE_BOOT2");
  EXPECT_EQ(event_type_name(event_type::kEfiRuntimeServicesDriver),
            "EV_EFI_RUNTIME_SERVICES_DRIVER");
}

}  // namespace
}  // namespace quotemill
