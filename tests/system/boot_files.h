// The files that the guest boots from, and what is expected of a boot from them before it happens.
// They lie where the ctest fixtures of tests/system made them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "transport/control/control_client.h"

namespace quotemill::testing {

// Digest in hexadecimal → what has it: reference values.
using References = std::map<std::string, std::string>;

// A disk of tests/system/build-guest.
class BootFiles {
 public:
  // Of kernel 1 or 2.
  explicit BootFiles(int kernel);

  [[nodiscard]] std::filesystem::path disk() const { return folder_ / "disk.img"; }

  // shim, GRUB and the kernel.
  [[nodiscard]] std::vector<std::filesystem::path> images() const;

  // The kernel's Authenticode hash, hexadecimal; empty if it cannot be read.
  [[nodiscard]] std::string kernel_digest() const;

  // "<sha256>  <path>" of each file of the initramfs: what IMA may find.
  [[nodiscard]] std::filesystem::path initramfs_list() const {
    return folder_ / "initramfs.sha256";
  }

  [[nodiscard]] std::string initramfs_list_text() const;

  // What tests/system/expected-references prints: SHA-256, for PCR 4, 8 and 9. Empty if it failed.
  [[nodiscard]] std::string reference_list() const;
  // The same, by digest.
  [[nodiscard]] References references() const;

 private:
  [[nodiscard]] std::filesystem::path esp() const { return folder_ / "esp"; }

  std::filesystem::path folder_;
};

// The events of PCR 4, 8 and 9 in what 'quotemill-verify eventlog --json' gave, in the same form.
References measured_in(const transport::Json& log);

}  // namespace quotemill::testing
