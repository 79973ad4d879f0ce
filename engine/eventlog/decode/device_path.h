// Device paths (UEFI 2.10, section 10) as the text that UEFI gives them:
// "PciRoot(0x0)/Pci(0x1D,0x0)/HD(1,GPT,…)/\EFI\debian\shimx64.efi".
#pragma once

#include <string>

#include "engine/base/bytes.h"

namespace quotemill {

// Printable ASCII. Nodes that we have no text for are "Path(type,subtype,hex)"; a path that breaks,
// or has more than limits::kDevicePathNodesMax nodes, ends in "/?".
std::string device_path_text(ByteView path);

// The file that the path names: its last file path nodes, joined; empty if it names none.
std::string device_path_file(ByteView path);

}  // namespace quotemill
