// What HostTable keeps of a host, and where.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/pipeline/host_table.h"
#include "engine/pipeline/packed_record.h"
#include "engine/pipeline/packed_state.h"

namespace quotemill {

struct PackedHost {
  HostUid uid;
  PackedRecord record;
  PackedState state;
};

// A host as the table keeps it: packed, or as it is. A copy of it is a snapshot that can be looked
// at without any lock.
struct KeptHost {
  std::shared_ptr<const PackedHost> packed;  // null: it is not
  std::shared_ptr<const HostRecord> record;  // null if it is packed
  std::shared_ptr<const HostState> state;    // null if it is packed
  std::uint64_t revision = 0;                // Host::revision
  // Where the table's HostCauses have it.
  static constexpr std::uint32_t kNoCause = std::numeric_limits<std::uint32_t>::max();
  std::uint32_t cause = kNoCause;
  std::uint32_t place_in_cause = 0;
  std::uint32_t place = 0;  // in KeptHosts

  [[nodiscard]] bool is_empty() const { return !packed && !record; }

  // From now on.
  void pack_as(std::shared_ptr<const PackedHost> host) {
    packed = std::move(host);
    record = nullptr;
    state = nullptr;
  }

  [[nodiscard]] HostUid uid() const { return packed ? packed->uid : record->uid; }

  [[nodiscard]] TrustState trust() const { return packed ? packed->state.state() : state->state; }

  [[nodiscard]] LifeCycle life_cycle() const {
    return packed ? packed->record.life_cycle() : record->life_cycle;
  }

  [[nodiscard]] bool may_attest() const {
    return life_cycle() == LifeCycle::kActive || life_cycle() == LifeCycle::kMaintenance;
  }

  [[nodiscard]] std::string_view name() const {
    return packed ? packed->record.name() : record->name;
  }

  [[nodiscard]] std::string ek_sha256() const {
    return packed ? packed->record.ek_sha256() : record->ek_sha256;
  }

  [[nodiscard]] bool has_ek_sha256() const {
    return packed ? packed->record.has_ek_sha256() : !record->ek_sha256.empty();
  }

  [[nodiscard]] std::string_view ak_public() const {
    return packed ? packed->record.ak_public() : as_text(record->ak_public);
  }

  [[nodiscard]] std::string_view curve_key() const {
    return as_text(packed ? packed->record.curve_key() : record->curve_key);
  }

  [[nodiscard]] Host host() const {
    if (!packed) {
      return {record, state, revision};
    }
    return {std::make_shared<const HostRecord>(packed->record.unpack(packed->uid)),
            std::make_shared<const HostState>(packed->state.unpack(packed->uid)), revision};
  }

  // Borrows the host.
  [[nodiscard]] HostTraits traits() const {
    return packed ? HostTraits{name(), packed->record.labels(), view_of(packed->state.facts()),
                               &packed->uid}
                  : traits_of(*record, view_of(state->facts));
  }

  bool show(const std::function<bool(const HostGlance&)>& visit) const {
    std::optional<HostRecord> unpacked;
    const std::function<const HostRecord&()> its_record = [&]() -> const HostRecord& {
      if (packed && !unpacked) {
        unpacked = packed->record.unpack(packed->uid);
      }
      return packed ? *unpacked : *record;
    };
    if (packed) {
      const PackedState& of = packed->state;
      return visit({packed->uid, name(), packed->record.labels(), life_cycle(), of.state(),
                    of.fresh_from(), of.valid_until(), of.snapshot(), of.received(), of.facts(),
                    of.proven_log(), its_record});
    }
    return visit({record->uid, name(), record->labels, life_cycle(), state->state,
                  state->verdict.fresh_from, state->verdict.valid_until, state->verdict.snapshot,
                  state->counters ? std::optional(state->counters->received) : std::nullopt,
                  state->facts, state->proof ? std::optional(state->proof->log) : std::nullopt,
                  its_record});
  }
};

// The hosts themselves: each stays where it is until its place is given back. Places are numbers,
// of half a pointer's size; there are never as many as 2^32.
class KeptHosts {
 public:
  explicit KeptHosts(std::pmr::memory_resource& memory = *std::pmr::get_default_resource())
      : memory_(&memory) {}

  // An empty one, to be filled.
  KeptHost& take_place() {
    ++size_;
    if (!free_.empty()) {
      KeptHost& host = at(free_.back());
      free_.pop_back();
      return host;
    }
    if (chunks_.empty() || chunks_.back().size() == kChunk) {
      chunks_.emplace_back(memory_).reserve(kChunk);
    }
    KeptHost& host = chunks_.back().emplace_back();
    host.place = static_cast<std::uint32_t>(places() - 1);
    return host;
  }

  void give_back(KeptHost& host) {
    --size_;
    const std::uint32_t place = host.place;
    host = {};
    host.place = place;
    free_.push_back(place);
  }

  // REQUIRES: the place was taken before
  [[nodiscard]] KeptHost& at(std::uint32_t place) {
    return chunks_[place / kChunk][place % kChunk];
  }

  [[nodiscard]] const KeptHost& at(std::uint32_t place) const {
    return chunks_[place / kChunk][place % kChunk];
  }

  [[nodiscard]] std::size_t size() const { return size_; }

  // Those of the places `from` to `to`, in no order that means anything.
  template <class Visit>
  void visit(std::size_t from, std::size_t to, Visit&& each) const {
    for (std::size_t place = from; place < std::min(to, places()); ++place) {
      if (const KeptHost& host = at(static_cast<std::uint32_t>(place)); !host.is_empty()) {
        each(host);
      }
    }
  }

  [[nodiscard]] std::size_t places() const {
    return chunks_.empty() ? 0 : (chunks_.size() - 1) * kChunk + chunks_.back().size();
  }

 private:
  static constexpr std::size_t kChunk = 65'536;  // so that it has huge pages, and is found by few

  std::pmr::memory_resource* memory_;
  std::vector<std::pmr::vector<KeptHost>> chunks_;  // which never grow beyond what they reserved
  std::vector<std::uint32_t> free_;
  std::size_t size_ = 0;
};

}  // namespace quotemill
