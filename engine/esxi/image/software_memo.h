// SoftwareMemo: infer_software() with what it gave for a list of modules remembered, because the
// hosts of an image boot the same list.
//
// A list is found again by all its bytes, not by a hash of them: whoever sends logs can make the
// memo forget, and pay with the time of inferring, but never make it say of one list what is true
// of another one.
//
// Threads: each its own.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/esxi/image/software.h"

namespace quotemill {

class SoftwareMemo {
 public:
  struct Counters {
    std::uint64_t found = 0;
    std::uint64_t inferred = 0;
  };

  explicit SoftwareMemo(std::size_t entries = kEntries) : entries_max_(entries) {}

  // As infer_software(), and with the same result. Indexes that it has answers of are kept alive.
  SoftwareReport infer(const std::shared_ptr<const ImageIndex>& index,
                       const SoftwareEvidence& evidence, const HostModules& own = {});

  [[nodiscard]] const Counters& counters() const { return counters_; }

  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  // Distinct lists; the one that was not asked for the longest goes.
  static constexpr std::size_t kEntries = 1'024;  // bound

  struct Entry {
    std::string content;
    std::shared_ptr<const ImageIndex> index;  // its address is in the content
    std::shared_ptr<const StaticSoftware> software;
  };

  std::shared_ptr<const StaticSoftware> find_or_infer(
      const std::shared_ptr<const ImageIndex>& index, const SoftwareEvidence& evidence);
  void write_key(const ImageIndex& index, const SoftwareEvidence& evidence);

  const std::size_t entries_max_;
  std::list<Entry> entries_;  // the last one asked for is in front
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_content_;
  std::string key_;
  std::vector<ModuleRole> roles_;
  Counters counters_;
};

}  // namespace quotemill
