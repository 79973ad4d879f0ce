#include "deploy/quotemilld/judging_threads.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <thread>
#include <utility>

#include "engine/pipeline/differing_verdicts.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kStep = 32;  // hosts that a thread takes at once

}  // namespace

JudgingThreads::JudgingThreads(const Work& work, unsigned threads) : work_(work) {
  for (unsigned i = 0; i < threads; ++i) {
    shares_.emplace_back(work.fleet);
  }
}

JudgedPage JudgingThreads::judge(const std::vector<KeptHost>& page) {
  std::atomic<std::size_t> next{0};
  const auto take_steps = [&](Share& share) {
    for (std::size_t begin = next.fetch_add(kStep); begin < page.size();
         begin = next.fetch_add(kStep)) {
      const std::size_t end = std::min(begin + kStep, page.size());
      for (std::size_t place = begin; place < end; ++place) {
        judge_host(page, place, share);
      }
    }
  };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < shares_.size() && i * kStep < page.size(); ++i) {
      others.emplace_back([&take_steps, &share = shares_[i]] { take_steps(share); });
    }
    take_steps(shares_.front());
  }
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
