#include <ostream>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

namespace {

// Prints what became of the host.
Exit change_life_cycle(Session& session, const std::string& verb, const NamedOptions& options) {
  Json args = {{"host", options.host}, {"operator", operator_name()}};
  if (!options.name.empty()) {
    args["name"] = options.name;
  }
  const std::optional<Json> row = session.ask(verb, args);
  if (!row) {
    return session.exit();
  }
  if (session.is_for_people()) {
    session.out() << text_at(*row, "name") << " (" << text_at(*row, "uuid") << ") is "
                  << text_at(*row, "life_cycle") << '\n';
  } else {
    session.print(*row);
  }
  return Exit::kFine;
}

}  // namespace

Exit run_reattest(Session& session, const ReattestOptions& options) {
  if (options.is_all != options.hosts.empty()) {
    session.fail("name the hosts to ask, or say --all", "quotemill reattest web-01 web-02",
                 Exit::kUsage);
    return session.exit();
  }
  if (options.is_all && !session.confirm("Challenge all hosts at once?")) {
    return session.exit();
  }
  Json args = {{"operator", operator_name()}};
  if (options.is_all) {
    args["all"] = true;
  } else {
    args["hosts"] = options.hosts;
  }
  const std::optional<Json> answer = session.ask("reattest", args);
  if (!answer) {
    return session.exit();
  }
  if (session.is_for_people()) {
    session.out() << "asked " << text_at(*answer, "asked") << '\n';
  } else {
    session.print(*answer);
  }
  if (at(*answer, "not_connected") != 0) {
    std::string names;
    for (const Json& name : at(*answer, "not_connected_names")) {
      names += " " + text_of(name);
    }
    session.note(text_at(*answer, "not_connected") + " not connected:" + names);
  }
  return at(*answer, "asked") == 0 ? Exit::kUnproven : Exit::kFine;
}

Exit run_retire(Session& session, const std::string& host) {
  if (!session.confirm("Retire " + host + "? It may not attest any more, and its name is free.")) {
    return session.exit();
  }
  return change_life_cycle(session, "retire", {.host = host, .name = {}});
}

Exit run_restore(Session& session, const NamedOptions& options) {
  return change_life_cycle(session, "restore", options);
}

Exit run_pending_approve(Session& session, const NamedOptions& options) {
  return change_life_cycle(session, "pending.approve", options);
}

Exit run_pending_deny(Session& session, const std::string& host) {
  if (!session.confirm("Deny " + host + " for good?")) {
    return session.exit();
  }
  return change_life_cycle(session, "pending.deny", {.host = host, .name = {}});
}

}  // namespace quotemill::cli
