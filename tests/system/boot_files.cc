#include "tests/system/boot_files.h"

#include <array>
#include <sstream>

#include "engine/eventlog/expect/authenticode.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

namespace quotemill::testing {
namespace {

constexpr std::array<int, 3> kComputedPcrs = {4, 8, 9};

}  // namespace

BootFiles::BootFiles(int kernel)
    : folder_(std::filesystem::path(QUOTEMILL_SYSTEM_DIR) / ("guest-" + std::to_string(kernel))) {}

std::vector<std::filesystem::path> BootFiles::images() const {
  const std::filesystem::path efi = esp() / "EFI";
  return {efi / "BOOT/BOOTX64.EFI", efi / "BOOT/grubx64.efi", efi / "debian/vmlinuz"};
}

std::string BootFiles::kernel_digest() const {
  const Result<Digest> digest = authenticode(HashAlgorithm::kSha256, read_file(images().back()));
  return digest ? digest->hex() : std::string();
}

std::string BootFiles::initramfs_list_text() const {
  return std::string(as_text(read_file(initramfs_list())));
}

std::string BootFiles::reference_list() const {
  const Finished printed = run({{"tests/system/expected-references", esp().string(),
                                 QUOTEMILL_BIN_DIR "/quotemill-verify"}});
  return printed.ok() ? printed.output : std::string();
}

References BootFiles::references() const {
  References references;
  std::istringstream lines(reference_list());
  for (std::string line; std::getline(lines, line);) {
    if (const std::size_t gap = line.find("  "); line[0] != '#' && gap != std::string::npos) {
      references.emplace(line.substr(0, gap), line.substr(gap + 2));
    }
  }
  return references;
}

References measured_in(const transport::Json& log) {
  References measured;
  for (const transport::Json& event : log["events"]) {
    for (const int pcr : kComputedPcrs) {
      if (event["pcr"] == pcr) {
        measured.emplace(event["digests"]["sha256"],
                         "PCR " + std::to_string(pcr) + ", event " + event["index"].dump());
      }
    }
  }
  return measured;
}

}  // namespace quotemill::testing
