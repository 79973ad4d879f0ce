#include "transport/render/render_revision.h"

#include <utility>

#include "transport/render/render_records.h"

namespace quotemill::transport {

Json render_revision(const VerdictRevision& revision) {
  const Verdict& verdict = revision.verdict;
  Json findings = Json::array();
  for (const Finding& finding : verdict.findings) {
    findings.push_back(render_finding(finding));
  }
  return {{"seq", revision.sequence},
          {"generation", revision.generation},
          {"time", iso_time(revision.time)},
          {"cause", name_of(revision.cause)},
          {"state", name_of(verdict.state)},
          {"findings", std::move(findings)},
          {"findings_dropped", verdict.findings_dropped},
          {"snapshot", hex_or_null(verdict.snapshot)}};
}

}  // namespace quotemill::transport
