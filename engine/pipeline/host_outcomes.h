// HostOutcomes: what one write makes of hosts: of each its newest state, and when it turns stale.
// Used by the commit thread alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/evidence/host_map.h"
#include "engine/pipeline/deadlines.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

struct HostOutcome {
  std::shared_ptr<const HostState> state;
  std::optional<Deadlines::Term> deadline;  // of a host that was judged
};

class HostOutcomes {
 public:
  [[nodiscard]] bool has(const HostUid& host) const { return find(host) != nullptr; }

  // Null if nothing becomes of the host yet. Borrowed until another host's is added.
  [[nodiscard]] const HostOutcome* find(const HostUid& host) const {
    const std::uint32_t* const place = places_.find(host);
    return place == nullptr ? nullptr : &all_[*place];
  }

  // The host's, which is added if it has none: its state is to follow.
  [[nodiscard]] HostOutcome& of(const HostUid& host) {
    const auto [place, is_new] = places_.try_add(host, static_cast<std::uint32_t>(all_.size()));
    return is_new ? all_.emplace_back() : all_[*place];
  }

  void reserve(std::size_t hosts) {
    all_.reserve(hosts);
    places_.reserve(hosts);
  }

  // The memory stays.
  void clear() {
    all_.clear();
    places_.clear();
  }

  [[nodiscard]] std::vector<HostOutcome>& all() { return all_; }

 private:
  std::vector<HostOutcome> all_;
  HostMap<std::uint32_t> places_;  // in `all_`
};

}  // namespace quotemill
