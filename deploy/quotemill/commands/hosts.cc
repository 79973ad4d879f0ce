#include <algorithm>
#include <ostream>

#include "deploy/quotemill/commands/commands.h"
#include "deploy/quotemill/commands/esxi_host.h"
#include "deploy/quotemill/field_lines.h"

namespace quotemill::cli {

namespace {

constexpr std::size_t kSnapshotShown = 12;  // digits; JSON has all of them

Cell state_cell(const Json& row) {
  const std::string state = text_at(row, "state");
  return {state, colour_of_state(state)};
}

std::string why_of(const Json& row) {
  const Json why = at(row, "why");
  return why.is_null() ? std::string() : text_at(why, "code") + ": " + text_at(why, "message");
}

// For scripts the columns are always the same: JSON tells them of attestations.
bool has_esxi_hosts(const Session& session, const Json& rows) {
  return !session.style().is_plain && std::any_of(rows.begin(), rows.end(), [](const Json& row) {
    return !at(row, "attestation").is_null();
  });
}

void print_counts(Session& session, const Json& rows) {
  std::size_t failed = 0;
  std::size_t trusted = 0;
  for (const Json& row : rows) {
    const std::string state = text_at(row, "state");
    failed += state == "failed" ? 1U : 0U;
    trusted += state == "trusted" ? 1U : 0U;
  }
  session.note(std::to_string(rows.size()) + " hosts, " + std::to_string(trusted) + " trusted, " +
               std::to_string(failed) + " failed");
}

// All pages; null after an error.
std::optional<Json> all_hosts(Session& session, const HostsOptions& options) {
  Json rows = Json::array();
  Json after = nullptr;
  while (true) {
    Json args = {{"after", after}};
    if (!options.state.empty()) {
      args["state"] = options.state;
    }
    const std::optional<Json> page = session.ask("hosts", args);
    if (!page) {
      return std::nullopt;
    }
    for (const Json& row : at(*page, "hosts")) {
      rows.push_back(row);
    }
    const Json next = at(*page, "next");
    if (next.is_null() || next == after) {
      return rows;
    }
    after = next;
  }
}

void print_findings(const Session& session, const Json& host) {
  const Json findings = at(host, "findings");
  if (!findings.is_array() || findings.empty()) {
    return;
  }
  std::ostream& out = session.out();
  out << "\nFindings\n";
  for (const Json& finding : findings) {
    const std::string severity = text_at(finding, "severity");
    Colour colour = Colour::kGrey;
    if (severity != "info") {
      colour = severity == "fail" ? Colour::kRed : Colour::kYellow;
    }
    out << "  " << coloured({severity, colour}, session.style()) << "  " << text_at(finding, "code")
        << '\n';
    out << "    " << text_at(finding, "message") << '\n';
    if (!at(finding, "remedy").is_null()) {
      out << "    -> " << text_at(finding, "remedy") << '\n';
    }
  }
}

// What holds the state until somebody acknowledges it.
void print_latched(const Session& session, const Json& host) {
  const Json latched = at(host, "latched");
  if (!latched.is_array() || latched.empty()) {
    return;
  }
  std::ostream& out = session.out();
  out << "\nLatched\n";
  for (const Json& latch : latched) {
    out << "  " << text_at(latch, "code") << " since " << time_of(at(latch, "since"))
        << " (attestation " << text_at(latch, "seq") << ")"
        << (at(latch, "acknowledged") == true ? ", acknowledged, still there" : "") << '\n'
        << "    " << text_at(latch, "message") << '\n';
  }
  if (at(host, "latched_full") == true) {
    out << "  and more than these: see 'quotemill history'\n";
  }
}

void print_facts(std::ostream& out, const Json& host) {
  const Json facts = at(host, "facts");
  const Json boot = at(host, "boot");
  const Json log = at(boot, "log");
  out << "\nWhat the host says of itself\n";
  print_field(out, "os", text_at(facts, "os_id") + " " + text_at(facts, "os_version"));
  print_field(out, "kernel", text_at(facts, "kernel"));
  print_field(out, "machine", text_at(facts, "vendor") + " " + text_at(facts, "model"));
  print_field(out, "firmware", text_at(facts, "firmware"));
  print_field(out, "agent", text_at(facts, "agent"));
  out << "\nBoot\n";
  print_field(out, "boot id", text_at(boot, "boot_id"));
  print_field(out, "resets", text_at(boot, "reset_count"));
  if (!log.is_null()) {
    print_field(
        out, "boot log",
        text_at(log, "events") + " events, came with evidence " + text_at(log, "evidence_sha256"));
  }
}

void print_identity(std::ostream& out, const Json& host) {
  const Json identity = at(host, "identity");
  const Json evidence = at(host, "evidence");
  out << "\nIdentity\n";
  print_field(out, "uid", text_at(host, "uuid"));
  print_field(out, "generation", text_at(identity, "generation"));
  print_field(out, "life cycle", text_at(host, "life_cycle"));
  print_field(out, "enrolled", time_of(at(identity, "enrolled")));
  print_field(out, "admitted by", text_at(identity, "admitted_by"));
  print_field(out, "note", text_at(identity, "note"));
  print_field(out, "EK", text_at(identity, "ek_sha256"));
  out << "\nLast evidence\n";
  print_field(out, "receipt", text_at(evidence, "seq"));
  print_field(out, "judged", time_of(at(evidence, "judged")));
  print_field(out, "valid until", time_of(at(evidence, "valid_until")));
  print_field(out, "sha256", text_at(evidence, "sha256"));
}

std::string summary_of(const Json& findings) {
  if (!findings.is_array() || findings.empty()) {
    return "";
  }
  const std::string more =
      findings.size() > 1 ? " (+" + std::to_string(findings.size() - 1) + ")" : std::string();
  return text_at(findings.front(), "code") + more + ": " + text_at(findings.front(), "message");
}

// One appraisal, or a run of them: how many came to the same, and the longest time between two.
std::vector<Cell> appraisal_row(const Json& entry) {
  const Json run = at(entry, "run");
  const Json first = at(run, "first");
  const std::string seq = text_at(entry, "seq");
  if (run.is_null()) {
    return {{seq},
            {time_of(at(entry, "time"))},
            {"-"},
            state_cell(entry),
            {"1"},
            {"-"},
            {text_at(entry, "nonce")},
            {summary_of(at(entry, "findings"))}};
  }
  const Json interactive = at(run, "interactive");
  const bool is_mixed = interactive != 0 && interactive != at(run, "count");
  return {{text_at(first, "seq") + "-" + seq},
          {time_of(at(first, "time"))},
          {time_of(at(entry, "time"))},
          state_cell(entry),
          {text_at(run, "count")},
          {seconds_of(at(run, "longest_gap_ms"))},
          {is_mixed ? "mixed" : text_at(entry, "nonce")},
          {summary_of(at(entry, "findings"))}};
}

// What became of the verdict of an appraisal before the host attested again.
std::vector<Cell> revision_row(const Json& revision) {
  return {{text_at(revision, "seq")},
          {time_of(at(revision, "time"))},
          {"-"},
          state_cell(revision),
          {"-"},
          {"-"},
          {text_at(revision, "cause")},
          {summary_of(at(revision, "findings")) + " (snapshot " +
           text_at(revision, "snapshot").substr(0, kSnapshotShown) + ")"}};
}

// Those that may not attest any more; their states mean nothing.
Exit list_retired(Session& session) {
  const std::optional<Json> answer = session.ask("hosts.ended");
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"UID", "HOST", "LIFE CYCLE", "NOTE"});
  for (const Json& row : at(*answer, "hosts")) {
    table.add({{text_at(row, "uuid")},
               {text_at(row, "name")},
               {text_at(row, "life_cycle")},
               {text_at(row, "note")}});
  }
  table.print(session.out(), session.style());
  return Exit::kFine;
}

