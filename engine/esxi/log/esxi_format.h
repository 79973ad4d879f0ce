// How ESXi measures: which PCR holds what, and what the tags mean, as data.
//
// Two layouts: that of the boot loader (mboot of ESXi 7.0.3 and later, PCR 11 to 14) and that of a
// dynamic launch (6.7 with TXT, PCR 17 to 21). What no real host has shown yet is a row that can be
// replaced, not code: tags and PCRs of the kernel's own events, layouts before 7.0.3 without TXT.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/base/digest.h"

namespace quotemill {

enum class EsxiLayout : std::uint8_t { kNone, kLoader, kDynamicLaunch };

std::string_view name_of(EsxiLayout layout);  // "none", "loader", "dynamic_launch"

// Between the name and the value of a security option as the kernel measures it:
// "execInstalledOnly = TRUE".
inline constexpr std::string_view kSecurityOptionSign = " = ";

// Numbers of mboot's tags (taggedEventID).
namespace esxi_tag {
inline constexpr std::uint32_t kModule = 2;
inline constexpr std::uint32_t kBootOptions = 3;
inline constexpr std::uint32_t kCommandLine = 4;
inline constexpr std::uint32_t kAssetTag = 6;
inline constexpr std::uint32_t kSigner = 7;
inline constexpr std::uint32_t kVersion = 8;
}  // namespace esxi_tag

// What an event says that it is. Nothing authenticates it but the order of events (grammar).
enum class EsxiEventKind : std::uint8_t {
  kUnknown,         // a tag that nobody has explained, or no tagged event
  kModule,          // digest of a module after gunzip; its name is a hint
  kBootOptions,     // digest of the content of a *.gz
  kCommandLine,     // the boot loader's, as text
  kAssetTag,        // NV index 0x01C10110
  kSigner,          // certificate that the loader looked modules up with, *before* it checked them
  kVersion,         // version record of the module that comes next
  kSecurityOption,  // kernel: "execInstalledOnly = TRUE"
  kBootComplete,    // kernel, 8.0.1 and later
  kSystemVersion,   // kernel, 9.1 and later
  kLaunch,          // what came before the kernel in a dynamic launch
};

// "unknown", "module", "boot_options", "command_line", "asset_tag", "signer", "version",
// "security_option", "boot_complete", "system_version", "launch".
std::string_view name_of(EsxiEventKind kind);

struct EsxiTag {
  std::uint32_t id = 0;
  EsxiEventKind kind = EsxiEventKind::kUnknown;
  // The digest is that of the tagged data, else of something that is not in the log.
  bool is_data_hashed = false;
};

struct EsxiPcrs {
  EsxiLayout layout = EsxiLayout::kNone;
  std::uint32_t update = 0;    // esxupdt
  std::uint32_t core = 0;      // b, k, s, sb
  std::uint32_t fixed = 0;     // other modules, version records
  std::uint32_t variable = 0;  // options, signers, command line, asset tag
  std::uint32_t launch = 0;    // bits: what a dynamic launch measured; none in the loader's layout

  [[nodiscard]] constexpr std::uint32_t mask() const {
    return launch | 1U << update | 1U << core | 1U << fixed | 1U << variable;
  }
};

enum class EsxiSignerRole : std::uint8_t { kUnknown, kOfficial, kTest };

std::string_view name_of(EsxiSignerRole role);  // "unknown", "official", "test"

// The certificate that a SHA-256 of DER belongs to.
struct KnownSigner {
  EsxiSignerRole role = EsxiSignerRole::kUnknown;
  std::string_view key_id;
};

struct EsxiCertificate {
  std::string_view sha256;  // of the DER, in hexadecimal
  KnownSigner signer;
};

struct EsxiFormat {
  std::span<const EsxiTag> tags;
  std::span<const EsxiPcrs> layouts;
  std::span<const EsxiCertificate> certificates;

  [[nodiscard]] const EsxiTag* tag(std::uint32_t id) const;
  // nullptr for kNone.
  [[nodiscard]] const EsxiPcrs* pcrs(EsxiLayout layout) const;
  // kUnknown if nobody has told whose certificate it is.
  [[nodiscard]] KnownSigner signer(const Digest& certificate) const;
};

// What public sources show.
const EsxiFormat& known_esxi_format();

}  // namespace quotemill
