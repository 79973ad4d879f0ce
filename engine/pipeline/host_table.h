// HostTable: the host directory in memory. Who is this channel key, what is its record, what was
// its last state: the one upstream read of the flow.
//
// Written by the commit thread only (and at start-up); read by any thread. What a reader gets is an
// immutable snapshot and a hint: the commit stage checks again.
//
// Hosts that were written last, and within the last minutes, are kept as they are, others packed
// (packed_state.h, packed_record.h): whoever asks for one of them gets a new copy of its record and
// state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.h"
#include "engine/evidence/host_uid.h"
#include "engine/identity/host_record.h"
#include "engine/policy/selector.h"
#include "engine/verdict/host_state.h"

namespace quotemill {

struct Host {
  std::shared_ptr<const HostRecord> record;
  std::shared_ptr<const HostState> state;  // never null: a fresh host has a default state
  // Of the state: another one whenever the host gets another state, never used twice.
  std::uint64_t revision = 0;
};

// What can be told of a host without unpacking it. Borrowed from the table.
struct HostGlance {
  const HostUid& uid;
  std::string_view name;
  const std::map<std::string, std::string>& labels;
  LifeCycle life_cycle;
  TrustState state;
  WallTime fresh_from;               // of the verdict
  WallTime valid_until;              // likewise
  const SnapshotId& snapshot;        // that the verdict is by
  std::optional<WallTime> received;  // the evidence that its counters are of
  const FactsRecord& facts;
  std::optional<Digest> proven_log;  // the id of its proof's boot log
  // Unpacks the record alone.
  const std::function<const HostRecord&()>& record;

  // Borrows it.
  [[nodiscard]] HostTraits traits() const { return {name, labels, view_of(facts), &uid}; }
};

struct KeptHost;  // host_index.h

// Hosts that are not trusted for the same cause (host_causes.h).
struct HostCause {
  TrustState state = TrustState::kUnknown;
  std::optional<Finding> finding;  // the worst one, of one of them; none: there is none
  std::size_t hosts = 0;
  std::vector<std::string> names;  // of a few
};

// A host as the store has it.
struct StoredHost {
  std::shared_ptr<const HostRecord> record;
  std::optional<HostState> state;
};

class HostTable {
 public:
  // `states_kept`: how many hosts are kept as they are, at most.
  explicit HostTable(std::size_t states_kept = kStatesKept);
  HostTable(const HostTable&) = delete;
  HostTable& operator=(const HostTable&) = delete;
  ~HostTable();

  [[nodiscard]] std::optional<Host> find(const HostUid& uid) const;
  // Each of them, in their order: faster than one by one, because memory is fetched for all at
  // once.
  [[nodiscard]] std::vector<std::optional<Host>> find_all(std::span<const HostUid> uids) const;
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
  // The same as they are kept: snapshots that are unpacked by whoever needs to.
  [[nodiscard]] std::vector<KeptHost> kept(std::string_view after, std::size_t limit) const;
  // The same hosts behind `after`, all of them, one after another; page by page, each host as it is
  // when its page comes. `visit` returns whether to go on; it must not call the table, nor keep
  // what it is shown.
  void glance(std::string after, const std::function<bool(const HostGlance&)>& visit) const;
  // The same hosts in no order that means anything, which is faster: of those that come, go or
  // change meanwhile some may be missed.
  void glance_at_all(const std::function<void(const HostGlance&)>& visit) const;
  [[nodiscard]] std::vector<Host> pending() const;
  // Those of the inventory that no TPM has proven yet, sorted by name; after `after`, at most
  // `limit`.
  [[nodiscard]] std::vector<Host> expected(std::string_view after, std::size_t limit) const;
  // Retired and denied hosts, sorted by name, then uid; at most `limit`. Looks at every host.
  [[nodiscard]] std::vector<Host> ended(std::size_t limit) const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t pending_count() const;
  // Hosts that may attest, by TrustState. Cheap.
  [[nodiscard]] std::array<std::size_t, 5> counts() const;
  // Why those of them that are not trusted are not, the largest first; at most `limit`. Cheap.
  [[nodiscard]] std::vector<HostCause> causes(std::size_t limit) const;

  // Commit thread only.
  void put(std::shared_ptr<const HostRecord> record);
  void put_state(std::shared_ptr<const HostState> state);
  // Each of them, in their order. Readers may see some before the others.
  void put_states(std::vector<std::shared_ptr<const HostState>> states);
  void remove(const HostUid& uid);
  // Packs some of the hosts that nothing was written of for a while, until none is left; to be
  // called again and again, as time goes on.
  void pack_idle(BootTime now);
  // Those of the store, before anybody reads: nothing happened to them yet. Several threads.
  void put_stored(std::vector<StoredHost> hosts);
  // Behind them, so that who looks for a name first need not wait until all are sorted.
  void settle_names();

 private:
  friend class HostFiller;

  static constexpr std::size_t kStatesKept = 131'072;  // bound: some 4 kB each with their records

  class Rooms;

  template <class Index, class Key>
  [[nodiscard]] std::optional<Host> find_in(const Index& index, const Key& key) const;

  std::unique_ptr<Rooms> rooms_;
};

}  // namespace quotemill
