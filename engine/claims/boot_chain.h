// BootChain: what the machine started after its firmware: images, boot loader, kernel, command
// line, initrd, the sections of a unified kernel image.
//
// An image's identity is its digest (Authenticode for PCR 4, the file's or section's for PCR 9 and
// 11); paths and names beside it are hints. A command line's text is proven, its label is not.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/claims/ground.h"

namespace quotemill {

// What an image is, by its path: a hint.
enum class ImageRole : std::uint8_t {
  kUnknown,
  kShim,
  kMokManager,
  kGrub,
  kSystemdBoot,
  kUnifiedKernel,
  kLinuxKernel,
  kWindowsBootManager,
  kEsxi,
  kRemovable,  // \EFI\BOOT\BOOTX64.EFI: anything
};

std::string_view name_of(ImageRole role);  // "shim", "grub", …

struct BootImage {
  std::uint32_t event = 0;
  ImageRole role = ImageRole::kUnknown;
  std::string path;    // printable; a hint
  std::string digest;  // hexadecimal, of the log's bank
  Ground ground;       // of the digest
  bool before_separator = false;
};

// A file or section that a loader measured by its contents.
struct BootFile {
  std::uint32_t event = 0;
  std::uint32_t pcr = 0;
  std::string name;    // printable; a hint
  std::string digest;  // hexadecimal
  Ground ground;       // of the digest
};

struct CommandLine {
  std::string text;      // printable, without secrets
  std::string measured;  // as the kernel gets it: to be judged, never shown
  Ground ground;         // of either
};

struct BootChain {
  std::vector<BootImage> images;
  std::vector<BootFile> files;             // kernels, initrds, configuration (PCR 9, 12, 13)
  std::vector<BootFile> sections;          // of a unified kernel image (PCR 11)
  std::vector<CommandLine> command_lines;  // as the boot loader or the stub measured them
  std::size_t grub_commands = 0;
};

BootChain claim_boot_chain(const ProvenLog& log);

}  // namespace quotemill
