#include "deploy/quotemilld/fleet_causes.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <tuple>

#include "deploy/quotemilld/limits.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kExamplesMax = 5;
constexpr std::size_t kHostsUnpackedMax =
    10'000;  // bound: some 40 ms of whoever asks for the status

using Cause = std::tuple<TrustState, std::string, std::string>;

// The finding that makes the state what it is (decide() sorts them); null if there is none.
const Finding* worst_finding(const HostState& state) {
  const Findings& findings = state.verdict.findings;
  return findings.empty() || findings.front().severity == Severity::kInfo ? nullptr
                                                                          : &findings.front();
}

Cause cause_of(const HostState& state) {
  const Finding* const finding = worst_finding(state);
  if (finding == nullptr) {
    return {state.state, {}, {}};
  }
  return {state.state, std::string(name_of(finding->code)),
          finding->digest ? finding->digest->hex() : finding->subject};
}

class CauseTally {
 public:
  void note(const Host& host) {
    Cause cause = cause_of(*host.state);
    // A fleet in which every host has its own cause must not fill the memory.
    if (groups_.size() >= limits::kBlastCausesMax && !groups_.contains(cause)) {
      std::get<2>(cause) = "others";
    }
    CauseGroup& group = groups_[cause];
    if (group.hosts == 0) {
      const Finding* const finding = worst_finding(*host.state);
      group.state = host.state->state;
      group.code = std::get<1>(cause);
      group.message = finding == nullptr ? std::string() : message_of(*finding);
    }
    ++group.hosts;
    if (group.examples.size() < kExamplesMax) {
      group.examples.push_back(host.record->name);
    }
  }

  [[nodiscard]] std::vector<CauseGroup> result() && {
    std::vector<CauseGroup> all;
    all.reserve(groups_.size());
    for (auto& [cause, group] : groups_) {
      std::sort(group.examples.begin(), group.examples.end());
      all.push_back(std::move(group));
    }
    std::stable_sort(all.begin(), all.end(), [](const CauseGroup& left, const CauseGroup& right) {
      return left.hosts > right.hosts;
    });
    return all;
  }

 private:
  std::map<Cause, CauseGroup> groups_;
};

}  // namespace

std::vector<CauseGroup> causes_of(const HostTable& hosts) {
  std::array<std::size_t, 5> counts = hosts.counts();
  counts.at(static_cast<std::size_t>(TrustState::kTrusted)) = 0;
  if (std::accumulate(counts.begin(), counts.end(), std::size_t{0}) == 0) {
    return {};  // the usual case, and a million hosts need not be looked at
  }
  std::vector<HostUid> untrusted;
  hosts.glance_at_all([&](const HostGlance& host) {
    if (host.state != TrustState::kTrusted && untrusted.size() < kHostsUnpackedMax) {
      untrusted.push_back(host.uid);
    }
  });
  CauseTally tally;
  for (const HostUid& uid : untrusted) {
    // It may have become trusted, or have gone, meanwhile.
    if (const std::optional<Host> host = hosts.find(uid);
        host && host->state->state != TrustState::kTrusted) {
      tally.note(*host);
    }
  }
  return std::move(tally).result();
}

transport::Json render_causes(const std::vector<CauseGroup>& causes, std::size_t limit) {
  transport::Json list = transport::Json::array();
  for (const CauseGroup& group : causes) {
    if (list.size() == limit) {
      break;
    }
    list.push_back(
        {{"state", name_of(group.state)},
         {"code", group.code.empty() ? transport::Json(nullptr) : transport::Json(group.code)},
         {"message", group.message},
         {"hosts", group.hosts},
         {"examples", group.examples}});
  }
  return list;
}

}  // namespace quotemill::daemon
