#include "engine/eventlog/decode/loader_text.h"

#include <algorithm>
#include <array>

#include "engine/eventlog/decode/text.h"

namespace quotemill {
namespace {

struct Prefix {
  std::string_view text;
  LoaderTextKind kind;
};

constexpr std::array kPrefixes = {
    Prefix{"grub_cmd: ", LoaderTextKind::kGrubCommand},
    Prefix{"grub_cmd ", LoaderTextKind::kGrubCommand},
    Prefix{"kernel_cmdline: ", LoaderTextKind::kKernelCommandLine},
    Prefix{"grub_kernel_cmdline ", LoaderTextKind::kKernelCommandLine},
    Prefix{"module_cmdline: ", LoaderTextKind::kModuleCommandLine},
    Prefix{"grub_module_cmdline ", LoaderTextKind::kModuleCommandLine},
    Prefix{"grub_linuxefi ", LoaderTextKind::kFile},
    Prefix{"grub_module ", LoaderTextKind::kFile},
};

constexpr std::array<std::string_view, 3> kShimLists = {"MokListTrusted", "MokListX", "MokList"};

// systemd: PCR 8 before version 251, PCR 12 since; the stub's sections are in PCR 11.
constexpr std::uint32_t kStubPcr = 11;
constexpr std::uint32_t kOldCommandLinePcr = 8;
constexpr std::uint32_t kCommandLinePcr = 12;

LoaderText utf16_text(const BootEvent& event) {
  LoaderText out{LoaderTextKind::kText, text_of_utf16(event.data)};
  if (event.pcr == kStubPcr && out.text.substr(0, 1) == ".") {
    out.kind = LoaderTextKind::kStubSection;
  } else if (event.pcr == kOldCommandLinePcr || event.pcr == kCommandLinePcr) {
    out.kind = LoaderTextKind::kKernelCommandLine;
  }
  return out;
}

bool names_shim_list(std::string_view text, std::string_view list) {
  // Some versions log one byte more than the name and its NUL.
  return text.substr(0, list.size()) == list && text.size() <= list.size() + 2 &&
         (text.size() == list.size() || text[list.size()] == '\0');
}

const Prefix* prefix_of(std::string_view raw) {
  const auto* const found = std::find_if(
      kPrefixes.begin(), kPrefixes.end(),
      [raw](const Prefix& prefix) { return raw.substr(0, prefix.text.size()) == prefix.text; });
  return found == kPrefixes.end() ? nullptr : &*found;
}

}  // namespace

std::string_view name_of(LoaderTextKind kind) {
  switch (kind) {
    case LoaderTextKind::kGrubCommand:
      return "grub_command";
    case LoaderTextKind::kKernelCommandLine:
      return "kernel_command_line";
    case LoaderTextKind::kModuleCommandLine:
      return "module_command_line";
    case LoaderTextKind::kFile:
      return "file";
    case LoaderTextKind::kShimList:
      return "shim_list";
    case LoaderTextKind::kStubSection:
      return "stub_section";
    case LoaderTextKind::kText:
      return "text";
    case LoaderTextKind::kBinary:
      return "binary";
  }
  return "binary";
}

LoaderText decode_loader_text(const BootEvent& event) {
  const std::string_view raw = as_text(event.data);
  if (const Prefix* const prefix = prefix_of(raw)) {
    return {prefix->kind, text_of_ascii(event.data.subspan(prefix->text.size()))};
  }
  for (const std::string_view list : kShimLists) {
    if (names_shim_list(raw, list)) {
      return {LoaderTextKind::kShimList, std::string(list)};
    }
  }
  if (is_utf16_text(event.data)) {
    return utf16_text(event);
  }
  if (!is_ascii_text(event.data)) {
    return {};
  }
  LoaderText out{LoaderTextKind::kText, text_of_ascii(event.data)};
  if (event.pcr == kStubPcr && out.text.front() == '.') {
    out.kind = LoaderTextKind::kStubSection;
  } else if (out.text.front() == '/' || out.text.front() == '(') {
    out.kind = LoaderTextKind::kFile;
  }
  return out;
}

std::string measured_text(const BootEvent& event) {
  const std::string_view raw = as_text(event.data);
  const Prefix* const prefix = prefix_of(raw);
  const bool is_utf16 = prefix == nullptr && is_utf16_text(event.data);
  std::string text;
  for (std::size_t i = prefix == nullptr ? 0 : prefix->text.size(); i < raw.size();
       i += is_utf16 ? 2 : 1) {
    text += raw[i];
  }
  while (!text.empty() && text.back() == '\0') {
    text.pop_back();
  }
  return text;
}

Fields describe_loader_text(const LoaderText& text) {
  return {{"meaning", std::string(name_of(text.kind))}, {"text", text.text}};
}

}  // namespace quotemill
