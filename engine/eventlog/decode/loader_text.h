// What shim, GRUB, systemd-boot and systemd-stub say in EV_IPL events (there is no specification;
// these are their sources' words). The prefix and the name are hints, the text is proven if the
// event is data proven.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/eventlog/boot_log.h"
#include "engine/eventlog/decode/field.h"

namespace quotemill {

enum class LoaderTextKind : std::uint8_t {
  kGrubCommand,        // "grub_cmd: linux /vmlinuz"
  kKernelCommandLine,  // "kernel_cmdline: …", "grub_kernel_cmdline …", systemd's UTF-16 line
  kModuleCommandLine,
  kFile,         // GRUB's PCR 9: a path; the digest is the file's
  kShimList,     // "MokList", "MokListX", "MokListTrusted"; the digest is the variable's
  kStubSection,  // systemd-stub's PCR 11: ".linux", ".cmdline", …
  kText,         // any other text
  kBinary,
};

std::string_view name_of(LoaderTextKind kind);  // "grub_command", ...

struct LoaderText {
  LoaderTextKind kind = LoaderTextKind::kBinary;
  std::string text;  // printable, without prefix and NUL
};

// The text itself, without prefix, ending NULs and the high bytes of UTF-16: nothing is cut, made
// printable or left out. To be judged, never shown.
std::string measured_text(const BootEvent& event);

// REQUIRES: event.type == event_type::kIpl, or the like
LoaderText decode_loader_text(const BootEvent& event);

Fields describe_loader_text(const LoaderText& text);

}  // namespace quotemill
