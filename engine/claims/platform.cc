#include "engine/claims/platform.h"

#include <algorithm>
#include <array>

#include "engine/base/byte_reader.h"
#include "engine/claims/measured_code.h"
#include "engine/crypto/certificate.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/decode/no_action.h"
#include "engine/eventlog/decode/tagged_event.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kOptionRomPcr = 2;
constexpr std::uint32_t kFirmwarePcrsEnd = 8;
constexpr std::uint32_t kWindowsPcrsBegin = 11;  // what Windows measures of itself
constexpr std::uint32_t kWindowsPcrsEnd = 15;

struct AlarmText {
  std::string_view text;
  std::string_view what;
};

// PFP 1.06, 3.3.4.8 and 8.3.3; UEFI: the texts of EV_EFI_ACTION.
constexpr std::array kAlarmTexts = {
    AlarmText{"UEFI Debug Mode", "debugger"},
    AlarmText{"DMA Protection Disabled", "dma_protection_disabled"},
};

struct AlarmTag {
  std::uint32_t id;
  std::string_view what;
  bool alarming;  // the value that is one
};

constexpr std::array kAlarmTags = {
    AlarmTag{tagged_event::kBootDebugging, "windows_boot_debugging", true},
    AlarmTag{tagged_event::kKernelDebug, "windows_kernel_debugging", true},
    AlarmTag{tagged_event::kHypervisorDebug, "windows_hypervisor_debugging", true},
    AlarmTag{tagged_event::kTestSigning, "windows_test_signing", true},
    AlarmTag{tagged_event::kCodeIntegrity, "windows_code_integrity_off", false},
    AlarmTag{tagged_event::kSafeMode, "windows_safe_mode", true},
    AlarmTag{tagged_event::kWinPe, "windows_preinstallation", true},
};

std::string text_field(const Fields& fields, std::string_view name) {
  for (const Field& field : fields) {
    const auto* const text = std::get_if<std::string>(&field.value);
    if (field.name == name && text != nullptr) {
      return *text;
    }
  }
  return {};
}

class PlatformReader {
 public:
  PlatformReader(const ProvenLog& log, const SignatureDatabases& databases)
      : log_(log), databases_(databases) {
    for (std::size_t i = 0; i < kAlarmTexts.size(); ++i) {
      const std::string text(kAlarmTexts.at(i).text);
      alarm_digests_.at(i) = {hash(log.bank(), as_bytes(text)),
                              hash(log.bank(), as_bytes(text + '\0'))};
    }
  }

  PlatformClaims run() {
    for (const BootEvent& event : log_.log().events) {
      read(event);
      read_option_rom(event);
      read_alarm(event);
    }
    read_windows_events();
    read_platform_key();
    return std::move(claims_);
  }

 private:
  void read(const BootEvent& event) {
    switch (event.type) {
      case event_type::kSCrtmVersion:
        claims_.firmware.version = describe(event);
        claims_.firmware.version_ground = ground_of_data(log_, event);
        break;
      case event_type::kNoAction:
        read_no_action(event);
        break;
      case event_type::kEfiPlatformFirmwareBlob:
      case event_type::kEfiPlatformFirmwareBlob2:
        ++claims_.firmware.blobs;
        break;
      case event_type::kEventTag:
        read_tags(event);
        break;
      default:
        break;
    }
  }

  void read_no_action(const BootEvent& event) {
    const std::string manufacturer =
        text_field(describe_no_action(event.data), "platform_manufacturer");
    if (!manufacturer.empty()) {
      claims_.firmware.manufacturer = manufacturer;
    }
  }

  // Whatever its label says.
  void read_option_rom(const BootEvent& event) {
    if (event.pcr != kOptionRomPcr || !may_be_code(log_, event)) {
      return;
    }
    const Ground ground = log_.is_digest_proven(event)
                              ? Ground{Standing::kProven, {event.number}, {}}
                              : ground_of_data(log_, event);
    claims_.option_roms.push_back(
        {event.number, describe(event), to_hex(event.digest(log_.bank())), ground});
  }

