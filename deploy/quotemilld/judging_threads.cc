#include "deploy/quotemilld/judging_threads.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "deploy/quotemilld/page_steps.h"
#include "engine/pipeline/differing_verdicts.h"

namespace quotemill::daemon {

JudgingThreads::JudgingThreads(const Work& work, unsigned threads) : work_(work) {
  for (unsigned i = 0; i < threads; ++i) {
    shares_.emplace_back(work.fleet);
  }
}

JudgedPage JudgingThreads::judge(const std::vector<KeptHost>& page) {
  in_steps(page.size(), shares_,
           [&](std::size_t place, Share& share) { judge_host(page, place, share); });
  return sum_of(shares_);
}

void JudgingThreads::judge_host(const std::vector<KeptHost>& page, std::size_t place,
                                Share& share) const {
  const KeptHost& kept = page[place];
  if (!work_.selector.matches(kept.traits())) {
    return;
  }
  ++share.hosts;
  share.tally.note_judged();
  const FleetJudgement& judgement = share.judge.judge(kept);
  if (work_.is_what_if || !judgement.differs) {
    share.tally.note(kept.name(), kept.trust(), judgement.what);
    return;
  }
  // What is written is the host's own: its times, and its proof.
  const Host host = kept.host();
  Reappraisal own = share.judge.judge_alone(host);
  share.tally.note(kept.name(), kept.trust(), own);
  if (own.kind == ReappraisalKind::kVerdict && differs(*host.state, own.verdict)) {
    share.differing.push_back({place, {host, std::move(own.verdict), std::move(own.proof)}});
  }
}

JudgedPage JudgingThreads::sum_of(std::deque<Share>& shares) {
  JudgedPage page;
  std::vector<Share::Differing> differing;
  for (Share& share : shares) {
    page.hosts += std::exchange(share.hosts, 0);
    page.tally.add(std::exchange(share.tally, {}));
    std::move(share.differing.begin(), share.differing.end(), std::back_inserter(differing));
    share.differing.clear();
  }
  std::sort(differing.begin(), differing.end(),
            [](const auto& left, const auto& right) { return left.place < right.place; });
  for (Share::Differing& host : differing) {
    page.differing.push_back(std::move(host.host));
  }
  return page;
}

}  // namespace quotemill::daemon
