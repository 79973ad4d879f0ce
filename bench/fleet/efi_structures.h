// Writers of the UEFI structures that firmware measures: variables, signature lists, device paths,
// load options, images, partition tables (UEFI Specification 2.10; TCG PC Client Platform Firmware
// Profile 1.06, section 10), and of stand-ins for what a simulated machine does not have: bytes,
// digests and certificates derived from a label. All little-endian, all deterministic.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

namespace quotemill::bench {

// EFI_GUID as it lies in memory.
using Guid = std::array<std::uint8_t, 16>;

// The GUID written "8BE4DF61-93CA-11D2-AA0D-00E098032B8C". REQUIRES: exactly this form
Guid guid(std::string_view text);

// `size` bytes that depend on `label` alone.
Bytes synthetic_bytes(std::string_view label, std::size_t size);

// A digest in `bank` of something called `label` that does not exist: a firmware volume, a kernel.
Digest synthetic_digest(HashAlgorithm bank, std::string_view label);

Guid synthetic_guid(std::string_view label);

// A certificate with well-formed DER (version 3, RSA-2048, sha256WithRSAEncryption, a
// commonName); its key and signature are stand-ins, which no one verifies.
Bytes synthetic_certificate(std::string_view common_name);

// ASCII as UTF-16LE, without a terminator; and with one.
Bytes utf16(std::string_view text);
Bytes utf16z(std::string_view text);

// UEFI_VARIABLE_DATA (Firmware Profile, 10.2.6).
Bytes variable_data(const Guid& vendor, std::string_view name, ByteView value);

// EFI_SIGNATURE_DATA: an owner and a certificate or hash (UEFI, 32.4.1).
Bytes signature_data(const Guid& owner, ByteView signature);

// EFI_SIGNATURE_LIST of one certificate; and of SHA-256 hashes.
Bytes x509_signature_list(const Guid& owner, ByteView certificate);
Bytes sha256_signature_list(const Guid& owner, const std::vector<Digest>& hashes);

// Where a partition lies on its disk.
struct Partition {
  std::uint32_t number = 1;
  std::uint64_t first_block = 2048;
  std::uint64_t blocks = 1048576;
  Guid type{};
  Guid unique{};
  std::string_view name;
};

// Device paths (UEFI, 10.3), with their end node: a file on a partition of the first NVMe disk; a
// file alone, as shim gives it; a PCI device; an application in a firmware volume.
Bytes disk_file_path(const Partition& partition, std::string_view file);
Bytes file_path(std::string_view file);
Bytes pci_path(std::uint8_t device, std::uint8_t function);
Bytes firmware_file_path(const Guid& volume, const Guid& file);

// EFI_LOAD_OPTION, the value of Boot#### (UEFI, 3.1.3).
Bytes load_option(std::string_view description, ByteView device_path);

// UEFI_IMAGE_LOAD_EVENT (Firmware Profile, 10.2.3) at some address.
Bytes image_load_event(std::uint64_t address, std::uint64_t size, ByteView device_path);

// UEFI_PLATFORM_FIRMWARE_BLOB2 (Firmware Profile, 10.2.5).
Bytes firmware_blob2(std::string_view description, std::uint64_t base, std::uint64_t size);

// UEFI_HANDOFF_TABLE_POINTERS (Firmware Profile, 10.2.4).
Bytes handoff_tables(const std::vector<std::pair<Guid, std::uint64_t>>& tables);

// UEFI_GPT_DATA (Firmware Profile, 10.2.7). CRCs are left zero.
Bytes gpt_data(const Guid& disk, const std::vector<Partition>& partitions);

}  // namespace quotemill::bench
