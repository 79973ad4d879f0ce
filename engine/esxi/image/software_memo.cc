#include "engine/esxi/image/software_memo.h"

namespace quotemill {
namespace {

void add_number(std::uint64_t number, std::string& out) {
  for (unsigned shift = 0; shift < 64; shift += 8) {
    out += static_cast<char>(number >> shift);
  }
}

}  // namespace

// What differs from host to host is in it by its place alone; all else is in it as it is.
void SoftwareMemo::write_key(const ImageIndex& index, const SoftwareEvidence& evidence) {
  key_.clear();
  add_number(reinterpret_cast<std::uintptr_t>(&index), key_);  // NOLINT(*-reinterpret-cast)
  for (std::size_t i = 0; i < evidence.modules.size(); ++i) {
    const MeasuredModule& module = evidence.modules[i];
    key_ += static_cast<char>(roles_[i]);
    if (roles_[i] != ModuleRole::kStatic) {
      continue;
    }
    key_ += module.is_options ? '\1' : '\0';
    key_ += static_cast<char>(static_cast<std::uint16_t>(module.digest.algorithm()));
    add_number(module.name.size(), key_);
    key_ += as_text(module.digest.view());
    key_ += module.name;
  }
}

std::shared_ptr<const StaticSoftware> SoftwareMemo::find_or_infer(
    const std::shared_ptr<const ImageIndex>& index, const SoftwareEvidence& evidence) {
  write_key(*index, evidence);
  if (const auto found = by_content_.find(key_); found != by_content_.end()) {
    ++counters_.found;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->software;
  }
  ++counters_.inferred;
  auto software =
      std::make_shared<const StaticSoftware>(infer_static(*index, evidence.modules, roles_));
  if (entries_.size() >= entries_max_ && !entries_.empty()) {
    by_content_.erase(entries_.back().content);
    entries_.pop_back();
  }
  entries_.push_front({key_, index, software});
  by_content_.emplace(entries_.front().content, entries_.begin());
  return software;
}

SoftwareReport SoftwareMemo::infer(const std::shared_ptr<const ImageIndex>& index,
                                   const SoftwareEvidence& evidence, const HostModules& own) {
  roles_ = roles_of(*index, evidence.modules, own);
  return complete_report(*index, evidence, roles_, find_or_infer(index, evidence), own);
}

}  // namespace quotemill
