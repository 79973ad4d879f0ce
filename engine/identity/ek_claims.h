// EkClaims: whether one endorsement key is used by two machines.
//
// A machine that lost its state enrols with a new channel key, and never comes back to an old one.
// A key that was replaced and comes back is held by a second machine with the same EK: a virtual
// TPM that was cloned, or a disk that moves between two systems of one machine. What was seen is in
// memory alone: after a restart it takes one turn more. Not shared: one thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/evidence/host_uid.h"

namespace quotemill {

class EkClaims {
 public:
  static constexpr std::size_t kEksMax = 4'096;  // bound: the one renewed longest ago goes
  static constexpr std::size_t kKeysMax = 4;     // bound: of one EK, likewise

  // The host of this EK goes from one channel key to that of a machine that calls itself `name`. If
  // it had that key before: what the machine in between calls itself.
  std::optional<std::string> renew(const std::string& ek_sha256, const CurveKey& from,
                                   const CurveKey& to, std::string_view name) {
    if (from == to) {
      return std::nullopt;
    }
    std::vector<Machine>& machines = machines_of(ek_sha256);
    const bool is_back = of_key(machines, to).was_replaced;
    of_key(machines, to).name = name;
    Machine& other = of_key(machines, from);
    other.was_replaced = true;
    std::optional<std::string> result = is_back ? std::optional(other.name) : std::nullopt;
    if (machines.size() > kKeysMax) {
      machines.erase(machines.begin());
    }
    return result;
  }

 private:
  struct Machine {
    CurveKey key{};
    std::string name;
    bool was_replaced = false;
  };

  struct Claim {
    std::vector<Machine> machines;
    std::list<std::string>::iterator turn;
  };

  static Machine& of_key(std::vector<Machine>& machines, const CurveKey& key) {
    const auto known = std::find_if(machines.begin(), machines.end(),
                                    [&key](const Machine& one) { return one.key == key; });
    return known == machines.end() ? machines.emplace_back(Machine{key, {}, false}) : *known;
  }

  std::vector<Machine>& machines_of(const std::string& ek_sha256) {
    const auto known = claims_.find(ek_sha256);
    if (known != claims_.end()) {
      turns_.splice(turns_.begin(), turns_, known->second.turn);
      return known->second.machines;
    }
    if (claims_.size() == kEksMax) {
      claims_.erase(turns_.back());
      turns_.pop_back();
    }
    turns_.push_front(ek_sha256);
    return claims_.emplace(ek_sha256, Claim{{}, turns_.begin()}).first->second.machines;
  }

  std::list<std::string> turns_;  // the last renewed is in front
  std::unordered_map<std::string, Claim> claims_;
};

}  // namespace quotemill
