// A simulated machine's measured boot: the log that a UEFI machine with Secure Boot leaves when it
// boots Debian through shim and GRUB, from the CRTM to ExitBootServices.
//
// Modelled on a real boot (OVMF with Debian's signed shim, GRUB and kernel): the same event types
// in the same order, UEFI structures that parse, digests that hash from the data where real
// firmware's do, and digests of things that are not in the log (images, volumes, files) derived
// from names and versions. About a hundred events, 25 to 35 kB with two banks.
//
// What an image boots is equal on all its machines; PCR 1 (boot entries, SMBIOS) and PCR 5
// (partition table) differ from machine to machine. The same model gives the same bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/digest.h"

namespace quotemill::bench {

struct MeasuredBootModel {
  std::string platform = "Quotemill SimBoard 1";  // decides firmware, option ROMs, platform keys
  std::string firmware = "2.4.0";                 // PCR 0
  std::string boot_loader = "15.8-1";             // shim's version: its image in PCR 4
  std::string grub = "2.06-13";                   // GRUB's image in PCR 4
  std::string kernel = "6.1.0-32-amd64";          // PCR 4, 8 and 9
  std::uint64_t host_seed = 0;                    // PCR 1 and 5
  bool secure_boot = true;                        // PCR 7
  std::vector<HashAlgorithm> banks{HashAlgorithm::kSha1, HashAlgorithm::kSha256};
};

// The crypto-agile log of one boot. REQUIRES: banks not empty, each can_hash()
Bytes write_boot_log(const MeasuredBootModel& model);

}  // namespace quotemill::bench
