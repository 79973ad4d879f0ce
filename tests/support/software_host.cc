#include "tests/support/software_host.h"

#include <algorithm>
#include <utility>

#include "engine/crypto/hash.h"
#include "engine/eventlog/boot_log_writer.h"
#include "tests/engine/eventlog/ima_bytes.h"

namespace quotemill::testing {
namespace {

Measured separator(std::uint32_t pcr) {
  return {pcr, event_type::kSeparator, Bytes(4, 0), Bytes(4, 0)};
}

void add_firmware(std::vector<Measured>& boot) {
  boot.push_back(measured(0, event_type::kSCrtmVersion, "firmware 1.2.3"));
  boot.push_back(measured(0, event_type::kEfiPlatformFirmwareBlob2, "PEI volume"));
  boot.push_back(measured(1, event_type::kEfiVariableBoot, "BootOrder 0001"));
  boot.push_back(measured(2, event_type::kEfiBootServicesDriver, "option ROM"));
  for (const char* const name : {"SecureBoot", "PK", "KEK", "db", "dbx"}) {
    boot.push_back(measured(7, event_type::kEfiVariableDriverConfig, name));
  }
  for (std::uint32_t pcr = 0; pcr < 8; ++pcr) {
    boot.push_back(separator(pcr));
  }
}

void add_loader(std::vector<Measured>& boot) {
  boot.push_back(measured(4, event_type::kEfiAction, "Calling EFI Application"));
  boot.push_back(measured(5, event_type::kEfiGptEvent, "partitions"));
  boot.push_back(measured(7, event_type::kEfiVariableAuthority, "Shim"));
  boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "shimx64.efi"));
  boot.push_back(measured(14, event_type::kIpl, "MokList"));
  boot.push_back(measured(14, event_type::kIpl, "MokListX"));
  boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "grubx64.efi"));
  boot.push_back(measured(8, event_type::kIpl, "grub_cmd: linux /vmlinuz"));
  boot.push_back(measured(9, event_type::kIpl, "/boot/vmlinuz"));
  boot.push_back(measured(4, event_type::kEfiBootServicesApplication, "vmlinuz"));
  boot.push_back(measured(9, event_type::kIpl, "/boot/initrd.img"));
  boot.push_back(measured(5, event_type::kEfiAction, "Exit Boot Services Invocation"));
}

}  // namespace

Measured measured(std::uint32_t pcr, std::uint32_t type, std::string_view text) {
  return {pcr, type, to_bytes(as_bytes(text)), to_bytes(as_bytes(text))};
}

std::vector<Measured> ordinary_boot() {
  std::vector<Measured> boot;
  add_firmware(boot);
  add_loader(boot);
  return boot;
}

PcrBank pcrs_after(const std::vector<Measured>& boot, HashAlgorithm bank, std::uint32_t mask,
                   std::uint8_t locality) {
  PcrBank pcrs(bank);
  for (std::uint32_t pcr = 0; pcr < limits::kPcrCount; ++pcr) {
    if ((mask >> pcr & 1U) == 0) {
      continue;
    }
    const bool dynamic = pcr >= 17 && pcr <= 22;
    Bytes value(digest_size(bank), dynamic ? 0xFF : 0x00);
    if (pcr == 0) {
      value.back() = locality;
    }
    for (const Measured& event : boot) {
      if (event.pcr == pcr) {
        value = to_bytes(hash(bank, {value, hash(bank, event.measured).view()}).view());
      }
    }
    // A TPM that saw nothing at all did not run H-CRTM either.
    const bool untouched = std::none_of(boot.begin(), boot.end(),
                                        [pcr](const Measured& event) { return event.pcr == pcr; });
    if (pcr == 0 && untouched) {
      value.back() = 0;
    }
    pcrs.set(pcr, *Digest::from(bank, value));
  }
  return pcrs;
}

Bytes log_of(const std::vector<Measured>& boot, const std::vector<HashAlgorithm>& banks,
             std::uint8_t locality) {
  BootLogWriter writer(BootLogFormat::kCryptoAgile, banks);
  if (locality != 0) {
    writer.startup_locality(locality);
  }
  for (const Measured& event : boot) {
    writer.event(event.pcr, event.type, event.measured, event.data);
  }
  return to_bytes(writer.bytes());
}

namespace {

// The template data of each entry of the list.
std::vector<Bytes> listed_data(const SoftwareHost& host) {
  constexpr HashAlgorithm kHash = HashAlgorithm::kSha256;
  std::vector<Bytes> entries;
  if (!host.files.empty()) {
    const PcrBank boot = pcrs_after(host.boot, kHash, 0x3FF, host.locality);
    entries.push_back(ng_data(boot.composite(kHash).view(), "boot_aggregate"));
  }
  for (const auto& [path, content] : host.files) {
    entries.push_back(ng_data(hash(kHash, as_bytes(content)).view(), path));
  }
  return entries;
}

}  // namespace

PcrBank SoftwareHost::pcrs(HashAlgorithm bank, std::uint32_t mask) const {
  PcrBank pcrs = pcrs_after(boot, bank, mask, locality);
  if (pcrs.has(kImaPcr)) {
    Digest value(bank);
    for (const Bytes& data : listed_data(*this)) {
      value = hash(bank, {value.view(), hash(bank, data).view()});
    }
    pcrs.set(kImaPcr, value);
  }
  return pcrs;
}

Bytes SoftwareHost::runtime_list() const {
  std::vector<Bytes> entries;
  for (const Bytes& data : listed_data(*this)) {
    entries.push_back(measured_entry("ima-ng", data));
  }
  return joined(entries);
}

EvidenceDraft SoftwareHost::draft(const Challenge& challenge) const {
  std::vector<PcrBank> quoted;
  for (const PcrSelection& part : challenge.selections) {
    quoted.push_back(pcrs(part.bank, part.mask));
  }
  return SigningHost::draft(challenge, std::move(quoted), log().size());
}

}  // namespace quotemill::testing
