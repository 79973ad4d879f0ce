// JudgingThreads: the hosts of a page, judged again by several threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

#include "engine/pipeline/fleet_reappraisal.h"

namespace quotemill::daemon {

// Used by one thread, which is one of those that judge; the others are as nice as it is.
class JudgingThreads {
 public:
  // `fleet` is borrowed.
  JudgingThreads(FleetReappraisal& fleet, unsigned threads) : fleet_(fleet), memos_(threads) {}

  // In the order of the hosts.
  std::vector<Reappraisal> judge(const std::vector<Host>& hosts) {
    std::vector<Reappraisal> judged(hosts.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&](ExtendMemo& extends) {
      for (std::size_t begin = next.fetch_add(kStep); begin < hosts.size();
           begin = next.fetch_add(kStep)) {
        const std::size_t end = std::min(begin + kStep, hosts.size());
        for (std::size_t i = begin; i < end; ++i) {
          judged[i] = fleet_.judge(hosts[i], extends);
        }
      }
    };
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < memos_.size() && i * kStep < hosts.size(); ++i) {
      others.emplace_back([&work, &memo = memos_[i]] { work(memo); });
    }
    work(memos_.front());
    others.clear();
    return judged;
  }

 private:
  static constexpr std::size_t kStep = 64;  // hosts that a thread takes at once

  FleetReappraisal& fleet_;
  std::vector<ExtendMemo> memos_;
};

}  // namespace quotemill::daemon
