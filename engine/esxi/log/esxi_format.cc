#include "engine/esxi/log/esxi_format.h"

#include <algorithm>
#include <array>

namespace quotemill {
namespace {

// esx-boot, uefi/efiutils/tpm.c, 7.0.3 to 9.0. Tags 1 and 5, and those of the kernel, are in no
// public source: rows for them are added when a real host has shown them.
constexpr std::array kTags = {
    EsxiTag{esxi_tag::kModule, EsxiEventKind::kModule, false},
    EsxiTag{esxi_tag::kBootOptions, EsxiEventKind::kBootOptions, false},
    EsxiTag{esxi_tag::kCommandLine, EsxiEventKind::kCommandLine, true},
    EsxiTag{esxi_tag::kAssetTag, EsxiEventKind::kAssetTag, true},
    EsxiTag{esxi_tag::kSigner, EsxiEventKind::kSigner, true},
    EsxiTag{esxi_tag::kVersion, EsxiEventKind::kVersion, true},
};

constexpr std::array kLayouts = {
    EsxiPcrs{EsxiLayout::kLoader, 11, 12, 13, 14, 0},
    // ESXi 6.7.0 build 10302608 with TPM 2.0 and TXT: the only sample in public.
    EsxiPcrs{EsxiLayout::kDynamicLaunch, 19, 19, 20, 21, 1U << 17 | 1U << 18},
};

}  // namespace

std::string_view name_of(EsxiLayout layout) {
  switch (layout) {
    case EsxiLayout::kNone:
      return "none";
    case EsxiLayout::kLoader:
      return "loader";
    case EsxiLayout::kDynamicLaunch:
      return "dynamic_launch";
  }
  return "none";
}

std::string_view name_of(EsxiEventKind kind) {
  switch (kind) {
    case EsxiEventKind::kUnknown:
      return "unknown";
    case EsxiEventKind::kModule:
      return "module";
    case EsxiEventKind::kBootOptions:
      return "boot_options";
    case EsxiEventKind::kCommandLine:
      return "command_line";
    case EsxiEventKind::kAssetTag:
      return "asset_tag";
    case EsxiEventKind::kSigner:
      return "signer";
    case EsxiEventKind::kVersion:
      return "version";
    case EsxiEventKind::kSecurityOption:
      return "security_option";
    case EsxiEventKind::kBootComplete:
      return "boot_complete";
    case EsxiEventKind::kSystemVersion:
      return "system_version";
    case EsxiEventKind::kLaunch:
      return "launch";
  }
  return "unknown";
}

const EsxiTag* EsxiFormat::tag(std::uint32_t id) const {
  const auto found =
      std::find_if(tags.begin(), tags.end(), [id](const EsxiTag& tag) { return tag.id == id; });
  return found == tags.end() ? nullptr : &*found;
}

const EsxiPcrs* EsxiFormat::pcrs(EsxiLayout layout) const {
  const auto found = std::find_if(layouts.begin(), layouts.end(),
                                  [layout](const EsxiPcrs& pcrs) { return pcrs.layout == layout; });
  return found == layouts.end() ? nullptr : &*found;
}

const EsxiFormat& known_esxi_format() {
  static constexpr EsxiFormat kFormat = {kTags, kLayouts};
  return kFormat;
}

}  // namespace quotemill
