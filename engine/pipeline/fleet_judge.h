// FleetJudge: one thread's part in a re-appraisal, host by host as they are kept.
//
// Most hosts of a fleet are alike: their states share verdict, proof and PCR values
// (packed_state.h), their
// logs are equal, the same snapshot is for them, and nothing else that a verdict depends on is
// theirs alone. What the first of those came to, judged for itself, is what the others come to; so
// a host costs a look into a table. All that is a host's own and counts (generation, counters,
// latches, runtime list, …) is looked at each time, and whoever has any of it is judged for itself.
//
// Used by one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "engine/pipeline/fleet_reappraisal.h"
#include "engine/pipeline/host_index.h"

namespace quotemill {

// What a host comes to.
struct FleetJudgement {
  Reappraisal what;      // its times and its proof may be those of a host that is alike
  bool differs = false;  // a verdict that says another thing than the last one (differs())
};

class FleetJudge {
 public:
  // Borrows the fleet.
  explicit FleetJudge(FleetReappraisal& fleet);

  // Borrowed until the next call. Never throws.
  const FleetJudgement& judge(const KeptHost& host) noexcept;

  // For itself: what may be written. Never throws.
  Reappraisal judge_alone(const Host& host) noexcept { return fleet_.judge(host, extends_); }

  // Hosts so far for which it was enough that they are alike.
  [[nodiscard]] std::uint64_t alike() const { return alike_; }

 private:
  // All that the verdict of a host depends on that has nothing of its own. Pointers are compared:
  // who keeps a Likeness keeps what they point to, or another one could be made in its place. (The
  // fleet keeps its snapshots.)
  struct Likeness {
    const Snapshot* snapshot = nullptr;
    const Verdict* verdict = nullptr;  // the last one
    const BootProof* proof = nullptr;
    const std::string* pcrs = nullptr;  // that are not those of the proof
    std::uint32_t log = 0;              // its class
    TrustState state = TrustState::kUnknown;
    bool is_imported = false;
    bool is_clock_safe = false;

    friend bool operator==(const Likeness&, const Likeness&) = default;
  };

  struct Entry {
    Likeness likeness;
    std::shared_ptr<const Verdict> verdict;
    std::shared_ptr<const BootProof> proof;
    std::shared_ptr<const std::string> pcrs;
    FleetJudgement judgement;
  };

  static constexpr std::size_t kEntries = 4'096;  // bound: some kB each

  // nullopt: it has something of its own.
  [[nodiscard]] std::optional<Likeness> likeness_of(const KeptHost& host) const;
  static std::size_t place_of(const Likeness& likeness);
  const FleetJudgement& judge_kept(const KeptHost& host);

  FleetReappraisal& fleet_;
  ExtendMemo extends_;
  std::vector<Entry> entries_;  // by place_of(): the last that was put there
  FleetJudgement own_;          // of a host that was judged for itself
  std::uint64_t alike_ = 0;
};

}  // namespace quotemill
