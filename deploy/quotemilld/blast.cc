#include "deploy/quotemilld/blast.h"

#include <algorithm>

#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/pipeline/reappraisal.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kPage = 1'000;
constexpr std::size_t kExamplesMax = 5;
constexpr std::size_t kGroupsMax = 100;

// How bad a state is for a host that was judged.
int badness(TrustState state) {
  switch (state) {
    case TrustState::kTrusted:
      return 0;
    case TrustState::kWarning:
      return 1;
    case TrustState::kStale:
    case TrustState::kUnknown:
      return 2;
    case TrustState::kFailed:
      return 3;
  }
  return 3;
}

// The finding that makes the state what it is; null if it is trusted without any.
const Finding* cause_of(const Verdict& verdict) {
  return verdict.findings.empty() || verdict.findings.front().severity == Severity::kInfo
             ? nullptr
             : &verdict.findings.front();
}

class Survey {
 public:
  Survey(const PolicySet& now, const PolicySet& then, const BlastParts& parts)
      : now_(now), then_(then), parts_(parts) {}

  Blast run() && {
    std::string after;
    for (std::vector<Host> page = parts_.hosts.list(after, kPage); !page.empty();
         page = parts_.hosts.list(after, kPage)) {
      for (const Host& host : page) {
        look_at(host);
      }
      after = page.back().record->name;
    }
    for (auto& [cause, group] : groups_) {
      blast_.groups.push_back(std::move(group));
    }
    std::stable_sort(
        blast_.groups.begin(), blast_.groups.end(),
        [](const BlastGroup& left, const BlastGroup& right) { return left.hosts > right.hosts; });
    if (blast_.groups.size() > kGroupsMax) {
      blast_.groups.resize(kGroupsMax);
    }
    return std::move(blast_);
  }

 private:
  // Whence, whither, and why, as far as it is the same for several hosts.
  using Cause = std::tuple<TrustState, TrustState, std::string, std::uint32_t, std::string>;

  void look_at(const Host& host) {
    if (host.state->sequence != 0) {
      ++blast_.judged;
    }
    const HostTraits traits = traits_of(*host.record, view_of(host.state->facts));
    if (now_.snapshot_for(traits)->id() == then_.snapshot_for(traits)->id()) {
      return;
    }
    ++blast_.looked_at;
    const Reappraisal after = judged_under(then_, host);
    switch (after.kind) {
      case ReappraisalKind::kNoEvidence:
        ++blast_.no_evidence;
        return;
      case ReappraisalKind::kOldEvidence:
        ++blast_.old_evidence;
        return;
      case ReappraisalKind::kError:
        ++blast_.errors;
        return;
      case ReappraisalKind::kVerdict:
        break;
    }
    const Reappraisal before = judged_under(now_, host);
    const TrustState from =
        before.kind == ReappraisalKind::kVerdict || before.kind == ReappraisalKind::kOldEvidence
            ? before.verdict.state
            : host.state->verdict.state;
    note(host, from, after.verdict);
  }

  Reappraisal judged_under(const PolicySet& policies, const Host& host) {
    return reappraise(host, {policies, parts_.server_key, parts_.keys, parts_.history, extends_});
  }

  void note(const Host& host, TrustState from, const Verdict& verdict) {
    if (verdict.state == from) {
      return;
    }
    ++(badness(verdict.state) > badness(from) ? blast_.worse : blast_.better);
    const Finding* finding = cause_of(verdict);
    const Cause cause{from, verdict.state, finding ? std::string(name_of(finding->code)) : "",
                      finding && finding->pcr ? *finding->pcr : limits::kPcrCount,
                      finding && finding->digest ? finding->digest->hex() : ""};
    BlastGroup& group = groups_[cause];
    if (group.hosts == 0) {
      group = {from, verdict.state, std::get<2>(cause), finding ? message_of(*finding) : "", 0, {}};
    }
    ++group.hosts;
    if (group.examples.size() < kExamplesMax) {
      group.examples.push_back(host.record->name);
    }
  }

  const PolicySet& now_;
  const PolicySet& then_;
  const BlastParts& parts_;
  ExtendMemo extends_;
  Blast blast_;
  std::map<Cause, BlastGroup> groups_;
};

}  // namespace

bool Blast::must_be_confirmed() const {
  const std::uint64_t feared = worse + errors;
  return feared > limits::kBlastHostsMax && feared * 100 > judged * limits::kBlastPercentMax;
}

Blast blast_of(const PolicySet& now, const PolicySet& then, const BlastParts& parts) {
  return Survey(now, then, parts).run();
}

transport::Json render_blast(const Blast& blast) {
  transport::Json groups = transport::Json::array();
  for (const BlastGroup& group : blast.groups) {
    groups.push_back({{"from", name_of(group.from)},
                      {"to", name_of(group.to)},
                      {"code", group.code},
                      {"message", printable(group.message)},
                      {"hosts", group.hosts},
                      {"examples", group.examples}});
  }
  return {{"looked_at", blast.looked_at},
          {"judged", blast.judged},
          {"worse", blast.worse},
          {"better", blast.better},
          {"old_evidence", blast.old_evidence},
          {"no_evidence", blast.no_evidence},
          {"errors", blast.errors},
          {"must_be_confirmed", blast.must_be_confirmed()},
          {"groups", std::move(groups)}};
}

}  // namespace quotemill::daemon
