// What became of the software of a host between two of its boots: modules by their digests, and the
// VIBs that they are of. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/esxi/image/software.h"

namespace quotemill {

// A module that is not as it was. Names and VIBs are escaped.
struct ModuleChange {
  std::string name;
  std::optional<Digest> before;  // none: it was not there
  std::optional<Digest> after;   // none: it is not there any more
  std::string vib_before;        // titles; empty: of no VIB that is known
  std::string vib_after;
};

// A VIB of which modules were booted, in another version, come, or gone.
struct VibChange {
  std::string name;
  std::string before;  // version; empty: it was not there
  std::string after;
};

struct SoftwareChanges {
  std::vector<ModuleChange> modules;  // in the order of the later boot, those that are gone last
  std::vector<VibChange> vibs;        // by name

  [[nodiscard]] bool is_empty() const { return modules.empty() && vibs.empty(); }
};

// A content under another name is no change. The modules that `own` excuses, which differ after
// each backup of a host's configuration, are passed over.
SoftwareChanges software_changes(const ImageIndex& index, std::span<const MeasuredModule> before,
                                 std::span<const MeasuredModule> after, const HostModules& own);

}  // namespace quotemill
