#include "bench/fleet/efi_structures.h"

#include <cassert>
#include <string>

#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"

namespace quotemill::bench {
namespace {

// Device path node types (UEFI, 10.3): type and sub-type as the first two bytes.
constexpr std::uint16_t kHardwarePci = 0x0101;
constexpr std::uint16_t kAcpi = 0x0102;
constexpr std::uint16_t kMessagingNvme = 0x1703;
constexpr std::uint16_t kMediaHardDrive = 0x0104;
constexpr std::uint16_t kMediaFilePath = 0x0404;
constexpr std::uint16_t kMediaFirmwareFile = 0x0604;
constexpr std::uint16_t kMediaFirmwareVolume = 0x0704;
constexpr std::uint16_t kEnd = 0xFF7F;

constexpr std::size_t kNodeHeaderSize = 4;
constexpr std::size_t kSignatureListHeaderSize = 28;

void node(ByteWriter& out, std::uint16_t type, ByteView body) {
  out.u16_le(type).u16_le(static_cast<std::uint16_t>(body.size() + kNodeHeaderSize)).bytes(body);
}

void end_node(ByteWriter& out) {
  node(out, kEnd, {});
}

void pci_root(ByteWriter& out) {
  node(out, kAcpi, ByteWriter().u32_le(0x0A0341D0).u32_le(0).view());  // PNP0A03, UID 0
}

void pci_node(ByteWriter& out, std::uint8_t device, std::uint8_t function) {
  node(out, kHardwarePci, ByteWriter().u8(function).u8(device).view());
}

void file_node(ByteWriter& out, std::string_view file) {
  node(out, kMediaFilePath, utf16z(file));
}

Bytes signature_list(std::string_view type, const std::vector<Bytes>& signatures) {
  const std::size_t each = signatures.front().size();
  ByteWriter out;
  out.bytes(guid(type));
  out.u32_le(static_cast<std::uint32_t>(kSignatureListHeaderSize + each * signatures.size()));
  out.u32_le(0);  // SignatureHeaderSize
  out.u32_le(static_cast<std::uint32_t>(each));
  for (const Bytes& signature : signatures) {
    out.bytes(signature);
  }
  return out.take();
}

// One DER element.
Bytes der(std::uint8_t tag, ByteView content) {
  ByteWriter out;
  out.u8(tag);
  if (content.size() < 0x80) {
    out.u8(static_cast<std::uint8_t>(content.size()));
  } else {
    assert(content.size() <= 0xFFFF);
    out.u8(0x82).u16_be(static_cast<std::uint16_t>(content.size()));
  }
  return out.bytes(content).take();
}

Bytes joined(std::initializer_list<ByteView> parts) {
  ByteWriter out;
  for (const ByteView part : parts) {
    out.bytes(part);
  }
  return out.take();
}

// Name ::= one RDN of one commonName (2.5.4.3).
Bytes der_name(std::string_view common_name) {
  const Bytes oid{0x06, 0x03, 0x55, 0x04, 0x03};
  const Bytes attribute = der(0x30, joined({oid, der(0x0C, as_bytes(common_name))}));
  return der(0x30, der(0x31, attribute));
}

// AlgorithmIdentifier of a PKCS #1 algorithm (1.2.840.113549.1.1.n) with NULL parameters.
Bytes der_pkcs1(std::uint8_t algorithm) {
  const Bytes oid{0x06, 0x09, 0x2A, 0x86,      0x48, 0x86, 0xF7,
                  0x0D, 0x01, 0x01, algorithm, 0x05, 0x00};
  return der(0x30, oid);
}

Bytes der_rsa_key(std::string_view label) {
  Bytes modulus = synthetic_bytes(std::string(label) + "/modulus", 257);
  modulus.front() = 0;  // positive
  modulus[1] |= 0x80U;
  modulus.back() |= 0x01U;
  const Bytes exponent{0x02, 0x03, 0x01, 0x00, 0x01};
  const Bytes key = der(0x30, joined({der(0x02, modulus), exponent}));
  return der(0x30, joined({der_pkcs1(1), der(0x03, joined({Bytes{0}, key}))}));
}

}  // namespace

Guid guid(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != '-') {
      digits += c;
    }
  }
  const std::optional<Bytes> bytes = from_hex(digits);
  assert(bytes && bytes->size() == 16);
  // The first three fields are integers, hence stored little-endian.
  constexpr std::array<std::size_t, 16> kOrder{3, 2, 1,  0,  5,  4,  7,  6,
                                               8, 9, 10, 11, 12, 13, 14, 15};
  Guid out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = (*bytes)[kOrder[i]];
  }
  return out;
}

Bytes synthetic_bytes(std::string_view label, std::size_t size) {
  Bytes out;
  for (std::uint32_t block = 0; out.size() < size; ++block) {
    ByteWriter counter;
    counter.u32_be(block);
    const Digest digest = hash(HashAlgorithm::kSha256, {counter.view(), as_bytes(label)});
    out.insert(out.end(), digest.view().begin(), digest.view().end());
  }
  out.resize(size);
  return out;
}

Digest synthetic_digest(HashAlgorithm bank, std::string_view label) {
  return hash(bank, as_bytes(label));
}

Guid synthetic_guid(std::string_view label) {
  const Bytes bytes = synthetic_bytes(label, 16);
  Guid out{};
  std::copy(bytes.begin(), bytes.end(), out.begin());
  out[7] = static_cast<std::uint8_t>((out[7] & 0x0FU) | 0x40U);  // version 4
  out[8] = static_cast<std::uint8_t>((out[8] & 0x3FU) | 0x80U);
  return out;
}

