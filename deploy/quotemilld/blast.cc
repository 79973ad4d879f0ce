#include "deploy/quotemilld/blast.h"

#include <algorithm>

#include "deploy/quotemilld/limits.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"

namespace quotemill::daemon {
namespace {

constexpr std::size_t kExamplesMax = 5;
constexpr std::size_t kGroupsMax = 100;  // told

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

}  // namespace

void BlastTally::note(std::string_view name, TrustState from, const Reappraisal& after) {
  ++blast_.looked_at;
  switch (after.kind) {
    case ReappraisalKind::kNoEvidence:
      ++blast_.no_evidence;
      return;
    case ReappraisalKind::kOldEvidence:
    case ReappraisalKind::kOvertaken:
      ++blast_.old_evidence;
      return;
    case ReappraisalKind::kSilent:
      ++blast_.silent;
      return;
    case ReappraisalKind::kError:
      ++blast_.errors;
      return;
    case ReappraisalKind::kVerdict:
      note_shift(name, from, after.verdict);
      return;
  }
}

// A fleet in which every host has its own cause must not fill the memory.
BlastGroup& BlastTally::group_of(const Cause& cause) {
  auto found = groups_.find(cause);
  if (found == groups_.end()) {
    const Cause others{std::get<0>(cause), std::get<1>(cause), std::get<2>(cause),
                       limits::kPcrCount, "others"};
    const bool is_full = groups_.size() >= limits::kBlastCausesMax;
    found = groups_.try_emplace(is_full ? others : cause).first;
  }
  return found->second;
}

void BlastTally::note_shift(std::string_view name, TrustState from, const Verdict& verdict) {
  if (verdict.state == from) {
    return;
  }
  ++(badness(verdict.state) > badness(from) ? blast_.worse : blast_.better);
  blast_.pardoned += from == TrustState::kFailed && rests_on_evidence(verdict.state) ? 1U : 0U;
  const Finding* finding = cause_of(verdict);
  const Cause cause{from, verdict.state, finding ? std::string(name_of(finding->code)) : "",
                    finding && finding->pcr ? *finding->pcr : limits::kPcrCount,
                    finding && finding->digest ? finding->digest->hex() : ""};
  BlastGroup& group = group_of(cause);
  if (group.hosts == 0) {
    group = {from, verdict.state, std::get<2>(cause), finding ? message_of(*finding) : "", 0, {}};
  }
  ++group.hosts;
  if (group.examples.size() < kExamplesMax) {
    group.examples.emplace_back(name);
  }
}

void BlastTally::add(const BlastTally& other) {
  const Blast& more = other.blast_;
  blast_.looked_at += more.looked_at;
  blast_.worse += more.worse;
  blast_.better += more.better;
  blast_.pardoned += more.pardoned;
  blast_.old_evidence += more.old_evidence;
  blast_.no_evidence += more.no_evidence;
  blast_.silent += more.silent;
  blast_.errors += more.errors;
  blast_.judged += more.judged;
  for (const auto& [cause, group] : other.groups_) {
    BlastGroup& own = group_of(cause);
    if (own.hosts == 0 || group.examples.front() < own.examples.front()) {
      own.message = group.message;
    }
    own.from = group.from;
    own.to = group.to;
    own.code = group.code;
    own.hosts += group.hosts;
    own.examples.insert(own.examples.end(), group.examples.begin(), group.examples.end());
    std::sort(own.examples.begin(), own.examples.end());
    own.examples.resize(std::min(own.examples.size(), kExamplesMax));
  }
}

Blast BlastTally::result() const {
  Blast blast = blast_;
  for (const auto& [cause, group] : groups_) {
    blast.groups.push_back(group);
  }
  std::stable_sort(
      blast.groups.begin(), blast.groups.end(),
      [](const BlastGroup& left, const BlastGroup& right) { return left.hosts > right.hosts; });
  if (blast.groups.size() > kGroupsMax) {
    blast.groups.resize(kGroupsMax);
  }
  return blast;
}

bool Blast::must_be_confirmed() const {
  const auto is_many = [this](std::uint64_t hosts) {
    return hosts > limits::kBlastHostsMax && hosts * 100 > judged * limits::kBlastPercentMax;
  };
  return is_many(worse + errors + old_evidence) || is_many(pardoned);
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
          {"pardoned", blast.pardoned},
          {"old_evidence", blast.old_evidence},
          {"no_evidence", blast.no_evidence},
          {"silent", blast.silent},
          {"errors", blast.errors},
          {"must_be_confirmed", blast.must_be_confirmed()},
          {"groups", std::move(groups)}};
}

}  // namespace quotemill::daemon
