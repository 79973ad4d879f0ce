#include <algorithm>
#include <ostream>

#include "deploy/quotemill/commands/commands.h"
#include "deploy/quotemill/commands/progress.h"

namespace quotemill::cli {

namespace {

std::string line_of_wave(const Json& status) {
  return bar_of(at(status, "answered"), at(status, "hosts")) + "  asked " +
         text_at(status, "asked") + " of " + text_at(status, "hosts") + ", answered " +
         text_at(status, "answered") + ", changed " + text_at(status, "changed") + ", waiting " +
         text_at(status, "waiting");
}

Exit print_wave(const Session& session, const Json& status) {
  if (!session.is_for_people()) {
    session.print(status);
    return at(status, "silent") == 0 ? Exit::kFine : Exit::kUnproven;
  }
  std::ostream& out = session.out();
  out << "asked " << text_at(status, "asked") << " of " << text_at(status, "hosts")
      << " hosts: " << text_at(status, "answered") << " answered, " << text_at(status, "changed")
      << " changed, " << text_at(status, "silent") << " silent";
  out << (at(status, "gone") == 0 ? std::string()
                                  : ", " + text_at(status, "gone") + " gone meanwhile")
      << '\n';
  for (const Json& change : at(status, "changes")) {
    out << "  " << text_at(change, "hosts") << ": " << text_at(change, "from") << " -> "
        << text_at(change, "to") << '\n';
  }
  for (const Json& name : at(status, "silent_hosts")) {
    out << "silent  " << text_of(name) << '\n';
  }
  return at(status, "silent") == 0 ? Exit::kFine : Exit::kUnproven;
}

}  // namespace

bool is_wave(const ReattestOptions& options) {
  return options.rate != 0 || options.deadline_ms != 0 ||
         std::any_of(options.hosts.begin(), options.hosts.end(), [](const std::string& host) {
           return host.find_first_of("*?=:,") != std::string::npos;
         });
}

Exit run_reattest_wave(Session& session, const ReattestOptions& options) {
  if (options.is_all != options.hosts.empty()) {
    session.fail("say which hosts to ask, or --all", "quotemill reattest env=prod --rate 50",
                 Exit::kUsage);
    return session.exit();
  }
  std::string selector;
  for (const std::string& term : options.hosts) {
    selector += (selector.empty() ? "" : ",") + term;
  }
  if (options.is_all && options.rate == 0 && !session.confirm("Challenge all hosts at once?")) {
    return session.exit();
  }
  const std::optional<Json> started =
      session.change("reattest.wave", {{"hosts", selector},
                                       {"rate", options.rate},
                                       {"deadline_ms", options.deadline_ms},
                                       {"operator", operator_name()}});
  if (!started) {
    return session.exit();
  }
  if (session.settings().is_dry_run) {
    if (session.is_for_people()) {
      session.out() << "would ask " << text_at(*started, "hosts") << '\n';
    } else {
      session.print(*started);
    }
    return at(*started, "hosts") == 0 ? Exit::kUnproven : Exit::kFine;
  }
  bool is_interrupted = false;
  const std::optional<Json> status = follow(session,
                                            {.status_verb = "reattest.wave.status",
                                             .stop_verb = "reattest.wave.stop",
                                             .id = "wave",
                                             .number = at(*started, "wave"),
                                             .line = line_of_wave,
                                             .resume_hint = ""},
                                            is_interrupted);
  return status ? print_wave(session, *status) : session.exit();
}

}  // namespace quotemill::cli
