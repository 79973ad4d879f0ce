#include "engine/eventlog/decode/tagged_event.h"

#include <algorithm>
#include <array>

#include "engine/base/byte_reader.h"
#include "engine/base/limits.h"
#include "engine/eventlog/decode/secrets.h"
#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kAggregation = 0x40000000;
constexpr std::uint32_t kNonMeasured = 0x80000000;
constexpr std::size_t kShownBytesMax = 64;

struct NamedId {
  std::uint32_t id;
  std::string_view name;
};

// Windows: wbcl.h of the Windows SDK. Linux: drivers/firmware/efi/libstub. systemd: its boot loader
// and stub.
constexpr std::array kNames = {
    NamedId{0x40010001, "SIPAEVENT_TRUSTBOUNDARY"},
    NamedId{0x40010002, "SIPAEVENT_ELAM_AGGREGATION"},
    NamedId{0x40010003, "SIPAEVENT_LOADEDMODULE_AGGREGATION"},
    NamedId{0xC0010004, "SIPAEVENT_TRUSTPOINT_AGGREGATION"},
    NamedId{0x40010005, "SIPAEVENT_KSR_AGGREGATION"},
    NamedId{0x40010006, "SIPAEVENT_KSR_SIGNED_MEASUREMENT_AGGREGATION"},
    NamedId{0x00020001, "SIPAEVENT_INFORMATION"},
    NamedId{0x00020002, "SIPAEVENT_BOOTCOUNTER"},
    NamedId{0x00020003, "SIPAEVENT_TRANSFER_CONTROL"},
    NamedId{0x00020004, "SIPAEVENT_APPLICATION_RETURN"},
    NamedId{0x00020005, "SIPAEVENT_BITLOCKER_UNLOCK"},
    NamedId{0x00020006, "SIPAEVENT_EVENTCOUNTER"},
    NamedId{0x00020007, "SIPAEVENT_COUNTERID"},
    NamedId{0x00020008, "SIPAEVENT_MORBIT_NOT_CANCELABLE"},
    NamedId{0x00020009, "SIPAEVENT_APPLICATION_SVN"},
    NamedId{0x0002000A, "SIPAEVENT_SVN_CHAIN_STATUS"},
    NamedId{0x0002000B, "SIPAEVENT_MORBIT_API_STATUS"},
    NamedId{tagged_event::kBootDebugging, "SIPAEVENT_BOOTDEBUGGING"},
    NamedId{0x00040002, "SIPAEVENT_BOOT_REVOCATION_LIST"},
    NamedId{tagged_event::kKernelDebug, "SIPAEVENT_OSKERNELDEBUG"},
    NamedId{tagged_event::kCodeIntegrity, "SIPAEVENT_CODEINTEGRITY"},
    NamedId{tagged_event::kTestSigning, "SIPAEVENT_TESTSIGNING"},
    NamedId{0x00050004, "SIPAEVENT_DATAEXECUTIONPREVENTION"},
    NamedId{tagged_event::kSafeMode, "SIPAEVENT_SAFEMODE"},
    NamedId{tagged_event::kWinPe, "SIPAEVENT_WINPE"},
    NamedId{0x00050007, "SIPAEVENT_PHYSICALADDRESSEXTENSION"},
    NamedId{0x00050008, "SIPAEVENT_OSDEVICE"},
    NamedId{0x00050009, "SIPAEVENT_SYSTEMROOT"},
    NamedId{0x0005000A, "SIPAEVENT_HYPERVISOR_LAUNCH_TYPE"},
    NamedId{0x0005000B, "SIPAEVENT_HYPERVISOR_PATH"},
    NamedId{0x0005000C, "SIPAEVENT_HYPERVISOR_IOMMU_POLICY"},
    NamedId{tagged_event::kHypervisorDebug, "SIPAEVENT_HYPERVISOR_DEBUG"},
    NamedId{0x0005000E, "SIPAEVENT_DRIVER_LOAD_POLICY"},
    NamedId{0x0005000F, "SIPAEVENT_SI_POLICY"},
    NamedId{0x00050010, "SIPAEVENT_HYPERVISOR_MMIO_NX_POLICY"},
    NamedId{0x00050011, "SIPAEVENT_HYPERVISOR_MSR_FILTER_POLICY"},
    NamedId{0x00050012, "SIPAEVENT_VSM_LAUNCH_TYPE"},
    NamedId{0x00050013, "SIPAEVENT_OS_REVOCATION_LIST"},
    NamedId{0x00050020, "SIPAEVENT_VSM_IDK_INFO"},
    NamedId{0x00050021, "SIPAEVENT_FLIGHTSIGNING"},
    NamedId{0x00050022, "SIPAEVENT_PAGEFILE_ENCRYPTION_ENABLED"},
    NamedId{0x00050023, "SIPAEVENT_VSM_IDKS_INFO"},
    NamedId{0x00050024, "SIPAEVENT_HIBERNATION_DISABLED"},
    NamedId{0x00050025, "SIPAEVENT_DUMPS_DISABLED"},
    NamedId{0x00050026, "SIPAEVENT_DUMP_ENCRYPTION_ENABLED"},
    NamedId{0x00050027, "SIPAEVENT_DUMP_ENCRYPTION_KEY_DIGEST"},
    NamedId{0x00050028, "SIPAEVENT_LSAISO_CONFIG"},
    NamedId{0x00060001, "SIPAEVENT_NOAUTHORITY"},
    NamedId{0x00060002, "SIPAEVENT_AUTHORITYPUBKEY"},
    NamedId{tagged_event::kFilePath, "SIPAEVENT_FILEPATH"},
    NamedId{0x00070002, "SIPAEVENT_IMAGESIZE"},
    NamedId{0x00070003, "SIPAEVENT_HASHALGORITHMID"},
    NamedId{0x00070004, "SIPAEVENT_AUTHENTICODEHASH"},
    NamedId{0x00070005, "SIPAEVENT_AUTHORITYISSUER"},
    NamedId{0x00070006, "SIPAEVENT_AUTHORITYSERIAL"},
    NamedId{0x00070007, "SIPAEVENT_IMAGEBASE"},
    NamedId{0x00070008, "SIPAEVENT_AUTHORITYPUBLISHER"},
    NamedId{0x00070009, "SIPAEVENT_AUTHORITYSHA1THUMBPRINT"},
    NamedId{0x0007000A, "SIPAEVENT_IMAGEVALIDATED"},
    NamedId{0x0007000B, "SIPAEVENT_MODULE_SVN"},
    NamedId{tagged_event::kLinuxInitrd, "LINUX_INITRD"},
    NamedId{tagged_event::kLinuxLoadOptions, "LINUX_LOAD_OPTIONS"},
    NamedId{tagged_event::kLoaderConf, "SYSTEMD_LOADER_CONF"},
    NamedId{0x6C46F751, "SYSTEMD_DEVICETREE_ADDON"},
    NamedId{0x49DFFE0F, "SYSTEMD_INITRD_ADDON"},
    NamedId{0xDAC08E1A, "SYSTEMD_UCODE_ADDON"},
    NamedId{0x13AED6DB, "SYSTEMD_UKI_PROFILE"},
};

