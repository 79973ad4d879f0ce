#include <ostream>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

Exit run_baseline_capture(Session& session, const CaptureOptions& options) {
  const std::optional<Json> baseline = session.change(
      "baseline.capture",
      {{"host", options.host}, {"name", options.name}, {"operator", operator_name()}});
  if (!baseline) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*baseline);
    return Exit::kFine;
  }
  const bool is_dry_run = session.settings().is_dry_run;
  session.out() << (is_dry_run ? "would capture " : "") << text_at(*baseline, "name") << " version "
                << text_at(*baseline, "version") << ": " << text_at(*baseline, "events")
                << " events of " << text_at(at(*baseline, "source"), "name") << '\n';
  if (text_at(*baseline, "source_state") != "trusted") {
    session.note("careful: that host is " + text_at(*baseline, "source_state"));
  }
  if (is_dry_run) {
    return Exit::kFine;
  }
  session.note(at(*baseline, "in_force") == true
                   ? "hosts are compared with it from their next attestation on; 'quotemill "
                     "reattest --all' asks them now"
                   : "no host is compared with it: the policy does not name it");
  return Exit::kFine;
}

Exit run_baseline_list(Session& session) {
  const std::optional<Json> answer = session.ask("baseline.list");
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"NAME", "VERSION", "IN FORCE", "EVENTS", "CAPTURED", "FROM"});
  for (const Json& baseline : at(*answer, "baselines")) {
    table.add({{text_at(baseline, "name")},
               {text_at(baseline, "version")},
               {at(baseline, "in_force") == true ? "yes" : "no"},
               {text_at(baseline, "events")},
               {time_of(at(baseline, "captured"))},
               {text_at(at(baseline, "source"), "name")}});
  }
  table.print(session.out(), session.style());
  if (at(*answer, "baselines").empty()) {
    session.note("no baselines; capture one with 'quotemill baseline capture HOST --name NAME'");
  }
  return Exit::kFine;
}

}  // namespace quotemill::cli
