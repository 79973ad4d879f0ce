// PlatformClaims: the firmware and what it lets happen before an operating system runs.
#pragma once

#include <string>
#include <vector>

#include "engine/claims/ground.h"
#include "engine/claims/signature_databases.h"

namespace quotemill {

struct FirmwareClaim {
  std::string version;  // EV_S_CRTM_VERSION, printable
  Ground version_ground;
  std::string vendor;  // who owns the platform key (its certificate's subject)
  Ground vendor_ground;
  std::string manufacturer;  // of an SP800-155 event: not measured
  std::size_t blobs = 0;     // code volumes measured by digest
};

// A driver that came from a device or a disk.
struct OptionRom {
  std::uint32_t event = 0;
  std::string path;    // printable; a hint
  std::string digest;  // hexadecimal
  Ground ground;       // of the digest
};

// Something measured that weakens the platform, or that hides whether it is weakened.
struct PlatformAlarm {
  std::string what;  // "debugger", "dma_protection_disabled", "windows_test_signing", …
  std::string text;  // the event's own words, printable
  Ground ground;
};

struct PlatformClaims {
  FirmwareClaim firmware;
  std::vector<OptionRom> option_roms;
  std::vector<PlatformAlarm> alarms;
};

PlatformClaims claim_platform(const ProvenLog& log, const SignatureDatabases& databases);

}  // namespace quotemill