Bytes synthetic_certificate(std::string_view common_name) {
  Bytes serial = synthetic_bytes(std::string(common_name) + "/serial", 16);
  serial.front() = static_cast<std::uint8_t>((serial.front() & 0x3FU) | 0x40U);
  const Bytes name = der_name(common_name);
  const Bytes validity = der(
      0x30, joined({der(0x17, as_bytes("200101000000Z")), der(0x17, as_bytes("400101000000Z"))}));
  const Bytes version{0xA0, 0x03, 0x02, 0x01, 0x02};
  const Bytes tbs = der(0x30, joined({version, der(0x02, serial), der_pkcs1(11), name, validity,
                                      name, der_rsa_key(common_name)}));
  const Bytes signature = synthetic_bytes(std::string(common_name) + "/signature", 256);
  return der(0x30, joined({tbs, der_pkcs1(11), der(0x03, joined({Bytes{0}, signature}))}));
}

Bytes utf16(std::string_view text) {
  ByteWriter out;
  for (const char c : text) {
    out.u16_le(static_cast<std::uint8_t>(c));
  }
  return out.take();
}

Bytes utf16z(std::string_view text) {
  Bytes out = utf16(text);
  out.insert(out.end(), {0, 0});
  return out;
}

Bytes variable_data(const Guid& vendor, std::string_view name, ByteView value) {
  return ByteWriter()
      .bytes(vendor)
      .u64_le(name.size())
      .u64_le(value.size())
      .bytes(utf16(name))
      .bytes(value)
      .take();
}

Bytes signature_data(const Guid& owner, ByteView signature) {
  return ByteWriter().bytes(owner).bytes(signature).take();
}

Bytes x509_signature_list(const Guid& owner, ByteView certificate) {
  return signature_list("A5C059A1-94E4-4AA7-87B5-AB155C2BF072",
                        {signature_data(owner, certificate)});
}

Bytes sha256_signature_list(const Guid& owner, const std::vector<Digest>& hashes) {
  std::vector<Bytes> signatures;
  for (const Digest& digest : hashes) {
    signatures.push_back(signature_data(owner, digest.view()));
  }
  return signature_list("C1C41626-504C-4092-ACA9-41F936934328", signatures);
}

Bytes disk_file_path(const Partition& partition, std::string_view file) {
  ByteWriter out;
  pci_root(out);
  pci_node(out, 0x1D, 0);
  node(out, kMessagingNvme, ByteWriter().u32_le(1).u64_le(0).view());
  node(out, kMediaHardDrive,
       ByteWriter()
           .u32_le(partition.number)
           .u64_le(partition.first_block)
           .u64_le(partition.blocks)
           .bytes(partition.unique)
           .u8(2)  // GUID partition table
           .u8(2)  // the signature is a GUID
           .view());
  file_node(out, file);
  end_node(out);
  return out.take();
}

Bytes file_path(std::string_view file) {
  ByteWriter out;
  file_node(out, file);
  end_node(out);
  return out.take();
}

Bytes pci_path(std::uint8_t device, std::uint8_t function) {
  ByteWriter out;
  pci_root(out);
  pci_node(out, device, function);
  end_node(out);
  return out.take();
}

Bytes firmware_file_path(const Guid& volume, const Guid& file) {
  ByteWriter out;
  node(out, kMediaFirmwareVolume, volume);
  node(out, kMediaFirmwareFile, file);
  end_node(out);
  return out.take();
}

Bytes load_option(std::string_view description, ByteView device_path) {
  return ByteWriter()
      .u32_le(1)  // LOAD_OPTION_ACTIVE
      .u16_le(static_cast<std::uint16_t>(device_path.size()))
      .bytes(utf16z(description))
      .bytes(device_path)
      .take();
}

Bytes image_load_event(std::uint64_t address, std::uint64_t size, ByteView device_path) {
  return ByteWriter()
      .u64_le(address)
      .u64_le(size)
      .u64_le(0)  // ImageLinkTimeAddress
      .u64_le(device_path.size())
      .bytes(device_path)
      .take();
}

Bytes firmware_blob2(std::string_view description, std::uint64_t base, std::uint64_t size) {
  return ByteWriter()
      .u8(static_cast<std::uint8_t>(description.size()))
      .bytes(as_bytes(description))
      .u64_le(base)
      .u64_le(size)
      .take();
}

Bytes handoff_tables(const std::vector<std::pair<Guid, std::uint64_t>>& tables) {
  ByteWriter out;
  out.u64_le(tables.size());
  for (const auto& [vendor, address] : tables) {
    out.bytes(vendor).u64_le(address);
  }
  return out.take();
}

Bytes gpt_data(const Guid& disk, const std::vector<Partition>& partitions) {
  constexpr std::uint64_t kLastBlock = 1'000'215'215;  // a disk of 512 GB
  ByteWriter out;
  out.bytes(as_bytes("EFI PART"));
  out.u32_le(0x00010000).u32_le(92).u32_le(0).u32_le(0);
  out.u64_le(1).u64_le(kLastBlock).u64_le(34).u64_le(kLastBlock - 33);
  out.bytes(disk).u64_le(2).u32_le(128).u32_le(128).u32_le(0);
  out.u64_le(partitions.size());
  for (const Partition& partition : partitions) {
    Bytes name = utf16(partition.name);
    name.resize(72);
    out.bytes(partition.type).bytes(partition.unique);
    out.u64_le(partition.first_block).u64_le(partition.first_block + partition.blocks - 1);
    out.u64_le(0).bytes(name);
  }
  return out.take();
}

}  // namespace quotemill::bench
