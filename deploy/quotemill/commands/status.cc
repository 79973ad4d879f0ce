#include <algorithm>
#include <ostream>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

namespace {

constexpr std::size_t kLabelWidth = 11;

void print_states(const Session& session, const Json& states) {
  std::ostream& out = session.out();
  for (const char* state : {"trusted", "warning", "failed", "stale", "unknown"}) {
    const Json count = at(states, state);
    const Colour colour = count == 0 ? Colour::kNone : colour_of_state(state);
    out << "  " << coloured({text_of(count) + " " + state, colour}, session.style());
  }
  out << '\n';
}

// Why hosts are not trusted, a line for what many have in common.
void print_causes(const Session& session, const Json& causes) {
  for (const Json& cause : causes) {
    const Json examples = at(cause, "examples");
    const std::string state = text_at(cause, "state");
    const std::string code = text_at(cause, "code");
    session.out() << "           " << text_at(cause, "hosts") << ' '
                  << coloured({state, colour_of_state(state)}, session.style()) << "  "
                  << (code == "-" ? "without a finding" : code + ": " + text_at(cause, "message"))
                  << (examples.empty() ? "" : " (" + text_of(examples.front()) + ")") << '\n';
  }
}

// What each endpoint counted, without the zeros.
void print_endpoints(const Session& session, const Json& endpoints) {
  for (const auto& [name, counters] : endpoints.items()) {
    std::string line;
    for (const auto& [counter, count] : counters.items()) {
      if (count != 0) {
        line += (line.empty() ? "" : ", ") + printable(counter) + " " + text_of(count);
      }
    }
    std::string label = printable(name);
    label.resize(std::max(label.size() + 1, kLabelWidth), ' ');
    session.out() << label << (line.empty() ? "nothing yet" : line) << '\n';
  }
}

void print_policies(const Session& session, const Json& policy) {
  std::ostream& out = session.out();
  for (const Json& one : at(policy, "policies")) {
    out << "policy     " << text_at(one, "id") << " version " << text_at(one, "version") << ", "
        << text_at(one, "hosts") << " hosts\n";
    for (const Json& baseline : at(one, "baselines")) {
      const bool is_imported = text_at(baseline, "kind") == "imported";
      out << "baseline   " << text_at(baseline, "name") << " version "
          << text_at(baseline, "version") << ", "
          << (is_imported ? text_at(baseline, "values") + " values"
                          : text_at(baseline, "events") + " events")
          << '\n';
    }
  }
  if (at(policy, "unmatched") != 0) {
    out << "unmatched  " << text_at(policy, "unmatched") << " hosts that no policy is for\n";
  }
}

// "per host 2.1 kB, per appraisal 1.3 kB; boot logs 40 MB, changes 1 MB, journal 2 MB".
void print_sizes(const Session& session, const Json& sizes) {
  if (!sizes.is_object()) {
    return;  // an older daemon
  }
  const auto each = [&sizes](const char* part) { return at(at(sizes, part), "bytes_each"); };
  const auto all = [&sizes](const char* part) { return size_of(at(at(sizes, part), "bytes")); };
  session.out() << "sizes      per host " << size_of(each("hosts")) << ", per appraisal "
                << size_of(each("appraisals")) << "; boot logs " << all("boot_logs") << ", changes "
                << all("changes") << ", journal " << all("journal") << '\n';
}

void print_status(const Session& session, const Json& status) {
  std::ostream& out = session.out();
  const Json hosts = at(status, "hosts");
  const Json store = at(status, "store");
  const Json pipeline = at(status, "pipeline");
  out << "hosts      " << text_at(hosts, "total") << ", " << text_at(hosts, "pending")
      << " pending\n         ";
  print_states(session, at(hosts, "states"));
  print_causes(session, at(hosts, "causes"));
  print_policies(session, at(status, "policy"));
  out << "judged     " << text_at(pipeline, "attestations") << " since start, "
      << text_at(pipeline, "quote_enough") << " by the quote alone; " << text_at(status, "inbox")
      << " waiting\n";
  out << "store      stream " << text_at(store, "stream") << ", changes "
      << text_at(store, "first_change") << " to " << text_at(store, "last_change") << ", "
      << size_of(at(store, "bytes")) << '\n';
  print_sizes(session, at(store, "sizes"));
  print_endpoints(session, at(status, "endpoints"));
}

}  // namespace

Exit run_status(Session& session) {
  const std::optional<Json> status = session.ask("status");
  if (!status) {
    return session.exit();
  }
  Verdicts verdicts;
  const Json states = at(at(*status, "hosts"), "states");
  for (const auto& [state, count] : states.items()) {
    if (count != 0) {
      verdicts.add(state);
    }
  }
  if (session.is_for_people()) {
    print_status(session, *status);
  } else {
    session.print(*status);
  }
  return verdicts.exit();
}

}  // namespace quotemill::cli
