#include "engine/claims/completeness.h"

#include <algorithm>

#include "engine/eventlog/decode/authority.h"
#include "engine/eventlog/decode/efi_variable.h"
#include "engine/eventlog/decode/loader_text.h"
#include "engine/eventlog/decode/sbat_level.h"
#include "engine/eventlog/decode/signature_list.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kSecureBootPcr = 7;
constexpr std::uint32_t kGrubPcr = 8;
constexpr std::uint32_t kStubPcr = 12;

std::string place(const BootEvent& event) {
  return "event " + std::to_string(event.number) + " in PCR " + std::to_string(event.pcr);
}

// By its digest: its type is but a label.
bool is_separator(const ProvenLog& log, const BootEvent& event) {
  return log.separator(event.pcr) == event.number;
}

// An authority's value is one signature, a database's are lists of them, a flag's is one byte: so
// none can pass for another.
bool is_configuration(const BootEvent& event) {
  const Result<EfiVariable> variable = decode_efi_variable(event.data);
  return variable && variable->behind == 0 &&
         (variable->value.size() <= 1 || decode_signature_lists(variable->value));
}

// "DMA Protection Disabled": an authority is never all text.
bool is_text(ByteView data) {
  return std::all_of(data.begin(), data.end(), [](std::uint8_t c) { return c >= ' ' && c < 0x7F; });
}

// One that the claims show, or one of shim's other variables.
bool is_readable_authority(const BootEvent& event) {
  const Result<EfiVariable> variable = decode_efi_variable(event.data);
  if (!variable) {
    return false;
  }
  const Authority authority = decode_authority(variable->value);
  return !authority.certificate.empty() || !authority.digest.empty() ||
         variable->value.size() <= 1 || decode_sbat_level(variable->value);
}

std::string doubt_in_authority(const ProvenLog& log, const BootEvent& event) {
  if (!log.is_data_proven(event)) {
    return place(event) + " is not what was measured";
  }
  if (log.is_before_separator(event) || is_separator(log, event)) {
    return {};  // the claim of Secure Boot judges these
  }
  const bool is_possible =
      (event.type == event_type::kEfiVariableAuthority && is_readable_authority(event)) ||
      (event.type == event_type::kEfiVariableDriverConfig && is_configuration(event)) ||
      (event.type == event_type::kEfiAction && is_text(event.data));
  return is_possible ? std::string() : place(event) + " is of a type that could hide an authority";
}

// GRUB's commands are words, what it passes to a kernel begins with the kernel's path.
bool begins_with_path(std::string_view text) {
  return text.substr(0, text.find(' ')).find('/') != std::string_view::npos;
}

std::string doubt_in_text(const ProvenLog& log, const BootEvent& event) {
  if (!log.is_data_proven(event)) {
    return place(event) + " is not what was measured";
  }
  if (is_separator(log, event)) {
    return {};
  }
  if (event.type != event_type::kIpl) {
    return place(event) + " is of a type that could hide a command line";
  }
  const LoaderText text = decode_loader_text(event);
  if (text.kind == LoaderTextKind::kKernelCommandLine) {
    return {};
  }
  const bool is_command = event.pcr == kGrubPcr && text.kind == LoaderTextKind::kGrubCommand;
  if (!is_command || begins_with_path(text.text)) {
    return place(event) + " could be a command line under another label";
  }
  return {};
}

}  // namespace

std::string doubt_in_authorities(const ProvenLog& log) {
  if (!log.has_pcr(kSecureBootPcr)) {
    return "PCR 7 is not reproduced";
  }
  for (const BootEvent& event : log.log().events) {
    if (event.is_measured() && event.pcr == kSecureBootPcr) {
      if (std::string doubt = doubt_in_authority(log, event); !doubt.empty()) {
        return doubt;
      }
    }
  }
  return {};
}

std::string doubt_in_command_lines(const ProvenLog& log,
                                   const std::function<bool(const BootEvent&)>& is_known) {
  for (const BootEvent& event : log.log().events) {
    if (!event.is_measured() || (event.pcr != kGrubPcr && event.pcr != kStubPcr) ||
        is_known(event)) {
      continue;
    }
    if (std::string doubt = doubt_in_text(log, event); !doubt.empty()) {
      return doubt;
    }
  }
  return {};
}

}  // namespace quotemill
