#include "bench/fleet/efi_structures.h"

#include <gtest/gtest.h>

#include "engine/base/byte_reader.h"
#include "engine/crypto/certificate.h"

namespace quotemill::bench {
namespace {

TEST(EfiStructures, GuidsLieInMemoryAsUefiHasThem) {
  EXPECT_EQ(to_hex(guid("8BE4DF61-93CA-11D2-AA0D-00E098032B8C")),
            "61dfe48bca93d211aa0d00e098032b8c");
}

TEST(EfiStructures, SyntheticBytesDependOnTheirLabelAlone) {
  EXPECT_EQ(synthetic_bytes("a", 100), synthetic_bytes("a", 100));
  EXPECT_NE(synthetic_bytes("a", 100), synthetic_bytes("b", 100));
  const Bytes longer = synthetic_bytes("a", 200);
  EXPECT_TRUE(equal(ByteView(longer).first(100), synthetic_bytes("a", 100)));
}

TEST(EfiStructures, SyntheticCertificatesParse) {
  const Result<Certificate> certificate =
      Certificate::from_der(synthetic_certificate("Simulated CA"));
  ASSERT_TRUE(certificate) << certificate.error().to_string();
  EXPECT_EQ(certificate->subject(), "CN=Simulated CA");
  EXPECT_EQ(certificate->key().name(), "rsa2048");
}

TEST(EfiStructures, VariableDataCountsCharactersAndBytes) {
  const Guid vendor = guid("8BE4DF61-93CA-11D2-AA0D-00E098032B8C");
  const Bytes data = variable_data(vendor, "PK", Bytes{1, 2, 3});
  ByteReader in(data);
  EXPECT_TRUE(equal(in.bytes(16), vendor));
  EXPECT_EQ(in.u64_le(), 2U);
  EXPECT_EQ(in.u64_le(), 3U);
  EXPECT_EQ(to_hex(in.bytes(4)), "50004b00");
  EXPECT_EQ(to_hex(in.bytes(3)), "010203");
  EXPECT_TRUE(in.finish(0, "UEFI_VARIABLE_DATA"));
}

TEST(EfiStructures, SignatureListsSumUp) {
  const Guid owner = synthetic_guid("owner");
  const Bytes list = sha256_signature_list(
      owner, {Digest(HashAlgorithm::kSha256), Digest(HashAlgorithm::kSha256)});
  ByteReader in(list);
  in.bytes(16);
  EXPECT_EQ(in.u32_le(), list.size());
  EXPECT_EQ(in.u32_le(), 0U);
  EXPECT_EQ(in.u32_le(), 48U);
  EXPECT_EQ(list.size(), 28U + 2 * 48);
}

// Walks the nodes by their lengths: each path must end with its end node, exactly.
TEST(EfiStructures, DevicePathsEndWithTheirEndNode) {
  Partition partition;
  for (const Bytes& path :
       {disk_file_path(partition, "\\EFI\\debian\\shimx64.efi"), file_path("\\a"), pci_path(1, 2),
        firmware_file_path(synthetic_guid("v"), synthetic_guid("f"))}) {
    ByteReader in(path);
    std::uint16_t type = 0;
    while (in.ok() && type != 0xFF7F) {
      type = in.u16_le();
      in.bytes(in.u16_le() - 4U);
    }
    EXPECT_TRUE(in.finish(0, "EFI_DEVICE_PATH")) << to_hex(path);
  }
}

TEST(EfiStructures, ImageLoadEventsTellTheirPathsLength) {
  const Bytes path = file_path("\\EFI\\debian\\grubx64.efi");
  const Bytes event = image_load_event(0x1000, 0x2000, path);
  ByteReader in(event);
  EXPECT_EQ(in.u64_le(), 0x1000U);
  EXPECT_EQ(in.u64_le(), 0x2000U);
  EXPECT_EQ(in.u64_le(), 0U);
  EXPECT_EQ(in.u64_le(), path.size());
  EXPECT_TRUE(equal(in.rest(), path));
}

TEST(EfiStructures, PartitionTablesHaveTheirSizes) {
  EXPECT_EQ(gpt_data(synthetic_guid("d"), {Partition{}, Partition{}}).size(), 92U + 8 + 2 * 128);
}

}  // namespace
}  // namespace quotemill::bench
