#include "engine/pipeline/time_sweep.h"

#include <utility>

#include "engine/verdict/latch.h"

namespace quotemill {
namespace {

constexpr std::size_t kPage = 1'000;

class Sweep {
 public:
  Sweep(const TimeSweepParts& parts, const std::function<bool()>& is_over)
      : parts_(parts), is_over_(is_over), policies_(parts.policies.current()) {}

  TimeSweepReport run() {
    std::string after;
    for (std::vector<Host> page = parts_.hosts.list(after, kPage); !page.empty();
         page = parts_.hosts.list(after, kPage)) {
      for (const Host& host : page) {
        if (is_over_()) {
          return report_;
        }
        look_at(host);
      }
      after = page.back().record->name;
    }
    return report_;
  }

 private:
  void look_at(const Host& host) {
    const std::shared_ptr<const Snapshot>& snapshot =
        policies_->snapshot_for(traits_of(*host.record, view_of(host.state->facts)));
    if (!rests_on_evidence(host.state->state) || !host.record->may_attest() ||
        snapshot->id() == host.state->verdict.snapshot) {
      return;
    }
    Reappraisal judged =
        reappraise(host, {*policies_, parts_.server_key, parts_.keys, parts_.history, extends_});
    switch (judged.kind) {
      case ReappraisalKind::kVerdict:
        ++report_.judged;
        if (judged.verdict.state != host.state->state) {
          move(host, std::move(judged.verdict), snapshot->policy().latch);
        }
        return;
      case ReappraisalKind::kNoEvidence:
      case ReappraisalKind::kOldEvidence:
      case ReappraisalKind::kSilent:
      case ReappraisalKind::kOvertaken:
        ++report_.waiting;
        return;
      case ReappraisalKind::kError:
        ++report_.failed;
        return;
    }
  }

  // The very state that was judged, of a host that would be judged so again: a newer state, or one
  // that somebody acknowledged, stands.
  [[nodiscard]] bool is_still_so(const Host& now, const Host& judged,
                                 const Verdict& verdict) const {
    const HostTraits traits = traits_of(*now.record, view_of(now.state->facts));
    return now.revision == judged.revision && now.record->may_attest() &&
           now.record->generation == judged.record->generation &&
           policies_->snapshot_for(traits)->id() == verdict.snapshot;
  }

  void move(const Host& host, Verdict verdict, const std::vector<FindingCode>& latch) {
    bool is_moved = false;
    const auto done =
        parts_.registrar.change([&](const RegistryView& view) -> Result<IdentityUpdate> {
          const std::optional<Host> now = view.hosts.find(host.record->uid);
          IdentityUpdate update;
          if (!now || !is_still_so(*now, host, verdict) || parts_.policies.current() != policies_) {
            return update;
          }
          update.state = *host.state;
          update.state->latches =
              latched(host.state->latches, verdict, latch, view.now.wall, host.state->sequence);
          update.state->verdict = held(verdict, update.state->latches.get());
          update.state->state = update.state->verdict.state;
          is_moved = true;
          return update;
        });
    if (!done) {
      ++report_.failed;
    } else if (is_moved) {
      ++report_.moved;
    }
  }

  const TimeSweepParts& parts_;
  const std::function<bool()>& is_over_;
  const std::shared_ptr<const PolicySet> policies_;
  ExtendMemo extends_{limits::kExtendMemoEntries};
  TimeSweepReport report_;
};

}  // namespace

TimeSweepReport sweep(const TimeSweepParts& parts, const std::function<bool()>& is_over) {
  return Sweep(parts, is_over).run();
}

}  // namespace quotemill
