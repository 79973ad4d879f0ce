#include "engine/claims/boot_chain.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/claims/measured_code.h"
#include "engine/eventlog/decode/device_path.h"
#include "engine/eventlog/decode/image_load.h"
#include "engine/eventlog/decode/loader_text.h"
#include "engine/eventlog/decode/tagged_event.h"
#include "engine/eventlog/decode/text.h"
#include "engine/eventlog/event_description.h"
#include "engine/eventlog/event_type.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kBootManagerPcr = 4;
constexpr std::uint32_t kStubPcr = 11;

struct RoleMark {
  std::string_view part;  // of the path, in lower case
  ImageRole role;
};

// The first that is found in the path.
constexpr std::array kRoleMarks = {
    RoleMark{"shim", ImageRole::kShim},
    RoleMark{"mmx64", ImageRole::kMokManager},
    RoleMark{"mmaa64", ImageRole::kMokManager},
    RoleMark{"grub", ImageRole::kGrub},
    RoleMark{"systemd-boot", ImageRole::kSystemdBoot},
    RoleMark{"bootmgfw", ImageRole::kWindowsBootManager},
    RoleMark{"bootmgr", ImageRole::kWindowsBootManager},
    RoleMark{"winload", ImageRole::kWindowsBootManager},
    RoleMark{"mboot", ImageRole::kEsxi},
    RoleMark{"safeboot", ImageRole::kEsxi},
    RoleMark{"\\efi\\linux\\", ImageRole::kUnifiedKernel},
    RoleMark{"vmlinuz", ImageRole::kLinuxKernel},
    RoleMark{"bzimage", ImageRole::kLinuxKernel},
    RoleMark{"\\efi\\boot\\boot", ImageRole::kRemovable},
};

ImageRole role_of(std::string path) {
  std::transform(path.begin(), path.end(), path.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  const auto* const found = std::find_if(
      kRoleMarks.begin(), kRoleMarks.end(),
      [&path](const RoleMark& mark) { return path.find(mark.part) != std::string::npos; });
  return found == kRoleMarks.end() ? ImageRole::kUnknown : found->role;
}

Ground ground_of_digest(const ProvenLog& log, const BootEvent& event) {
  if (log.is_digest_proven(event)) {
    return {Standing::kProven, {event.number}, {}};
  }
  return ground_of_data(log, event);
}

class BootChainReader {
 public:
  explicit BootChainReader(const ProvenLog& log) : log_(log) {}

  BootChain run() {
    for (const BootEvent& event : log_.log().events) {
      if (event.is_measured() && event.pcr < limits::kPcrCount) {
        read(event);
      }
    }
    return std::move(chain_);
  }

 private:
  [[nodiscard]] std::string digest_of(const BootEvent& event) const {
    return to_hex(event.digest(log_.bank()));
  }

  void read(const BootEvent& event) {
    // What the boot manager's PCR holds is an image, whatever its label says.
    if (event.type == event_type::kEfiBootServicesApplication ||
        (event.pcr == kBootManagerPcr && may_be_code(log_, event))) {
      read_image(event);
    } else if (event.type == event_type::kIpl) {
      read_text(event);
    } else if (event.type == event_type::kEventTag) {
      read_tagged(event);
    }
  }

  void read_image(const BootEvent& event) {
    BootImage image;
    image.event = event.number;
    image.path = describe(event);
    image.role = role_of(image.path);
    image.digest = digest_of(event);
    image.ground = ground_of_digest(log_, event);
    image.before_separator = log_.is_before_separator(event);
    chain_.images.push_back(std::move(image));
  }

  void read_text(const BootEvent& event) {
    LoaderText text = decode_loader_text(event);
    const bool data_proven = log_.is_data_proven(event);
    switch (text.kind) {
      case LoaderTextKind::kGrubCommand:
        ++chain_.grub_commands;
        break;
      case LoaderTextKind::kKernelCommandLine:
        if (is_described_file(event)) {
          chain_.files.push_back(file(event, std::move(text.text)));
        } else {
          chain_.command_lines.push_back(
              {std::move(text.text), measured_text(event), ground_of_data(log_, event)});
        }
        break;
      case LoaderTextKind::kFile:
        chain_.files.push_back(file(event, std::move(text.text)));
        break;
      case LoaderTextKind::kStubSection:
        // Each section is measured twice: its name, then its contents.
        if (!data_proven) {
          chain_.sections.push_back(file(event, std::move(text.text)));
        }
        break;
      case LoaderTextKind::kText:
        if (!data_proven && event.pcr > kStubPcr) {
          chain_.files.push_back(file(event, std::move(text.text)));
        }
        break;
      default:
        break;
    }
  }

  // systemd-stub measures its command line, and into the same PCR credentials, extensions and
  // device trees by their contents: there the text only says what they are.
  [[nodiscard]] bool is_described_file(const BootEvent& event) const {
    return is_utf16_text(event.data) && log_.proof(event.number).proof == ProofClass::kDigestProven;
  }

  // The kernel's own measurements, and systemd-boot's.
  void read_tagged(const BootEvent& event) {
    const Result<std::vector<TaggedEvent>> tagged = decode_tagged_events(event.data);
    if (!tagged || tagged->empty() || is_windows_event(tagged->front().id)) {
      return;
    }
    const std::string_view name = tagged_event_name(tagged->front().id);
    if (!name.empty()) {
      chain_.files.push_back(file(event, std::string(name)));
    }
  }

  [[nodiscard]] BootFile file(const BootEvent& event, std::string name) const {
    return {event.number, event.pcr, std::move(name), digest_of(event),
            ground_of_digest(log_, event)};
  }

  const ProvenLog& log_;
  BootChain chain_;
};

}  // namespace

std::string_view name_of(ImageRole role) {
  switch (role) {
    case ImageRole::kUnknown:
      return "unknown";
    case ImageRole::kShim:
      return "shim";
    case ImageRole::kMokManager:
      return "mok_manager";
    case ImageRole::kGrub:
      return "grub";
    case ImageRole::kSystemdBoot:
      return "systemd_boot";
    case ImageRole::kUnifiedKernel:
      return "unified_kernel";
    case ImageRole::kLinuxKernel:
      return "linux_kernel";
    case ImageRole::kWindowsBootManager:
      return "windows_boot_manager";
    case ImageRole::kEsxi:
      return "esxi";
    case ImageRole::kRemovable:
      return "removable_media_path";
  }
  return "unknown";
}

BootChain claim_boot_chain(const ProvenLog& log) {
  return BootChainReader(log).run();
}

}  // namespace quotemill