  // Found by its digest whatever it is labelled as, so that it cannot be hidden; a label alone is
  // an alarm as well, an unproven one.
  void read_alarm(const BootEvent& event) {
    if (!event.is_measured() || event.pcr >= kFirmwarePcrsEnd) {
      return;
    }
    for (std::size_t i = 0; i < kAlarmTexts.size(); ++i) {
      const AlarmText& alarm = kAlarmTexts.at(i);
      const bool measured = is_alarm_digest(i, event.digest(log_.bank()));
      if (measured || is_labelled(event, alarm)) {
        const Ground ground = measured && log_.has_pcr(event.pcr)
                                  ? Ground{Standing::kProven, {event.number}, {}}
                                  : ground_of_data(log_, event);
        claims_.alarms.push_back({std::string(alarm.what), std::string(alarm.text), ground});
      }
    }
  }

  // Of the text, with and without a NUL.
  [[nodiscard]] bool is_alarm_digest(std::size_t alarm, ByteView digest) const {
    const auto& digests = alarm_digests_.at(alarm);
    return std::any_of(digests.begin(), digests.end(),
                       [digest](const Digest& expected) { return equal(digest, expected.view()); });
  }

  static bool is_labelled(const BootEvent& event, const AlarmText& alarm) {
    const bool action = event.type == event_type::kEfiAction || event.type == event_type::kAction;
    return action && as_text(event.data).substr(0, alarm.text.size()) == alarm.text;
  }

  void read_tags(const BootEvent& event) {
    const Result<std::vector<TaggedEvent>> tagged = decode_tagged_events(event.data);
    if (!tagged) {
      return;
    }
    is_windows_ = is_windows_ || (!tagged->empty() && is_windows_event(tagged->front().id));
    for (const TaggedEvent& tag : *tagged) {
      for (const AlarmTag& alarm : kAlarmTags) {
        const bool value = !tag.data.empty() && tag.data[0] != 0;
        if (tag.id == alarm.id && value == alarm.alarming) {
          claims_.alarms.push_back({std::string(alarm.what), std::string(tagged_event_name(tag.id)),
                                    ground_of_data(log_, event)});
        }
      }
    }
  }

  // Windows hashes the data of all that it measures itself: where it did, one event that shows
  // something else could be any of the alarms, under another label or with another value.
  void read_windows_events() {
    for (const BootEvent& event : log_.log().events) {
      const bool is_its_own = event.is_measured() && event.pcr >= kWindowsPcrsBegin &&
                              event.pcr < kWindowsPcrsEnd && log_.has_pcr(event.pcr);
      if (is_windows_ && is_its_own && !log_.is_data_proven(event)) {
        claims_.alarms.push_back(
            {"windows_event_unproven", event_type_name(event.type), ground_of_data(log_, event)});
        return;
      }
    }
  }

  void read_platform_key() {
    const SignatureDatabase* const keys = databases_.find("PK");
    if (keys == nullptr) {
      return;
    }
    claims_.firmware.vendor_ground = keys->ground;
    for (const SignatureEntry& entry : keys->entries) {
      const Result<Certificate> certificate = Certificate::from_der(entry.data);
      if (entry.type == guids::kCertX509 && certificate) {
        claims_.firmware.vendor = certificate->subject();
      }
    }
  }

  const ProvenLog& log_;
  const SignatureDatabases& databases_;
  std::array<std::array<Digest, 2>, kAlarmTexts.size()> alarm_digests_;
  bool is_windows_ = false;
  PlatformClaims claims_;
};

}  // namespace

PlatformClaims claim_platform(const ProvenLog& log, const SignatureDatabases& databases) {
  return PlatformReader(log, databases).run();
}

}  // namespace quotemill
