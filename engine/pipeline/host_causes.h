// HostCauses: why hosts are not trusted, kept by group as hosts change, so that telling it takes no
// look at the fleet.
//
// The same is the same state by a worst finding of the same code about the same content or, of a
// finding about none, with the same words.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "engine/pipeline/host_index.h"
#include "engine/pipeline/host_table.h"

namespace quotemill {

// Used under the table's lock. Hosts stay where they are while they are in it.
class HostCauses {
 public:
  // Nothing, of a host that is trusted. REQUIRES: the host is not in it
  void add(KeptHost& host);
  // If it is in it. Before its state or record becomes another one.
  void remove(KeptHost& host);

  // The largest first, at most `limit`, each with the names of a few of its hosts.
  [[nodiscard]] std::vector<HostCause> largest(std::size_t limit) const;

 private:
  using Key = std::tuple<TrustState, std::optional<FindingCode>, std::string>;

  struct Hash {
    std::size_t operator()(const Key& key) const;
  };

  struct Group {
    Key key;
    std::vector<KeptHost*> hosts;  // empty: the group is free
  };

  static constexpr std::size_t kGroupsMax = 10'000;  // bound: told apart; the rest by their code
  static constexpr std::size_t kNamesTold = 5;

  static Key key_of(const KeptHost& host);
  std::uint32_t group_of(Key key);

  std::vector<Group> groups_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<Key, std::uint32_t, Hash> by_key_;
};

}  // namespace quotemill
