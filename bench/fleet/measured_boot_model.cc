#include "bench/fleet/measured_boot_model.h"

#include <array>
#include <string_view>

#include "bench/fleet/efi_structures.h"
#include "bench/fleet/grub_script.h"
#include "engine/eventlog/boot_log_writer.h"
#include "engine/eventlog/event_type.h"

namespace quotemill::bench {
namespace {

constexpr std::string_view kGlobalVariable = "8BE4DF61-93CA-11D2-AA0D-00E098032B8C";
constexpr std::string_view kImageSecurity = "D719B2CB-3D3A-4596-A3BC-DAD00E67656F";
constexpr std::string_view kShimLock = "605DAB50-E046-4300-ABB6-3DD810DD8B23";
constexpr std::string_view kMicrosoft = "77FA9ABD-0359-4D32-BD60-28F4E78F784B";
constexpr std::string_view kEfiSystemPartition = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";
constexpr std::string_view kLinuxFilesystem = "0FC63DAF-8483-4772-8E79-3D69D8477DE4";
constexpr std::string_view kSmbios3 = "F2FD1544-9794-4A2C-992E-E5BBCF20E394";
constexpr std::string_view kAcpi20 = "8868E871-E4F1-11D3-BC22-0080C73C8881";

constexpr std::size_t kRevokedImages = 180;  // hashes in dbx

// Writes one boot, part by part, in the order of firmware.
class BootWriter {
 public:
  explicit BootWriter(const MeasuredBootModel& model)
      : model_(model),
        host_("host " + std::to_string(model.host_seed)),
        log_(BootLogFormat::kCryptoAgile, model.banks) {
    esp_.type = guid(kEfiSystemPartition);
    esp_.unique = synthetic_guid(host_ + "/esp");
    esp_.name = "EFI System Partition";
  }

  Bytes run() {
    firmware();
    secure_boot_configuration();
    platform_configuration();
    boot_attempt();
    shim();
    grub();
    exit_boot_services();
    return to_bytes(log_.bytes());
  }

 private:
  // An event of something that is not in the log: `what` names it.
  void image(std::uint32_t pcr, std::uint32_t type, std::string_view what, ByteView data) {
    std::vector<Digest> digests;
    for (const HashAlgorithm bank : model_.banks) {
      digests.push_back(synthetic_digest(bank, what));
    }
    log_.event_with_digests(pcr, type, digests, data);
  }

  // An event whose data is what was measured.
  void plain(std::uint32_t pcr, std::uint32_t type, ByteView data) {
    log_.event(pcr, type, data, data);
  }

  void separator(std::uint32_t pcr) {
    plain(pcr, event_type::kSeparator, std::array<std::uint8_t, 4>{});
  }

  void variable(std::uint32_t type, std::string_view vendor, std::string_view name,
                ByteView value) {
    plain(7, type, variable_data(guid(vendor), name, value));
  }

  // Boot variables: firmware measures the value alone, the log shows the whole variable.
  void boot_variable(std::string_view name, ByteView value) {
    log_.event(1, event_type::kEfiVariableBoot, value,
               variable_data(guid(kGlobalVariable), name, value));
  }

  void firmware();
  void secure_boot_configuration();
  void platform_configuration();
  void boot_entries();
  void boot_attempt();
  void shim();
  void grub();
  void exit_boot_services();

