// Cohort: the hosts of a rollout, each in one wave. Named when the rollout starts and never
// changed: who enrols, or gets a label, later is not in it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "engine/base/result.h"
#include "engine/evidence/host_uid.h"

namespace quotemill {

struct CohortMember {
  HostUid host;
  std::uint32_t wave = 0;  // from 0

  friend bool operator==(const CohortMember&, const CohortMember&) = default;
};

// Immutable; any thread.
class Cohort {
 public:
  // kConfig if there is no host, one twice, a wave without hosts, or too many of either.
  static Result<Cohort> create(std::vector<CohortMember> members);

  // Time in the logarithm of the size.
  [[nodiscard]] std::optional<std::uint32_t> wave_of(const HostUid& host) const;

  // By uid.
  [[nodiscard]] const std::vector<CohortMember>& members() const { return members_; }

  [[nodiscard]] std::uint32_t waves() const { return waves_; }

  // A host that is in both; nullopt if there is none.
  [[nodiscard]] std::optional<HostUid> shared_with(const Cohort& other) const;

 private:
  Cohort(std::vector<CohortMember> members, std::uint32_t waves)
      : members_(std::move(members)), waves_(waves) {}

  std::vector<CohortMember> members_;
  std::uint32_t waves_ = 0;
};

// Hosts in waves of these sizes, in the order given; what is left over is the last one. None are
// empty: sizes beyond the last host are not used. REQUIRES: no size is 0
std::vector<CohortMember> in_waves(const std::vector<HostUid>& hosts,
                                   const std::vector<std::size_t>& sizes);

}  // namespace quotemill
