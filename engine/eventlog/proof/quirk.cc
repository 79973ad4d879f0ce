#include "engine/eventlog/proof/quirk.h"

#include <array>

#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::uint32_t bits(std::initializer_list<unsigned> pcrs) {
  std::uint32_t mask = 0;
  for (const unsigned pcr : pcrs) {
    mask |= 1U << pcr;
  }
  return mask;
}

constexpr std::uint32_t kFirmwarePcrs = 0xFF;

constexpr std::array kQuirks = {
    Quirk{"shim-authority-last-byte", "Google Compute Engine's shielded VMs, shim before 15.3",
          "the digest of EV_EFI_VARIABLE_AUTHORITY leaves out the last byte of the data",
          "the data but for its last byte", event_type::kEfiVariableAuthority, bits({1, 7}), "",
          QuirkHash::kWithoutLastByte},
    Quirk{"systemd-boot-ipl-nul", "Arch Linux, systemd-boot before 243",
          "the digest of EV_IPL has one NUL more than the logged UTF-16 command line",
          "the command line as logged", event_type::kIpl, bits({8}), "",
          QuirkHash::kWithOneNulMore},
    Quirk{"grub-redhat-text-nul", "Red Hat Enterprise Linux 8, GRUB 2.02",
          "the digest of \"grub_cmd \" includes the NUL behind the text", "the text",
          event_type::kIpl, bits({8}), "grub_cmd ", QuirkHash::kTextWithNul},
    Quirk{"skiboot-separator-text", "IBM POWER9, skiboot",
          "EV_SEPARATOR shows a text, its digest is that of FF FF FF FF or zeros",
          "that it is a separator; the text stays unproven", event_type::kSeparator, kFirmwarePcrs,
          "Skiboot", QuirkHash::kSeparatorOfNormal},
};

}  // namespace

std::span<const Quirk> quirks() {
  return kQuirks;
}

bool may_excuse(const Quirk& quirk, const BootEvent& event) {
  return quirk.type == event.type && event.pcr < 32 && (quirk.pcrs >> event.pcr & 1U) != 0 &&
         as_text(event.data).substr(0, quirk.prefix.size()) == quirk.prefix;
}

}  // namespace quotemill