  const MeasuredBootModel& model_;
  const std::string host_;
  BootLogWriter log_;
  Partition esp_;
};

void BootWriter::firmware() {
  const std::string name = model_.platform + " firmware " + model_.firmware;
  plain(0, event_type::kSCrtmVersion, utf16z(model_.platform + " " + model_.firmware));
  constexpr std::array kVolumes{"PEI volume", "DXE volume", "boot guard volume",
                                "management controller volume"};
  std::uint64_t base = 0xFF00'0000;
  for (const std::string_view volume : kVolumes) {
    constexpr std::uint64_t kSize = 0x20'0000;
    image(0, event_type::kEfiPlatformFirmwareBlob2, name + "/" + std::string(volume),
          firmware_blob2(volume, base, kSize));
    base += kSize;
  }
}

void BootWriter::secure_boot_configuration() {
  constexpr std::uint32_t kType = event_type::kEfiVariableDriverConfig;
  const Guid microsoft = guid(kMicrosoft);
  const Guid platform = synthetic_guid(model_.platform);
  variable(kType, kGlobalVariable, "SecureBoot",
           Bytes{static_cast<std::uint8_t>(model_.secure_boot ? 1 : 0)});
  variable(kType, kGlobalVariable, "PK",
           x509_signature_list(platform, synthetic_certificate(model_.platform + " PK")));
  Bytes kek = x509_signature_list(platform, synthetic_certificate(model_.platform + " KEK"));
  const Bytes theirs =
      x509_signature_list(microsoft, synthetic_certificate("Simulated UEFI Vendor KEK CA"));
  kek.insert(kek.end(), theirs.begin(), theirs.end());
  variable(kType, kGlobalVariable, "KEK", kek);
  Bytes db;
  for (const std::string_view name :
       {"Simulated UEFI Vendor Third Party CA", "Simulated UEFI Vendor Operating System CA"}) {
    const Bytes list = x509_signature_list(microsoft, synthetic_certificate(name));
    db.insert(db.end(), list.begin(), list.end());
  }
  variable(kType, kImageSecurity, "db", db);
  std::vector<Digest> revoked;
  for (std::size_t i = 0; i < kRevokedImages; ++i) {
    revoked.push_back(
        synthetic_digest(HashAlgorithm::kSha256, "revoked image " + std::to_string(i)));
  }
  variable(kType, kImageSecurity, "dbx", sha256_signature_list(microsoft, revoked));
  separator(7);
}

void BootWriter::platform_configuration() {
  const std::string name = model_.platform + " " + model_.firmware;
  image(1, event_type::kEfiHandoffTables, host_ + "/SMBIOS",
        handoff_tables({{guid(kSmbios3), 0x7AE0'1000}}));
  image(1, event_type::kEfiHandoffTables, name + "/ACPI",
        handoff_tables({{guid(kAcpi20), 0x7AFF'E014}}));
  constexpr std::array<std::uint8_t, 3> kCards{0x02, 0x1C, 0x1F};
  for (const std::uint8_t device : kCards) {
    image(2, event_type::kEfiBootServicesDriver,
          model_.platform + "/option ROM " + std::to_string(device),
          image_load_event(0x6B00'0000 + device * 0x10'0000U, 0x1'8000, pci_path(device, 0)));
  }
  boot_entries();
}

void BootWriter::boot_entries() {
  boot_variable("BootOrder", Bytes{1, 0, 0, 0, 2, 0});
  const Guid volume = synthetic_guid(model_.platform + "/volume");
  boot_variable(
      "Boot0000",
      load_option("Firmware Setup", firmware_file_path(volume, synthetic_guid("firmware setup"))));
  boot_variable("Boot0001",
                load_option("debian", disk_file_path(esp_, "\\EFI\\debian\\shimx64.efi")));
  boot_variable("Boot0002", load_option("Network " + host_, pci_path(0x1F, 6)));
}

void BootWriter::boot_attempt() {
  plain(4, event_type::kEfiAction, as_bytes("Calling EFI Application from Boot Option"));
  for (std::uint32_t pcr = 0; pcr < 7; ++pcr) {
    separator(pcr);
  }
  if (model_.secure_boot) {
    variable(event_type::kEfiVariableAuthority, kImageSecurity, "db",
             signature_data(guid(kMicrosoft),
                            synthetic_certificate("Simulated UEFI Vendor Third Party CA")));
  }
  Partition root;
  root.number = 2;
  root.first_block = esp_.first_block + esp_.blocks;
  root.blocks = 998'000'000;
  root.type = guid(kLinuxFilesystem);
  root.unique = synthetic_guid(host_ + "/root");
  root.name = "root";
  plain(5, event_type::kEfiGptEvent, gpt_data(synthetic_guid(host_ + "/disk"), {esp_, root}));
}

void BootWriter::shim() {
  image(
      4, event_type::kEfiBootServicesApplication, "shim " + model_.boot_loader,
      image_load_event(0x6A40'2018, 0xE'9878, disk_file_path(esp_, "\\EFI\\debian\\shimx64.efi")));
  // The data is the variable's name; what was measured is its content.
  for (const std::string_view name : {"MokList", "MokListX"}) {
    image(14, event_type::kIpl, name, as_bytes(std::string(name) + '\0'));
  }
  variable(event_type::kEfiVariableAuthority, kShimLock, "SbatLevel",
           as_bytes("sbat,1,2025021800\nshim,4\ngrub,5\n"));
  image(14, event_type::kIpl, "MokListTrusted", as_bytes(std::string("MokListTrusted") + '\0'));
  if (model_.secure_boot) {
    variable(
        event_type::kEfiVariableAuthority, kShimLock, "MokListRT",
        signature_data(guid(kShimLock), synthetic_certificate("Simulated Debian Secure Boot CA")));
  }
  image(4, event_type::kEfiBootServicesApplication, "GRUB " + model_.grub,
        image_load_event(0x6980'0018, 0x40'D5C0, file_path("\\EFI\\debian\\grubx64.efi")));
}

void BootWriter::grub() {
  for (const GrubStep& step : grub_script(model_.kernel)) {
    const std::string data = step.text + '\0';
    switch (step.kind) {
      case GrubStep::Kind::kCommand:
        // Measured without what says which kind of text it is.
        log_.event(8, event_type::kIpl, as_bytes(step.text).subspan(step.text.find(": ") + 2),
                   as_bytes(data));
        break;
      case GrubStep::Kind::kFile:
        image(9, event_type::kIpl, "file " + step.text, as_bytes(data));
        break;
      case GrubStep::Kind::kKernel:
        image(9, event_type::kIpl, "file " + step.text, as_bytes(data));
        // Once by shim's verification, once by LoadImage().
        for (const std::uint64_t address : {0x6400'0000U, 0x6200'0000U}) {
          image(4, event_type::kEfiBootServicesApplication, "kernel " + model_.kernel,
                image_load_event(address, 0x7B'77C0, {}));
        }
        break;
    }
  }
}

void BootWriter::exit_boot_services() {
  plain(5, event_type::kEfiAction, as_bytes("Exit Boot Services Invocation"));
  plain(5, event_type::kEfiAction, as_bytes("Exit Boot Services Returned with Success"));
}

}  // namespace

Bytes write_boot_log(const MeasuredBootModel& model) {
  return BootWriter(model).run();
}

}  // namespace quotemill::bench
