#include "bench/fleet/esxi_boot_model.h"

#include <array>
#include <set>

#include "bench/fleet/efi_structures.h"
#include "bench/fleet/esxi_events.h"
#include "engine/base/byte_reader.h"
#include "engine/base/byte_writer.h"
#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::bench {
namespace {

constexpr std::string_view kGlobalVariable = "8BE4DF61-93CA-11D2-AA0D-00E098032B8C";
constexpr std::string_view kImageSecurity = "D719B2CB-3D3A-4596-A3BC-DAD00E67656F";
constexpr std::string_view kEfiSystemPartition = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
constexpr std::string_view kVendor = "Simulated VMware Secure Boot Signing";
constexpr std::string_view kOtherVendor = "Somebody's Secure Boot Signing";
constexpr std::string_view kBoard = "Quotemill SimServer 1";

// What stands for the images in PCR 4.
using LoadedImages = std::array<std::string, 2>;

LoadedImages loaded_images(const EsxiImageModel& image) {
  return {"safeboot64 " + image.version, "mboot64 " + image.version};
}

class EsxiWriter {
 public:
  explicit EsxiWriter(const EsxiBootModel& model)
      : model_(model),
        host_("esxi host " + std::to_string(model.host_seed)),
        banks_(model.fault == EsxiFault::kSha1Only ? std::vector{HashAlgorithm::kSha1}
                                                   : model.banks),
        log_(BootLogFormat::kCryptoAgile, banks_) {
    esp_.type = guid(kEfiSystemPartition);
    esp_.unique = synthetic_guid(host_ + "/esp");
    esp_.name = "BOOT";
  }

  EsxiBootLog run() {
    PlannedEvents events = plan_esxi_boot(model_);
    std::size_t hidden = 0;
    put_fault(model_, events, hidden);
    firmware();
    boot_attempt();
    for (std::size_t i = 0; i < events.size(); ++i) {
      if (i + hidden == events.size()) {
        shown_ = to_bytes(log_.bytes());
      }
      write(events[i]);
    }
    plain(5, event_type::kEfiAction, as_bytes("Exit Boot Services Invocation"));
    plain(5, event_type::kEfiAction, as_bytes("Exit Boot Services Returned with Success"));
    EsxiBootLog out;
    out.measured = to_bytes(log_.bytes());
    out.log = hidden > 0 ? shown_ : out.measured;
    if (model_.fault == EsxiFault::kTruncated) {
      constexpr std::size_t kCut = 150;
      out.log.resize(out.log.size() - kCut);
    }
    return out;
  }

 private:
  void plain(std::uint32_t pcr, std::uint32_t type, ByteView data) {
    log_.event(pcr, type, data, data);
  }

  void image(std::uint32_t pcr, std::uint32_t type, std::string_view what, ByteView data) {
    log_.event(pcr, type, as_bytes(what), data);
  }

  void variable(std::uint32_t type, std::string_view vendor, std::string_view name,
                ByteView value) {
    plain(7, type, variable_data(guid(vendor), name, value));
  }

  void firmware() {
    plain(0, event_type::kSCrtmVersion, utf16z(std::string(kBoard) + " " + model_.firmware));
    image(0, event_type::kEfiPlatformFirmwareBlob2, "DXE volume " + model_.firmware,
          firmware_blob2("DXE volume", 0xFF00'0000, 0x20'0000));
    constexpr std::uint32_t kType = event_type::kEfiVariableDriverConfig;
    const Guid owner = synthetic_guid(kBoard);
    const bool is_on = model_.fault != EsxiFault::kSecureBootOff;
    variable(kType, kGlobalVariable, "SecureBoot", Bytes{static_cast<std::uint8_t>(is_on ? 1 : 0)});
    variable(kType, kGlobalVariable, "PK",
             x509_signature_list(owner, synthetic_certificate("SimServer PK")));
    variable(kType, kGlobalVariable, "KEK",
             x509_signature_list(owner, synthetic_certificate("SimServer KEK")));
    variable(kType, kImageSecurity, "db",
             x509_signature_list(owner, synthetic_certificate(kVendor)));
    variable(
        kType, kImageSecurity, "dbx",
        sha256_signature_list(owner, {synthetic_digest(HashAlgorithm::kSha256, "revoked mboot")}));
    plain(7, event_type::kSeparator, std::array<std::uint8_t, 4>{});
  }

  void boot_attempt() {
    plain(4, event_type::kEfiAction, as_bytes("Calling EFI Application from Boot Option"));
    for (std::uint32_t pcr = 0; pcr < 7; ++pcr) {
      plain(pcr, event_type::kSeparator, std::array<std::uint8_t, 4>{});
    }
    if (model_.fault != EsxiFault::kSecureBootOff) {
      const bool is_other = model_.fault == EsxiFault::kOtherAuthority;
      variable(event_type::kEfiVariableAuthority, kImageSecurity, "db",
               signature_data(synthetic_guid(kBoard),
                              synthetic_certificate(is_other ? kOtherVendor : kVendor)));
    }
    plain(5, event_type::kEfiGptEvent, gpt_data(synthetic_guid(host_ + "/disk"), {esp_}));
    load();
    if (model_.fault == EsxiFault::kUnusedPcr) {
      log_.event(8, event_type::kIpl, as_bytes("boot"), as_bytes("grub_cmd: boot"));
    }
  }

