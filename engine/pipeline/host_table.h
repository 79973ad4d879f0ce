// HostTable: the host directory in memory. Who is this channel key, what is its record, what was
// its last state: the one upstream read of the flow.
//
// Written by the commit thread only (and at start-up); read by any thread. What a reader gets is an
// immutable snapshot and a hint: the commit stage checks again.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/evidence/host_uid.h"
#include "engine/identity/host_record.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

struct Host {
  std::shared_ptr<const HostRecord> record;
  std::shared_ptr<const HostState> state;  // never null: a fresh host has a default state
};

class HostTable {
 public:
  [[nodiscard]] std::optional<Host> find(const HostUid& uid) const;
  // Any life cycle; retired, denied and replaced keys are not found.
  [[nodiscard]] std::optional<Host> find_by_key(const CurveKey& key) const;
  [[nodiscard]] std::optional<Host> find_by_name(
      std::string_view name) const;  // active or in maintenance
  // Of the inventory, not proven yet: nobody else is to get this name.
  [[nodiscard]] std::optional<Host> find_expected(std::string_view name) const;
  // Any life cycle: a TPM whose host was retired or denied is no newcomer.
  // None for "": hosts that were imported without an EK are not found.
  [[nodiscard]] std::optional<Host> find_by_ek(std::string_view ek_sha256) const;
  // One with this TPMT_PUBLIC as AK, pending or living; none for an empty one.
  [[nodiscard]] std::optional<Host> find_by_ak(ByteView ak_public) const;
  // Whether this key may speak on the attestation endpoint.
  [[nodiscard]] bool admits(const CurveKey& key) const;

  // Sorted by name, then uid. A page: hosts after `after` (a name; empty: from the first), at most
  // `limit`.
  [[nodiscard]] std::vector<Host> list(std::string_view after, std::size_t limit) const;
  [[nodiscard]] std::vector<Host> pending() const;
  // Those of the inventory that no TPM has proven yet, sorted by name; after `after`, at most
  // `limit`.
  [[nodiscard]] std::vector<Host> expected(std::string_view after, std::size_t limit) const;
  // Retired and denied hosts, sorted by name, then uid; at most `limit`. Looks at every host.
  [[nodiscard]] std::vector<Host> ended(std::size_t limit) const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t pending_count() const;

  // Commit thread only.
  void put(std::shared_ptr<const HostRecord> record);
  void put_state(std::shared_ptr<const HostState> state);
  void remove(const HostUid& uid);

 private:
  struct KeyHash {
    std::size_t operator()(const CurveKey& key) const noexcept;
  };

  void index(const HostRecord& record);
  void index_ek(const HostRecord& record);
  void forget_indexes(const HostRecord& record);

  mutable std::shared_mutex mutex_;
  std::unordered_map<HostUid, Host> hosts_;
  std::unordered_map<CurveKey, HostUid, KeyHash> by_key_;
  std::unordered_map<std::string, HostUid> by_ek_;
  std::unordered_multimap<std::size_t, HostUid> by_ak_hash_;  // of TPMT_PUBLIC
  std::map<std::string, HostUid, std::less<>> by_name_;
  std::map<HostUid, std::string> pending_;
  std::map<std::string, HostUid, std::less<>> expected_;  // by name
};

}  // namespace quotemill