// Reads nested runs of events without recursion: a stack of where the open ones end.
class TaggedReader {
 public:
  explicit TaggedReader(ByteView data) : in_(data) { ends_.push_back(data.size()); }

  Result<std::vector<TaggedEvent>> run() {
    while (!ends_.empty()) {
      if (in_.offset() == ends_.back()) {
        ends_.pop_back();
      } else if (!read_one()) {
        return in_.error("TCG_PCClientTaggedEvent");
      }
    }
    return std::move(events_);
  }

 private:
  bool read_one() {
    TaggedEvent event;
    event.depth = static_cast<std::uint32_t>(ends_.size() - 1);
    if (ends_.back() - in_.offset() < kHeaderSize) {
      in_.fail(ErrorCode::kTruncated);
      return false;
    }
    event.id = in_.u32_le();                  // taggedEventID
    const std::uint32_t size = in_.u32_le();  // taggedEventDataSize
    if (size > ends_.back() - in_.offset()) {
      in_.fail(ErrorCode::kTruncated);
      return false;
    }
    if (events_.size() == limits::kTaggedEventsMax) {
      in_.fail(ErrorCode::kTooLarge);
      return false;
    }
    ByteReader ahead = in_;
    event.data = ahead.bytes(size);
    events_.push_back(event);
    const bool nested = is_windows_event(event.id) && (event.id & kAggregation) != 0;
    if (nested && ends_.size() <= limits::kTaggedDepthMax) {
      ends_.push_back(in_.offset() + size);
      return true;
    }
    in_ = ahead;
    return true;
  }

  static constexpr std::size_t kHeaderSize = 8;

  ByteReader in_;
  std::vector<std::size_t> ends_;
  std::vector<TaggedEvent> events_;
};

void add_value(const TaggedEvent& event, Fields& fields) {
  const ByteView data = event.data;
  if (data.size() == 1) {
    fields.push_back({"value", std::uint64_t{data[0]}});
  } else if (is_utf16_text(data)) {
    fields.push_back({"text", text_of_utf16(data)});
  } else if (is_ascii_text(data) && data.size() > 8) {
    fields.push_back({"text", text_of_ascii(data)});
  } else if (data.size() == 8) {
    fields.push_back({"value", ByteReader(data).u64_le()});
  } else if (data.size() == 4) {
    fields.push_back({"value", std::uint64_t{ByteReader(data).u32_le()}});
  } else {
    fields.push_back({"size", std::uint64_t{data.size()}});
    fields.push_back(
        {"hex", to_hex(without_secrets(data.first(std::min(data.size(), kShownBytesMax))))});
  }
}

}  // namespace

Result<std::vector<TaggedEvent>> decode_tagged_events(ByteView data) {
  return TaggedReader(data).run();
}

std::string_view tagged_event_name(std::uint32_t id) {
  const auto* const found = std::find_if(kNames.begin(), kNames.end(),
                                         [id](const NamedId& named) { return named.id == id; });
  return found == kNames.end() ? std::string_view() : found->name;
}

bool is_windows_event(std::uint32_t id) {
  const std::uint32_t category = (id & ~(kAggregation | kNonMeasured)) >> 16U;
  return category >= 0x1 && category <= 0xB;
}

Fields describe_tagged_events(const std::vector<TaggedEvent>& events) {
  std::vector<Fields> shown;
  for (const TaggedEvent& event : events) {
    const std::string_view name = tagged_event_name(event.id);
    Fields fields = {{"id", hex_number(event.id)}};
    if (!name.empty()) {
      fields.push_back({"name", std::string(name)});
    }
    fields.push_back({"depth", std::uint64_t{event.depth}});
    if ((event.id & kAggregation) == 0 || !is_windows_event(event.id)) {
      add_value(event, fields);
    }
    shown.push_back(std::move(fields));
  }
  return {{"tagged_events", std::move(shown)}};
}

}  // namespace quotemill
