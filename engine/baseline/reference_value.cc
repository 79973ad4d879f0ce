#include "engine/baseline/reference_value.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "engine/base/text.h"

namespace quotemill {
namespace {

constexpr std::array<std::string_view, 4> kKindNames = {"digest", "event", "pcr", "file"};

bool is_of(const ReferenceValue& value, std::uint32_t pcr) {
  return !value.pcr || *value.pcr == pcr;
}

template <class IsWanted>
const ReferenceValue* find_with(const std::vector<ReferenceValue>& values, const Digest& digest,
                                IsWanted is_wanted) {
  auto at = std::lower_bound(
      values.begin(), values.end(), digest,
      [](const ReferenceValue& value, const Digest& wanted) { return value.digest < wanted; });
  for (; at != values.end() && at->digest == digest; ++at) {
    if (is_wanted(*at)) {
      return &*at;
    }
  }
  return nullptr;
}

}  // namespace

std::string_view name_of(ReferenceKind kind) {
  return kKindNames.at(static_cast<std::size_t>(kind));
}

std::optional<ReferenceKind> reference_kind_named(std::string_view name) {
  const auto found = std::find(kKindNames.begin(), kKindNames.end(), name);
  return found == kKindNames.end()
             ? std::nullopt
             : std::optional(static_cast<ReferenceKind>(found - kKindNames.begin()));
}

bool in_value_order(const ReferenceValue& left, const ReferenceValue& right) {
  const auto key = [](const ReferenceValue& value) {
    return std::tie(value.digest, value.kind, value.pcr, value.name);
  };
  return key(left) < key(right);
}

const ReferenceValue* find_event(const std::vector<ReferenceValue>& values, const Digest& digest,
                                 std::uint32_t pcr) {
  return find_with(values, digest, [pcr](const ReferenceValue& value) {
    return value.kind != ReferenceKind::kPcr && is_of(value, pcr);
  });
}

const ReferenceValue* find_pcr_value(const std::vector<ReferenceValue>& values,
                                     const Digest& digest, std::uint32_t pcr) {
  return find_with(values, digest, [pcr](const ReferenceValue& value) {
    return value.kind == ReferenceKind::kPcr && is_of(value, pcr);
  });
}

std::string describe(const ReferenceValue& value) {
  std::string text = value.pcr ? "PCR " + std::to_string(*value.pcr) + ": " : std::string();
  if (value.name.empty()) {
    return text + std::string(name_of(value.digest.algorithm())) + ":" + value.digest.hex();
  }
  text += escaped(value.name);
  if (!value.version.empty()) {
    text += " " + escaped(value.version);
  }
  if (!value.vendor.empty()) {
    text += " (" + escaped(value.vendor) + ")";
  }
  return text;
}

}  // namespace quotemill