// What was known of the host at that moment.
Exit show_host_at(Session& session, const HostOptions& options) {
  const std::optional<Json> answer =
      session.ask("host.at", {{"host", options.host}, {"time_ms", options.at->ms}});
  if (!answer) {
    return session.exit();
  }
  Verdicts verdicts;
  verdicts.add(text_at(*answer, "state"));
  if (!session.is_for_people()) {
    session.print(*answer);
    return verdicts.exit();
  }
  std::ostream& out = session.out();
  const Json appraisal = at(*answer, "appraisal");
  out << text_at(at(*answer, "host"), "name") << "  "
      << coloured(state_cell(*answer), session.style()) << " at " << time_of(at(*answer, "at"))
      << '\n';
  if (appraisal.is_null()) {
    session.note("it had not been judged until then, or that is no longer kept");
    return verdicts.exit();
  }
  const Json revision = at(*answer, "revision");
  const Json& verdict = revision.is_null() ? appraisal : revision;
  out << "  by appraisal " << text_at(appraisal, "seq") << " of " << time_of(at(appraisal, "time"))
      << ", evidence " << text_at(appraisal, "evidence_sha256") << '\n';
  if (!revision.is_null()) {
    out << "  " << text_at(revision, "cause") << " at " << time_of(at(revision, "time")) << '\n';
  }
  out << "  under snapshot " << text_at(verdict, "snapshot") << '\n';
  print_findings(session, verdict);
  return verdicts.exit();
}

}  // namespace

