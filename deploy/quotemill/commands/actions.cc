#include <ostream>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

namespace {

// Prints what became of the host, or, as "would `what`", what would become of it.
Exit change_life_cycle(Session& session, const std::string& verb, const std::string& what,
                       const NamedOptions& options) {
  Json args = {{"host", options.host}, {"operator", operator_name()}};
  if (!options.name.empty()) {
    args["name"] = options.name;
  }
  const std::optional<Json> row = session.change(verb, args);
  if (!row) {
    return session.exit();
  }
  const std::string host = text_at(*row, "name") + " (" + text_at(*row, "uuid") + ")";
  if (!session.is_for_people()) {
    session.print(*row);
  } else if (session.settings().is_dry_run) {
    session.out() << "would " << what << " " << host << '\n';
  } else {
    session.out() << host << " is " << text_at(*row, "life_cycle") << '\n';
  }
  return Exit::kFine;
}

// Who is connected is not known before they are asked.
Exit print_dry_reattest(const Session& session, const Json& answer) {
  if (session.is_for_people()) {
    session.out() << "would ask " << text_at(answer, "hosts") << '\n';
  } else {
    session.print(answer);
  }
  return at(answer, "hosts") == 0 ? Exit::kUnproven : Exit::kFine;
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
  const std::optional<Json> answer = session.change("reattest", args);
  if (!answer) {
    return session.exit();
  }
  if (session.settings().is_dry_run) {
    return print_dry_reattest(session, *answer);
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
  return change_life_cycle(session, "retire", "retire", {.host = host});
}

Exit run_restore(Session& session, const NamedOptions& options) {
  return change_life_cycle(session, "restore", "restore", options);
}

Exit run_pending_approve(Session& session, const NamedOptions& options) {
  return change_life_cycle(session, "pending.approve", "approve", options);
}

Exit run_pending_deny(Session& session, const std::string& host) {
  if (!session.confirm("Deny " + host + " for good?")) {
    return session.exit();
  }
  return change_life_cycle(session, "pending.deny", "deny", {.host = host});
}

}  // namespace quotemill::cli
