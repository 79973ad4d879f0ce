// HostSelector: which hosts a policy is for.
//
//   [match]
//   labels = ["env=prod", "role=db-*", "pci"]   all of them: a value by pattern, or any value
//   names  = ["db-*"]                           one of them
//   os     = ["debian"]                         one of them; os, vendor, model and firmware are
//   vendor = ["Dell*"]                          what the host says of itself
//   model  = ["PowerEdge R7?0"]
//   firmware = ["2.19.*"]                       its version (DMI bios_version)
//
// In patterns `*` stands for any characters and `?` for one; all else is itself, case matters. What
// is not there matches every host.
//
// Names and labels are given by operators, facts are claimed by the host: a policy that asks for
// facts is bound by the rules of policy_set.h.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/evidence/evidence.h"
#include "engine/identity/host_record.h"

namespace quotemill {

// What a selector looks at. Borrowed.
struct HostTraits {
  std::string_view name;
  const std::map<std::string, std::string>& labels;
  HostFacts facts;
  // Which host it is; null where nobody asks for a particular one. Selectors do not look at it.
  const HostUid* uid = nullptr;
};

HostTraits traits_of(const HostRecord& record, const HostFacts& facts);

struct LabelPattern {
  std::string key;
  std::string value = "*";

  friend bool operator==(const LabelPattern&, const LabelPattern&) = default;
};

struct HostSelector {
  std::vector<LabelPattern> labels;
  std::vector<std::string> names;
  std::vector<std::string> os;
  std::vector<std::string> vendor;
  std::vector<std::string> model;
  std::vector<std::string> firmware;

  // Whether what a host says of itself counts.
  [[nodiscard]] bool asks_for_facts() const {
    return !os.empty() || !vendor.empty() || !model.empty() || !firmware.empty();
  }

  // By what operators gave it; whatever its facts are.
  [[nodiscard]] bool matches_identity(const HostTraits& host) const;
  [[nodiscard]] bool matches(const HostTraits& host) const;

  friend bool operator==(const HostSelector&, const HostSelector&) = default;
};

// Time in the product of both sizes at most: patterns are bounded by limits::kPatternSizeMax.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace quotemill
