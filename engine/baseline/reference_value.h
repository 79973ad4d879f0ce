// ReferenceValue: one digest that is known, and what it is: the unit of imported baselines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/digest.h"
#include "engine/base/time.h"

namespace quotemill {

// What was hashed. The number is stored and never changes.
enum class ReferenceKind : std::uint8_t {
  kDigest = 0,  // nobody says: a file, or what a PCR was extended with
  kEvent = 1,   // what a PCR was extended with
  kPcr = 2,     // what a PCR holds
  kFile = 3,    // a file's content
};

// "digest", "event", "pcr", "file".
std::string_view name_of(ReferenceKind kind);
std::optional<ReferenceKind> reference_kind_named(std::string_view name);

struct ReferenceValue {
  Digest digest;
  ReferenceKind kind = ReferenceKind::kDigest;
  std::optional<std::uint32_t> pcr = {};  // none: of whichever
  std::string name;                       // "shimx64.efi", a path
  std::string version;
  std::string vendor;
  std::string source;  // where it is from: a package, a component
  // Outside of these it is unknown. Zero: no bound.
  WallTime valid_from = {};
  WallTime valid_until = {};

  [[nodiscard]] bool is_valid_at(WallTime moment) const {
    return valid_from <= moment && (valid_until.ms == 0 || moment < valid_until);
  }

  friend bool operator==(const ReferenceValue&, const ReferenceValue&) = default;
};

// The order in which a baseline keeps its values: by digest first, so that they are found by
// halving.
bool in_value_order(const ReferenceValue& left, const ReferenceValue& right);

// The value for something that was extended into a PCR, or for what a PCR holds; null if `values`
// have none. Borrows. REQUIRES: `values` are in the order of in_value_order()
const ReferenceValue* find_event(const std::vector<ReferenceValue>& values, const Digest& digest,
                                 std::uint32_t pcr);
const ReferenceValue* find_pcr_value(const std::vector<ReferenceValue>& values,
                                     const Digest& digest, std::uint32_t pcr);

// "shimx64.efi 15.8 (Debian)", "PCR 4: sha256:…" if it has no name. Escaped.
std::string describe(const ReferenceValue& value);

}  // namespace quotemill
