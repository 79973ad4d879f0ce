#include "engine/eventlog/decode/device_path.h"

#include <array>
#include <optional>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/eventlog/decode/guid.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

constexpr std::uint8_t kHardware = 0x01;
constexpr std::uint8_t kAcpi = 0x02;
constexpr std::uint8_t kMessaging = 0x03;
constexpr std::uint8_t kMedia = 0x04;
constexpr std::uint8_t kBios = 0x05;
constexpr std::uint8_t kEnd = 0x7F;
constexpr std::uint8_t kMediaFilePath = 0x04;
constexpr std::uint32_t kPnpPciRoot = 0x0A0341D0;
constexpr std::uint32_t kPnpPciExpressRoot = 0x0A0841D0;
constexpr std::size_t kShownBytesMax = 64;

struct Node {
  std::uint8_t type = 0;
  std::uint8_t subtype = 0;
  ByteView data;
};

// The next node; nullopt at the end, or if it does not fit (`broken`).
class NodeReader {
 public:
  explicit NodeReader(ByteView path) : in_(path) {}

  std::optional<Node> next() {
    if (in_.remaining() == 0 || broken_) {
      return std::nullopt;
    }
    Node node;
    node.type = in_.u8();
    node.subtype = in_.u8();
    const std::uint16_t size = in_.u16_le();
    node.data = in_.bytes(size < 4 ? 0 : size - 4U);
    broken_ = !in_.ok() || size < 4 || ++count_ > limits::kDevicePathNodesMax;
    if (broken_ || node.type == kEnd) {
      return std::nullopt;
    }
    return node;
  }

  [[nodiscard]] bool broken() const { return broken_; }

 private:
  ByteReader in_;
  std::size_t count_ = 0;
  bool broken_ = false;
};

std::string unknown_text(const Node& node) {
  const ByteView shown = node.data.first(std::min(node.data.size(), kShownBytesMax));
  return "Path(" + std::to_string(node.type) + "," + std::to_string(node.subtype) + "," +
         to_hex(shown) + (shown.size() < node.data.size() ? "..." : "") + ")";
}

std::string hardware_text(const Node& node) {
  ByteReader in(node.data);
  switch (node.subtype) {
    case 1: {  // PCI
      const std::uint8_t function = in.u8();
      const std::uint8_t device = in.u8();
      return "Pci(" + hex_number(device) + "," + hex_number(function) + ")";
    }
    case 3: {  // memory mapped
      const std::uint32_t type = in.u32_le();
      const std::uint64_t first = in.u64_le();
      const std::uint64_t last = in.u64_le();
      return "MemoryMapped(" + hex_number(type) + "," + hex_number(first) + "," + hex_number(last) +
             ")";
    }
    case 4:  // vendor
      return "VenHw(" + read_guid(in).to_string() + ")";
    case 5:  // controller
      return "Ctrl(" + hex_number(in.u32_le()) + ")";
    default:
      return unknown_text(node);
  }
}

std::string acpi_text(const Node& node) {
  ByteReader in(node.data);
  if (node.subtype != 1) {
    return unknown_text(node);
  }
  const std::uint32_t hid = in.u32_le();
  const std::string uid = hex_number(in.u32_le());
  if (hid == kPnpPciRoot) {
    return "PciRoot(" + uid + ")";
  }
  if (hid == kPnpPciExpressRoot) {
    return "PcieRoot(" + uid + ")";
  }
  return "Acpi(" + hex_number(hid) + "," + uid + ")";
}

std::string pair_text(const char* name, std::uint64_t first, std::uint64_t second) {
  return std::string(name) + "(" + hex_number(first) + "," + hex_number(second) + ")";
}