  // With kOtherLoader another system runs, and writes what ESXi would.
  void load() {
    constexpr std::uint32_t kType = event_type::kEfiBootServicesApplication;
    const bool is_other = model_.fault == EsxiFault::kOtherLoader;
    const LoadedImages ours = loaded_images(*model_.image);
    image(
        4, kType, is_other ? "shimx64 15.8" : ours[0],
        image_load_event(0x6A40'2018, 0x3'9878, disk_file_path(esp_, "\\EFI\\BOOT\\BOOTX64.EFI")));
    image(4, kType, is_other ? "grubx64 2.06" : ours[1],
          image_load_event(0x6980'0018, 0x4'D5C0, file_path("\\EFI\\VMware\\mboot64.efi")));
  }

  void write(const PlannedEvent& event) {
    ByteWriter data;
    if (event.type == event_type::kEventTag) {
      data.u32_le(event.tag);
      data.u32_le(event.shown_size.value_or(static_cast<std::uint32_t>(event.data.size())));
    }
    data.bytes(event.data);
    std::vector<Digest> digests;
    for (const HashAlgorithm bank : banks_) {
      const bool differs = event.sha1_differs && bank == HashAlgorithm::kSha1;
      digests.push_back(
          hash(bank, differs ? as_bytes("something else") : ByteView(event.measured)));
    }
    log_.event_with_digests(event.pcr, event.type, digests, data.view());
  }

  const EsxiBootModel& model_;
  const std::string host_;
  const std::vector<HashAlgorithm> banks_;
  BootLogWriter log_;
  Partition esp_;
  Bytes shown_;
};

// A number below `end`, from a seed and a host.
std::uint32_t spread(std::uint64_t seed, std::uint32_t host, std::string_view what,
                     std::uint32_t end) {
  const Bytes bytes = synthetic_bytes(
      std::string(what) + "/" + std::to_string(seed) + "/" + std::to_string(host), 4);
  constexpr std::uint32_t kThreeBytes = 0xFFFFFF;
  return (ByteReader(bytes).u32_le() & kThreeBytes) % end;
}

std::string quoted(ByteView content) {
  return "\"" + hash(HashAlgorithm::kSha256, content).hex() + "\"";
}

// Their digests, as a policy lists them.
std::set<std::string> loaders_of(const EsxiBootModel& model) {
  std::set<std::string> loaders;
  if (model.is_launched) {
    for (const PlannedEvent& event : plan_esxi_boot(model)) {
      if (event.type != event_type::kEventTag) {
        loaders.insert(quoted(event.measured));
      }
    }
    return loaders;
  }
  for (const std::string& image : loaded_images(*model.image)) {
    loaders.insert(quoted(as_bytes(image)));
  }
  return loaders;
}

std::string rules_of(const std::set<std::string>& loaders, bool has_signers) {
  std::string list;
  for (const std::string& loader : loaders) {
    list += (list.empty() ? "" : ", ") + loader;
  }
  std::string rules =
      "loaders = [" + list + "]\nauthorities = [" + quoted(synthetic_certificate(kVendor)) + "]\n";
  if (has_signers) {
    rules += "signers = [" + quoted(esxi_signer_certificate(kEsxiSigner)) + "]\n";
  }
  return rules;
}

}  // namespace

EsxiBootLog write_esxi_boot_log(const EsxiBootModel& model) {
  return EsxiWriter(model).run();
}

std::string esxi_rules_of(const EsxiBootModel& model) {
  return rules_of(loaders_of(model), !model.is_launched);
}

std::string EsxiFleet::rules() const {
  std::set<std::string> loaders;
  for (const auto& image : images_) {
    EsxiBootModel model;
    model.image = image;
    loaders.merge(loaders_of(model));
  }
  return rules_of(loaders, /*has_signers=*/true);
}

EsxiFleet::EsxiFleet(const EsxiFleetModel& model) : model_(model) {
  for (std::uint32_t i = 0; i < model.images; ++i) {
    images_.push_back(std::make_shared<const EsxiImageModel>(esxi_image(i, model.modules)));
  }
}

EsxiBootModel EsxiFleet::host(std::uint32_t number) const {
  constexpr std::uint32_t kMille = 1000;
  const std::uint32_t image = spread(model_.seed, number, "image", model_.images);
  EsxiBootModel host;
  host.image = images_[image];
  host.other_image = images_[(image + 1) % model_.images];
  host.host_seed = model_.seed << 32U | number;
  host.asset_tag = number % 2 == 0 ? "rack-" + std::to_string(number % 40) : "";
  if (spread(model_.seed, number, "faulty", kMille) < model_.faulty_per_mille) {
    host.fault = static_cast<EsxiFault>(
        1 + spread(model_.seed, number, "fault", static_cast<std::uint32_t>(kEsxiFaults) - 1));
  }
  return host;
}

}  // namespace quotemill::bench
