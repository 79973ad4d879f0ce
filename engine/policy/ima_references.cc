#include "engine/policy/ima_references.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "engine/base/limits.h"
#include "engine/baseline/reference_list.h"

namespace quotemill {
namespace {

constexpr std::uint32_t kEmpty = 0xFFFFFFFF;
constexpr std::size_t kSlotsMin = 16;

static_assert(limits::kImaReferencesMax < kEmpty);

// A power of two at least twice the number of keys: probes stay short.
std::size_t slot_count(std::size_t keys) {
  std::size_t slots = kSlotsMin;
  while (slots < 2 * keys) {
    slots *= 2;
  }
  return slots;
}

std::size_t hash_of(std::string_view path) {
  return std::hash<std::string_view>()(path);
}

// A digest is spread well enough by itself.
std::size_t hash_of(ByteView digest) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < sizeof value; ++i) {
    value = value << 8U | digest[i];
  }
  return value;
}

// The slot whose content `is_key` accepts, else the empty one where it belongs.
template <class IsKey>
std::size_t find_slot(const std::vector<std::uint32_t>& slots, std::size_t hash, IsKey is_key) {
  std::size_t slot = hash & (slots.size() - 1);
  while (slots[slot] != kEmpty && !is_key(slots[slot])) {
    slot = (slot + 1) & (slots.size() - 1);
  }
  return slot;
}

Error malformed(std::string detail) {
  return {ErrorCode::kMalformed, "reference set", 0, std::move(detail)};
}

Error too_large(const char* what) {
  return {ErrorCode::kTooLarge, "reference set", 0, what};
}

}  // namespace

const ImaReferences::Path* ImaReferences::find_path(std::string_view path) const {
  if (path_slots_.empty()) {
    return nullptr;
  }
  const std::uint32_t found =
      path_slots_[find_slot(path_slots_, hash_of(path), [&](std::uint32_t place) {
        return text_of(paths_[place].text) == path;
      })];
  return found == kEmpty ? nullptr : &paths_[found];
}

const ImaReferences::Entry* ImaReferences::find_digest(const Digest& digest) const {
  if (digest_slots_.empty()) {
    return nullptr;
  }
  const std::uint32_t found =
      digest_slots_[find_slot(digest_slots_, hash_of(digest.view()),
                              [&](std::uint32_t place) { return is(entries_[place], digest); })];
  return found == kEmpty ? nullptr : &entries_[found];
}

bool ImaReferences::knows_path(std::string_view path) const {
  return find_path(path) != nullptr;
}

ImaReferenceMatch ImaReferences::find(std::string_view path, const Digest& digest) const {
  ImaReferenceMatch match;
  const Path* const known = find_path(path);
  if (known == nullptr) {
    const Entry* const entry = find_digest(digest);
    if (entry != nullptr) {
      match.digest_known = true;
      match.package = text_of(packages_[entry->package]);
    }
    return match;
  }
  match.path_known = true;
  for (std::uint32_t i = known->first; i < known->first + known->count; ++i) {
    const Entry& entry = entries_[i];
    if (is(entry, digest)) {
      match.digest_known = true;
      match.package = text_of(packages_[entry.package]);
      match.expected.reset();
      return match;
    }
    if (entry.algorithm == digest.algorithm() && !match.expected.has_value()) {
      match.expected = Digest::from(entry.algorithm, digest_of(entry));
      match.package = text_of(packages_[entry.package]);
    }
  }
  return match;
}

void ImaReferences::index() {
  path_slots_.assign(slot_count(paths_.size()), kEmpty);
  for (std::uint32_t place = 0; place < paths_.size(); ++place) {
    const std::string_view path = text_of(paths_[place].text);
    path_slots_[find_slot(path_slots_, hash_of(path), [](std::uint32_t) { return false; })] = place;
  }
  digest_slots_.assign(slot_count(entries_.size()), kEmpty);
  for (std::uint32_t place = 0; place < entries_.size(); ++place) {
    const Entry& entry = entries_[place];
    const std::size_t slot =
        find_slot(digest_slots_, hash_of(digest_of(entry)), [&](std::uint32_t other) {
          return entries_[other].algorithm == entry.algorithm &&
                 equal(digest_of(entries_[other]), digest_of(entry));
        });
    if (digest_slots_[slot] == kEmpty) {
      digest_slots_[slot] = place;
    }
  }
}

bool ImaReferencesBuilder::append(std::string_view text, std::uint32_t& begin) {
  if (text.size() > limits::kImaReferenceTextMax - texts_.size()) {
    return false;
  }
  begin = static_cast<std::uint32_t>(texts_.size());
  texts_.append(text);
  return true;
}

// Packages come in runs: the last one is looked at alone.
std::optional<std::uint32_t> ImaReferencesBuilder::package_named(std::string_view name) {
  const bool same =
      !packages_.empty() &&
      std::string_view(texts_).substr(packages_.back().begin, packages_.back().size) == name;
  if (!same) {
    ImaReferences::Text text{.size = static_cast<std::uint32_t>(name.size())};
    if (name.size() > limits::kImaPathSizeMax || !append(name, text.begin)) {
      return std::nullopt;
    }
    packages_.push_back(text);
  }
  return static_cast<std::uint32_t>(packages_.size() - 1);
}

Result<void> ImaReferencesBuilder::add(std::string_view path, const Digest& digest,
                                       std::string_view package) {
  if (path.empty() || path.size() > limits::kImaPathSizeMax) {
    return malformed("a path is empty or too long");
  }
  if (pending_.size() == limits::kImaReferencesMax) {
    return too_large("more digests than a set may have");
  }
  const std::optional<std::uint32_t> number = package_named(package);
  Pending pending{.path_size = static_cast<std::uint32_t>(path.size()),
                  .digest = static_cast<std::uint32_t>(digests_.size()),
                  .package = number.value_or(0),
                  .algorithm = digest.algorithm()};
  path_.assign(path);
  std::replace(path_.begin(), path_.end(), ' ', '_');
  if (!number.has_value() || !append(path_, pending.path_begin)) {
    return too_large("more text than a set may have");
  }
  digests_.insert(digests_.end(), digest.view().begin(), digest.view().end());
  pending_.push_back(pending);
  return {};
}

Result<void> ImaReferencesBuilder::add_text(std::string_view text) {
  return for_each_reference_line(text, [this](const ReferenceLine& line) {
    return add(line.name, line.digest, line.package);
  });
}

ImaReferences ImaReferencesBuilder::build() {
  ImaReferences set;
  const auto path_of = [this](const Pending& one) {
    return std::string_view(texts_).substr(one.path_begin, one.path_size);
  };
  std::stable_sort(
      pending_.begin(), pending_.end(),
      [&](const Pending& left, const Pending& right) { return path_of(left) < path_of(right); });
  const Pending* last = nullptr;
  for (const Pending& one : pending_) {
    if (last == nullptr || path_of(*last) != path_of(one)) {
      set.paths_.push_back({.text = {one.path_begin, one.path_size},
                            .first = static_cast<std::uint32_t>(set.entries_.size())});
    }
    set.entries_.push_back(
        {.digest = one.digest, .package = one.package, .algorithm = one.algorithm});
    ++set.paths_.back().count;
    last = &one;
  }
  set.texts_ = std::exchange(texts_, {});
  set.digests_ = std::exchange(digests_, {});
  set.packages_ = std::exchange(packages_, {});
  pending_ = {};
  set.index();
  return set;
}

}  // namespace quotemill
