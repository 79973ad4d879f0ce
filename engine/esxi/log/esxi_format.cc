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

// esx-boot, localkeys. The private halves of the test keys are public. Which certificates a policy
// wants is the policy's to say; these are told by name.
constexpr std::array kCertificates = {
    EsxiCertificate{"321690a8e06810b184032f073c305a082112bdad5870ef2e8953e01be956d710",
                    {EsxiSignerRole::kOfficial, "vmware_esx67"}},
    EsxiCertificate{"d484739ddd38e1b38117cec209b7ed125f61933052fe1f8a42fbb95d38017187",
                    {EsxiSignerRole::kOfficial, "vmware_esx40"}},
    EsxiCertificate{"36aae5181af5e84a51cd75ea3844860746570791a134f0854595c024986a96fb",
                    {EsxiSignerRole::kTest, "test_esx67"}},
    EsxiCertificate{"2f8529811f0be70b96f1a7a65560b5b17102d4e6538b9eb86f20108786f6494a",
                    {EsxiSignerRole::kTest, "elfsign_test"}},
};

constexpr std::uint8_t nibble(char digit) {
  return static_cast<std::uint8_t>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
}

bool is_written(ByteView digest, std::string_view hex) {
  for (std::size_t i = 0; i < digest.size(); ++i) {
    if (digest[i] != (nibble(hex[2 * i]) << 4U | nibble(hex[2 * i + 1]))) {
      return false;
    }
  }
  return true;
}

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

std::string_view name_of(EsxiSignerRole role) {
  switch (role) {
    case EsxiSignerRole::kUnknown:
      return "unknown";
    case EsxiSignerRole::kOfficial:
      return "official";
    case EsxiSignerRole::kTest:
      return "test";
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

KnownSigner EsxiFormat::signer(const Digest& certificate) const {
  if (certificate.algorithm() != HashAlgorithm::kSha256) {
    return {};
  }
  const auto found = std::find_if(
      certificates.begin(), certificates.end(),
      [&](const EsxiCertificate& known) { return is_written(certificate.view(), known.sha256); });
  return found == certificates.end() ? KnownSigner{} : found->signer;
}

const EsxiFormat& known_esxi_format() {
  static constexpr EsxiFormat kFormat = {kTags, kLayouts, kCertificates};
  return kFormat;
}

}  // namespace quotemill
