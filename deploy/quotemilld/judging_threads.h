// JudgingThreads: the hosts of a page, judged again by several threads, each of which counts what
// it finds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "deploy/quotemilld/blast.h"
#include "engine/pipeline/committer.h"
#include "engine/pipeline/fleet_judge.h"
#include "engine/policy/selector.h"

namespace quotemill::daemon {

// What was found in a page.
struct JudgedPage {
  std::uint64_t hosts = 0;  // that the selector takes
  BlastTally tally;
  // In the page's order, each judged for itself; none in a what-if.
  std::vector<ReappraisedHost> differing;
};

// Used by one thread, which is one of those that judge; the others are as nice as it is.
class JudgingThreads {
 public:
  struct Work {
    FleetReappraisal& fleet;
    const HostSelector& selector;
    bool is_what_if;
  };

  // What `work` refers to is borrowed.
  JudgingThreads(const Work& work, unsigned threads);

  JudgedPage judge(const std::vector<KeptHost>& page);

 private:
  // Of one thread.
  struct Share {
    explicit Share(FleetReappraisal& fleet) : judge(fleet) {}

    struct Differing {
      std::size_t place;  // in the page
      ReappraisedHost host;
    };

    FleetJudge judge;
    std::uint64_t hosts = 0;
    BlastTally tally;
    std::vector<Differing> differing;
  };

  void judge_host(const std::vector<KeptHost>& page, std::size_t place, Share& share) const;
  static JudgedPage sum_of(std::deque<Share>& shares);

  const Work work_;
  std::deque<Share> shares_;
};

}  // namespace quotemill::daemon
