#include "deploy/quotemilld/blast_survey.h"

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "deploy/quotemilld/page_steps.h"
#include "engine/pipeline/fleet_judge.h"
#include "engine/pipeline/fleet_reappraisal.h"
#include "engine/pipeline/host_index.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kPage = 4'096;  // hosts between two looks at whether to go on

bool was_judged(const KeptHost& host) {
  return (host.packed ? host.packed->state.sequence() : host.state->sequence) != 0;
}

class Survey {
 public:
  Survey(const std::shared_ptr<const PolicySet>& now, const std::shared_ptr<const PolicySet>& then,
         const BlastParts& parts, unsigned threads)
      : now_(*now),
        then_(*then),
        hosts_(parts.hosts),
        logs_(logs_of_hit(parts, threads)),
        before_({now, parts.server_key, parts.history, logs_}),
        after_({then, parts.server_key, parts.history, logs_}) {
    for (unsigned i = 0; i < threads; ++i) {
      shares_.emplace_back(before_, after_);
    }
  }

  std::optional<Blast> run(std::uint64_t hosts, const SurveyProgress& goes_on) && {
    std::uint64_t done = 0;
    std::string after;
    for (std::vector<KeptHost> page = hosts_.kept(after, kPage); !page.empty();
         page = hosts_.kept(after, kPage)) {
      if (!goes_on(done, hosts)) {
        return std::nullopt;
      }
      in_steps(page.size(), shares_,
               [&](std::size_t place, Share& share) { look_at(page[place], share); });
      done += page.size();
      after = page.back().name();
    }
    BlastTally sum;
    for (const Share& share : shares_) {
      sum.add(share.tally);
    }
    return sum.result();
  }

 private:
  // Of one thread.
  struct Share {
    Share(FleetReappraisal& now, FleetReappraisal& then) : before(now), after(then) {}

    FleetJudge before;
    FleetJudge after;
    BlastTally tally;
  };

  // Without them each log is read: slower, and the same.
  std::shared_ptr<const LogClasses> logs_of_hit(const BlastParts& parts, unsigned threads) const {
    Result<LogClasses> known = LogClasses::of(
        logs_of(parts.hosts, {}, [this](const HostGlance& host) { return is_hit(host.traits()); }),
        parts.history, threads);
    return std::make_shared<const LogClasses>(known ? *std::move(known) : LogClasses());
  }

  // Another snapshot would be for it.
  [[nodiscard]] bool is_hit(const HostTraits& traits) const {
    return now_.snapshot_for(traits)->id() != then_.snapshot_for(traits)->id();
  }

  void look_at(const KeptHost& host, Share& share) const {
    if (was_judged(host)) {
      share.tally.note_judged();
    }
    if (!is_hit(host.traits())) {
      return;
    }
    const Reappraisal& after = share.after.judge(host).what;
    TrustState from = host.trust();
    if (after.kind == ReappraisalKind::kVerdict) {
      const Reappraisal& before = share.before.judge(host).what;
      const bool is_told =
          before.kind == ReappraisalKind::kVerdict || before.kind == ReappraisalKind::kOldEvidence;
      from = is_told ? before.verdict.state : from;
    }
    share.tally.note(host.name(), from, after);
  }

  const PolicySet& now_;
  const PolicySet& then_;
  const HostTable& hosts_;
  const std::shared_ptr<const LogClasses> logs_;
  FleetReappraisal before_;
  FleetReappraisal after_;
  std::deque<Share> shares_;
};

}  // namespace

std::optional<Blast> blast_of(const std::shared_ptr<const PolicySet>& now,
                              const std::shared_ptr<const PolicySet>& then, const BlastParts& parts,
                              unsigned threads, const SurveyProgress& goes_on) {
  std::uint64_t hosts = 0;
  for (const std::size_t count : parts.hosts.counts()) {
    hosts += count;
  }
  return goes_on(0, hosts) ? Survey(now, then, parts, threads).run(hosts, goes_on) : std::nullopt;
}

}  // namespace quotemill::daemon