std::string messaging_text(const Node& node) {
  ByteReader in(node.data);
  switch (node.subtype) {
    case 2: {  // SCSI
      const std::uint16_t target = in.u16_le();
      return pair_text("Scsi", target, in.u16_le());
    }
    case 5: {  // USB
      const std::uint8_t port = in.u8();
      return pair_text("USB", port, in.u8());
    }
    case 10:  // vendor
      return "VenMsg(" + read_guid(in).to_string() + ")";
    case 11: {  // MAC address
      const ByteView address = in.bytes(32);
      return "MAC(" + (address.empty() ? std::string() : to_hex(address.first(6))) + "," +
             hex_number(in.u8()) + ")";
    }
    case 12:
      return "IPv4()";
    case 13:
      return "IPv6()";
    case 17:  // logical unit
      return "Unit(" + hex_number(in.u8()) + ")";
    case 18: {  // SATA
      const std::uint16_t port = in.u16_le();
      const std::uint16_t multiplier = in.u16_le();
      return "Sata(" + hex_number(port) + "," + hex_number(multiplier) + "," +
             hex_number(in.u16_le()) + ")";
    }
    case 23: {  // NVMe
      const std::uint32_t name_space = in.u32_le();
      return "NVMe(" + hex_number(name_space) + "," + to_hex(in.bytes(8)) + ")";
    }
    case 24:  // URI
      return "Uri(" + text_of_ascii(node.data) + ")";
    case 26:
      return "SD(" + hex_number(in.u8()) + ")";
    case 29:
      return "eMMC(" + hex_number(in.u8()) + ")";
    default:
      return unknown_text(node);
  }
}

// HARDDRIVE_DEVICE_PATH (10.3.5.1).
std::string hard_drive_text(ByteReader in) {
  const std::uint32_t number = in.u32_le();     // PartitionNumber
  const std::uint64_t start = in.u64_le();      // PartitionStart
  const std::uint64_t size = in.u64_le();       // PartitionSize
  const Guid signature = read_guid(in);         // PartitionSignature
  (void)in.u8();                                // PartitionFormat
  const std::uint8_t signature_type = in.u8();  // SignatureType
  constexpr std::uint8_t kMbr = 1;
  constexpr std::uint8_t kGpt = 2;
  const std::string id = signature_type == kGpt ? "GPT," + signature.to_string()
                         : signature_type == kMbr
                             ? "MBR," + to_hex(ByteView(signature.bytes).first(4))
                             : "none";
  return "HD(" + std::to_string(number) + "," + id + "," + hex_number(start) + "," +
         hex_number(size) + ")";
}

std::string media_text(const Node& node) {
  ByteReader in(node.data);
  switch (node.subtype) {
    case 1:
      return hard_drive_text(in);
    case 2:
      return "CDROM(" + hex_number(in.u32_le()) + ")";
    case 3:
      return "VenMedia(" + read_guid(in).to_string() + ")";
    case kMediaFilePath:
      return text_of_utf16(node.data);
    case 6:
      return "FvFile(" + read_guid(in).to_string() + ")";
    case 7:
      return "Fv(" + read_guid(in).to_string() + ")";
    case 8: {  // offset range
      (void)in.u32_le();
      const std::uint64_t first = in.u64_le();
      return pair_text("Offset", first, in.u64_le());
    }
    case 9: {  // RAM disk
      const std::uint64_t first = in.u64_le();
      return pair_text("RamDisk", first, in.u64_le());
    }
    default:
      return unknown_text(node);
  }
}

// BBS_BBS_DEVICE_PATH (10.3.7).
std::string bios_text(const Node& node) {
  ByteReader in(node.data);
  const std::uint16_t type = in.u16_le();
  (void)in.u16_le();
  return "BBS(" + hex_number(type) + "," + text_of_ascii(in.rest()) + ")";
}

std::string text_of(const Node& node) {
  switch (node.type) {
    case kHardware:
      return hardware_text(node);
    case kAcpi:
      return acpi_text(node);
    case kMessaging:
      return messaging_text(node);
    case kMedia:
      return media_text(node);
    case kBios:
      return bios_text(node);
    default:
      return unknown_text(node);
  }
}

}  // namespace

std::string device_path_text(ByteView path) {
  std::string text;
  NodeReader nodes(path);
  while (const std::optional<Node> node = nodes.next()) {
    text += (text.empty() ? "" : "/") + text_of(*node);
  }
  return nodes.broken() ? text + "/?" : text;
}

std::string device_path_file(ByteView path) {
  std::string file;
  NodeReader nodes(path);
  while (const std::optional<Node> node = nodes.next()) {
    if (node->type == kMedia && node->subtype == kMediaFilePath) {
      file += text_of_utf16(node->data);
    }
  }
  return file;
}

}  // namespace quotemill
