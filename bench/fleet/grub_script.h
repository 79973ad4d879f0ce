// What GRUB does when it boots Debian, step by step, as it measures it: commands into PCR 8, files
// into PCR 9, the kernel's image into PCR 4.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace quotemill::bench {

struct GrubStep {
  enum class Kind : std::uint8_t {
    kCommand,  // text is "grub_cmd: …" or "kernel_cmdline: …"
    kFile,     // text is the path of a file that was read
    kKernel,   // the same, of a kernel, whose image is then measured too
  };
  Kind kind;
  std::string text;
};

std::vector<GrubStep> grub_script(std::string_view kernel_version);

}  // namespace quotemill::bench