Exit run_hosts(Session& session, const HostsOptions& options) {
  if (options.is_retired) {
    return list_retired(session);
  }
  const std::optional<Json> rows = all_hosts(session, options);
  if (!rows) {
    return session.exit();
  }
  Verdicts verdicts;
  const bool has_esxi = has_esxi_hosts(session, *rows);
  std::vector<std::string> headers = {"HOST", "STATE", "SINCE", "LAST SEEN"};
  if (has_esxi) {
    headers.emplace_back("ATTESTATION");
  }
  headers.emplace_back("WHY");
  Table table(std::move(headers));
  for (const Json& row : *rows) {
    verdicts.add(text_at(row, "state"));
    std::vector<Cell> cells = {{text_at(row, "name")},
                               state_cell(row),
                               {time_of(at(row, "since"))},
                               {time_of(at(row, "last_seen"))}};
    if (has_esxi) {
      cells.push_back(attestation_cell(at(row, "attestation")));
    }
    cells.push_back({why_of(row)});
    table.add(std::move(cells));
  }
  if (session.settings().json) {
    session.print({{"hosts", *rows}});
    return verdicts.exit();
  }
  table.print(session.out(), session.style());
  if (rows->empty()) {
    session.note(options.state.empty()
                     ? "no hosts; 'quotemill token create' and 'quotemill pending list' begin"
                     : "no hosts are " + options.state);
  } else if (session.style().width != 0) {
    print_counts(session, *rows);
  }
  return verdicts.exit();
}

Exit run_host(Session& session, const HostOptions& options) {
  if (options.at) {
    return show_host_at(session, options);
  }
  const std::optional<Json> answer = session.ask("host", {{"host", options.host}});
  if (!answer) {
    return session.exit();
  }
  Verdicts verdicts;
  verdicts.add(text_at(*answer, "state"));
  if (!session.is_for_people()) {
    session.print(*answer);
    return verdicts.exit();
  }
  std::ostream& out = session.out();
  out << text_at(*answer, "name") << "  " << coloured(state_cell(*answer), session.style())
      << " since " << time_of(at(*answer, "since")) << ", last seen "
      << time_of(at(*answer, "last_seen")) << '\n';
  print_esxi(session, *answer);
  print_findings(session, *answer);
  print_latched(session, *answer);
  print_facts(out, *answer);
  print_identity(out, *answer);
  return verdicts.exit();
}

Exit run_bundle(Session& session, const HostOptions& options) {
  Json args = {{"host", options.host}};
  if (options.at) {
    args["time_ms"] = options.at->ms;
  }
  const std::optional<Json> bundle = session.ask("host.bundle", args);
  if (!bundle) {
    return session.exit();
  }
  session.print_event(*bundle);  // as it is: its format has a version of its own
  session.note("check it with 'quotemill-verify bundle FILE'");
  return Exit::kFine;
}

Exit run_history(Session& session, const HistoryOptions& options) {
  Json args = {{"host", options.host},
               {"limit", options.limit},
               {"before", options.before},
               {"state", options.state}};
  if (options.since) {
    args["since_ms"] = options.since->ms;
  }
  if (options.until) {
    args["until_ms"] = options.until->ms;
  }
  const std::optional<Json> answer = session.ask("history", args);
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"SEQ", "FROM", "TO", "STATE", "COUNT", "GAP", "NONCE", "FINDINGS"});
  for (const Json& entry : at(*answer, "appraisals")) {
    for (const Json& revision : at(entry, "revisions")) {
      table.add(revision_row(revision));
    }
    table.add(appraisal_row(entry));
  }
  table.print(session.out(), session.style());
  if (!at(*answer, "next").is_null()) {
    session.note("older ones: --before " + text_at(*answer, "next"));
  }
  return Exit::kFine;
}

}  // namespace quotemill::cli
