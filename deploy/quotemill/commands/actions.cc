#include <ostream>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

namespace {

// Labels can bring another policy, and that another state.
void note_policy_move(const Session& session, const Json& move) {
  if (!move.is_object()) {
    return;
  }
  const std::string then = text_at(move, "state_then");
  session.note(
      "another policy is for it: " + text_at(move, "to") + ", not " + text_at(move, "from") +
      (at(move, "state_then").is_null() ? "; only its next attestation can tell what it comes to"
                                        : "; by its last evidence it is " + then +
                                              " under it, and " + text_at(move, "state") + " now"));
}

// Prints what became of the host, or, as "would `what`", what would become of it.
Exit change_host(Session& session, const std::string& verb, const std::string& what, Json args) {
  args["operator"] = operator_name();
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
  note_policy_move(session, at(*row, "policy_move"));
  return Exit::kFine;
}

Exit change_life_cycle(Session& session, const std::string& verb, const std::string& what,
                       const NamedOptions& options) {
  Json args = {{"host", options.host}};
  if (!options.name.empty()) {
    args["name"] = options.name;
  }
  return change_host(session, verb, what, std::move(args));
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
  if (is_wave(options)) {
    return run_reattest_wave(session, options);
  }
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

Exit run_label(Session& session, const LabelOptions& options) {
  Json set = Json::object();
  Json remove = Json::array();
  for (const std::string& label : options.labels) {
    const std::size_t equals = label.find('=');
    if (equals != std::string::npos && equals != 0) {
      set[label.substr(0, equals)] = label.substr(equals + 1);
    } else if (equals == std::string::npos && label.size() > 1 && label.back() == '-') {
      remove.push_back(label.substr(0, label.size() - 1));
    } else {
      session.fail("'" + label + "' is no label", "KEY=VALUE sets one, KEY- takes it away",
                   Exit::kUsage);
      return session.exit();
    }
  }
  return change_host(
      session, "label", "label",
      {{"host", options.host}, {"set", std::move(set)}, {"remove", std::move(remove)}});
}

Exit run_maintenance(Session& session, const MaintenanceOptions& options) {
  if (options.is_over) {
    return change_host(session, "maintenance.end", "end the maintenance of",
                       {{"host", options.host}});
  }
  return change_host(session, "maintenance", "begin the maintenance of",
                     {{"host", options.host}, {"for_ms", options.for_ms}});
}

Exit run_acknowledge(Session& session, const AcknowledgeOptions& options) {
  Json args = {{"host", options.host}, {"operator", operator_name()}};
  if (!options.finding.empty()) {
    args["finding"] = options.finding;
  }
  if (!options.reason.empty()) {
    args["reason"] = options.reason;
  }
  if (options.seen != 0) {
    args["seen"] = options.seen;
  }
  const std::optional<Json> answer = session.change("acknowledge", args);
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  for (const Json& finding : at(*answer, "acknowledged")) {
    session.out() << (session.settings().is_dry_run ? "would acknowledge " : "acknowledged ")
                  << text_at(finding, "code") << ": " << text_at(finding, "message") << '\n';
  }
  if (!session.settings().is_dry_run) {
    session.out() << text_at(*answer, "name") << " is " << text_at(*answer, "state") << '\n';
  }
  return Exit::kFine;
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
