#include "engine/rollout/cohort.h"

#include <algorithm>
#include <string>

#include "engine/rollout/limits.h"

namespace quotemill {
namespace {

Error refused(std::string why) {
  return {ErrorCode::kConfig, "cohort", 0, std::move(why)};
}

bool by_host(const CohortMember& left, const CohortMember& right) {
  return left.host < right.host;
}

}  // namespace

Result<Cohort> Cohort::create(std::vector<CohortMember> members) {
  if (members.empty()) {
    return refused("no host is in it");
  }
  if (members.size() > limits::kRolloutHostsMax) {
    return refused("it has more than " + std::to_string(limits::kRolloutHostsMax) + " hosts");
  }
  std::sort(members.begin(), members.end(), by_host);
  const auto twice = std::adjacent_find(
      members.begin(), members.end(),
      [](const auto& left, const auto& right) { return left.host == right.host; });
  if (twice != members.end()) {
    return refused("host " + twice->host.hex() + " is in it twice");
  }
  std::vector<bool> has_hosts;
  for (const CohortMember& member : members) {
    if (member.wave >= limits::kRolloutWavesMax) {
      return refused("it has more than " + std::to_string(limits::kRolloutWavesMax) + " waves");
    }
    has_hosts.resize(std::max<std::size_t>(has_hosts.size(), member.wave + 1));
    has_hosts[member.wave] = true;
  }
  if (std::find(has_hosts.begin(), has_hosts.end(), false) != has_hosts.end()) {
    return refused("a wave has no host");
  }
  return Cohort(std::move(members), static_cast<std::uint32_t>(has_hosts.size()));
}

std::optional<std::uint32_t> Cohort::wave_of(const HostUid& host) const {
  const auto at = std::lower_bound(members_.begin(), members_.end(), CohortMember{host}, by_host);
  return at != members_.end() && at->host == host ? std::optional(at->wave) : std::nullopt;
}

std::optional<HostUid> Cohort::shared_with(const Cohort& other) const {
  auto mine = members_.begin();
  auto theirs = other.members_.begin();
  while (mine != members_.end() && theirs != other.members_.end()) {
    if (mine->host == theirs->host) {
      return mine->host;
    }
    mine->host < theirs->host ? ++mine : ++theirs;
  }
  return std::nullopt;
}

std::vector<CohortMember> in_waves(const std::vector<HostUid>& hosts,
                                   const std::vector<std::size_t>& sizes) {
  std::vector<CohortMember> members;
  members.reserve(hosts.size());
  std::uint32_t wave = 0;
  std::size_t in_wave = 0;
  for (const HostUid& host : hosts) {
    if (wave < sizes.size() && in_wave == sizes[wave]) {
      ++wave;
      in_wave = 0;
    }
    members.push_back({host, wave});
    ++in_wave;
  }
  return members;
}

}  // namespace quotemill
