// The blast brake: whom a change of policies or baselines would hit, and whether it must be
// confirmed.
//
// The last evidence of each host whose snapshot would be another one is judged under both sets
// (blast_survey.h), so that what is told are differences between policies, not between then and
// now.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "engine/pipeline/reappraisal.h"
#include "transport/render/json.h"

namespace quotemill::daemon {

// Hosts that go the same way for the same cause.
struct BlastGroup {
  TrustState from = TrustState::kUnknown;
  TrustState to = TrustState::kUnknown;
  std::string code;     // of the worst finding behind it; empty: none is left
  std::string message;  // of one of them
  std::uint64_t hosts = 0;
  std::vector<std::string> examples;  // names, a few
};

struct Blast {
  std::uint64_t looked_at = 0;  // hosts whose snapshot would be another one
  std::uint64_t worse = 0;      // of them: to a state that is worse
  std::uint64_t better = 0;
  std::uint64_t pardoned = 0;      // of those: failed before, and not any more
  std::uint64_t old_evidence = 0;  // only their next attestation can tell
  std::uint64_t no_evidence = 0;   // never attested
  std::uint64_t silent = 0;        // stale, whatever the policies are
  std::uint64_t errors = 0;        // could not be judged
  std::uint64_t judged = 0;        // hosts of the whole fleet that have a verdict
  std::vector<BlastGroup> groups;  // the largest first

  // Either the hosts that get worse, or those pardoned, are over the bound of
  // limits::kBlastHostsMax and kBlastPercentMax. What cannot be told before the next attestation
  // counts as worse: a brake that fails open is none. A change that pardons many may be a laxer
  // policy, or a baseline of an attacker's.
  [[nodiscard]] bool must_be_confirmed() const;
};

// Counts what re-appraised hosts come to, and why, by groups of those that it is the same for.
class BlastTally {
 public:
  // Of a host that is looked at: what it comes to, from the state `from`.
  void note(std::string_view name, TrustState from, const Reappraisal& after);

  // A host of the fleet, looked at or not.
  void note_judged() { ++blast_.judged; }

  // What another one counted of other hosts. The first ones by name are the examples.
  void add(const BlastTally& other);

  // All of it so far.
  [[nodiscard]] Blast result() const;

 private:
  // Whence, whither, and why.
  using Cause = std::tuple<TrustState, TrustState, std::string, std::uint32_t, std::string>;

  void note_shift(std::string_view name, TrustState from, const Verdict& verdict);
  BlastGroup& group_of(const Cause& cause);

  Blast blast_;
  std::map<Cause, BlastGroup> groups_;
};

// looked_at, judged, worse, better, pardoned, old_evidence, no_evidence, silent, errors,
// must_be_confirmed, groups[]{from, to, code, message, hosts, examples[]}.
transport::Json render_blast(const Blast& blast);

}  // namespace quotemill::daemon
