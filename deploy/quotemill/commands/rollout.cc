#include <ostream>

#include "deploy/quotemill/commands/baseline_name.h"
#include "deploy/quotemill/commands/blast_report.h"
#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

namespace {

constexpr int kMineExtraMs = 120'000;  // a fleet's logs are read

// "NAME@VERSION" as two arguments of the daemon's; the whole text is the name if there is no "@".
bool put_baseline(Session& session, const std::string& text, const char* member, Json& args) {
  const std::optional<BaselineName> named = parse_baseline_name(session, text);
  if (named) {
    args[member] = named->name;
    args[std::string(member) + "_version"] = named->version;
  }
  return named.has_value();
}

void put_deadline(const RolloutOptions& options, Json& args) {
  if (options.for_ms != 0) {
    args["for_ms"] = options.for_ms;
  }
  if (options.deadline) {
    args["deadline_ms"] = options.deadline->ms;
  }
}

std::string title_of(const Json& ref) {
  return text_at(ref, "name") + "@" + text_at(ref, "version");
}

void print_head(const Session& session, const Json& rollout) {
  session.out() << text_at(rollout, "name") << ": " << text_at(rollout, "phase") << ", "
                << title_of(at(rollout, "from")) << " to " << title_of(at(rollout, "to")) << ", "
                << text_at(rollout, "hosts") << " hosts, " << text_at(rollout, "waves_open")
                << " of " << text_at(rollout, "waves") << " waves open\n"
                << "started " << time_of(at(rollout, "started")) << " by "
                << text_at(rollout, "started_by") << ", deadline "
                << time_of(at(rollout, "deadline")) << '\n';
  if (!at(rollout, "ended").is_null()) {
    session.out() << "ended " << time_of(at(rollout, "ended")) << " by "
                  << text_at(rollout, "ended_by") << '\n';
  }
}

Exit change_rollout(Session& session, const std::string& verb, Json args) {
  const std::optional<Json> answer = change_with_blast(session, verb, std::move(args));
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  print_head(session, *answer);
  if (session.settings().is_dry_run) {
    session.note("nothing was changed");
  }
  return Exit::kFine;
}

std::vector<Cell> row_of(const std::string& title, const Json& counts) {
  std::vector<Cell> row = {{title}};
  for (const char* kind : {"old", "new", "mixed", "failed", "silent", "waiting", "gone"}) {
    row.push_back({text_at(counts, kind)});
  }
  return row;
}

Table counts_table(const std::string& first) {
  return Table({first, "OLD", "NEW", "MIXED", "FAILED", "SILENT", "WAITING", "GONE"});
}

// A few names of each kind that somebody has to look after.
void print_names(const Session& session, const Json& names) {
  for (const char* kind : {"mixed", "failed", "silent", "old"}) {
    std::string line;
    for (const Json& name : at(names, kind)) {
      line += (line.empty() ? "" : ", ") + text_of(name);
    }
    if (!line.empty()) {
      session.out() << kind << ": " << line << '\n';
    }
  }
}

std::string title_of_group(const Json& group) {
  return text_at(group, "hosts") + " of " + text_at(group, "of") + " " + text_at(group, "vendor") +
         " " + text_at(group, "model") + " (" + text_at(group, "firmware") +
         ") report this in PCR " + text_at(group, "pcr");
}

void print_group(const Session& session, const Json& group) {
  std::ostream& out = session.out();
  out << text_at(group, "group") << ": " << title_of_group(group) << ", "
      << text_at(group, "differ") << " differ, " << text_at(group, "explained")
      << " are explained\n";
  for (const Json& event : at(group, "events")) {
    out << "    " << text_at(event, "digest") << "  " << text_at(event, "type") << "  "
        << text_at(event, "description") << '\n';
  }
  for (const Json& other : at(group, "others")) {
    const Json names = at(other, "names");
    out << "  differ: " << text_at(other, "hosts") << " as " << text_at(other, "group")
        << ", for example " << text_of(names.empty() ? Json() : names.front()) << '\n';
  }
}

}  // namespace

Exit run_rollout_start(Session& session, const RolloutOptions& options) {
  Json args = {{"name", options.name},
               {"hosts", options.hosts},
               {"names", options.names},
               {"labels", options.labels},
               {"all", options.is_all},
               {"waves", options.waves},
               {"wave_every_ms", options.wave_every_ms}};
  if (!put_baseline(session, options.from, "from", args) ||
      !put_baseline(session, options.to, "to", args)) {
    return session.exit();
  }
  put_deadline(options, args);
  return change_rollout(session, "rollout.start", std::move(args));
}

Exit run_rollout_extend(Session& session, const RolloutOptions& options) {
  Json args = {{"name", options.name}, {"wave", options.opens_wave}};
  put_deadline(options, args);
  return change_rollout(session, "rollout.extend", std::move(args));
}

Exit run_rollout_promote(Session& session, const RolloutOptions& options) {
  return change_rollout(session, "rollout.promote", {{"name", options.name}});
}

Exit run_rollout_abort(Session& session, const RolloutOptions& options) {
  return change_rollout(session, "rollout.abort", {{"name", options.name}});
}

Exit run_rollout_status(Session& session, const RolloutOptions& options) {
  const std::optional<Json> answer = session.ask("rollout.status", {{"name", options.name}});
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  print_head(session, *answer);
  Table table = counts_table("WAVE");
  int wave = 0;
  for (const Json& counts : at(*answer, "by_wave")) {
    table.add(row_of(std::to_string(++wave), counts));
  }
  table.add(row_of("all", at(*answer, "counts")));
  table.print(session.out(), session.style());
  print_names(session, at(*answer, "names"));
  Table over_time = counts_table("TIME");
  for (const Json& sample : at(*answer, "samples")) {
    over_time.add(row_of(time_of(at(sample, "time")), at(sample, "counts")));
  }
  over_time.print(session.out(), session.style());
  return Exit::kFine;
}

Exit run_rollout_list(Session& session) {
  const std::optional<Json> answer = session.ask("rollout.list");
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"NAME", "PHASE", "FROM", "TO", "HOSTS", "WAVES", "DEADLINE", "BY"});
  for (const Json& rollout : at(*answer, "rollouts")) {
    table.add({{text_at(rollout, "name")},
               {text_at(rollout, "phase")},
               {title_of(at(rollout, "from"))},
               {title_of(at(rollout, "to"))},
               {text_at(rollout, "hosts")},
               {text_at(rollout, "waves_open") + "/" + text_at(rollout, "waves")},
               {time_of(at(rollout, "deadline"))},
               {text_at(rollout, "started_by")}});
  }
  table.print(session.out(), session.style());
  return Exit::kFine;
}

Exit run_mine(Session& session, const MineOptions& options) {
  const transport::ControlAnswer answer =
      session.try_ask("mine", {{"pcrs", options.pcrs}}, kMineExtraMs);
  if (const auto* error = std::get_if<transport::ControlError>(&answer)) {
    session.fail(*error);
    return session.exit();
  }
  const Json mined = std::get<Json>(answer);
  if (!session.is_for_people()) {
    session.print(mined);
    return Exit::kFine;
  }
  for (const Json& group : at(mined, "groups")) {
    print_group(session, group);
  }
  session.note(text_at(mined, "hosts") + " hosts with " + text_at(mined, "distinct_logs") +
               " distinct logs, " + text_at(mined, "unproven") + " without a proven boot, " +
               text_at(mined, "unreadable") + " logs could not be read");
  return Exit::kFine;
}

Exit run_mine_promote(Session& session, const MineOptions& options) {
  Json args = {{"group", options.group}, {"pcrs", options.pcrs}, {"name", options.as.front()}};
  if (options.as.size() > 1) {
    const std::optional<BaselineName> named =
        parse_baseline_name(session, options.as.front() + "@" + options.as.back());
    if (!named) {
      return session.exit();
    }
    args["version"] = named->version;
  }
  const std::optional<Json> answer =
      change_with_blast(session, "mine.promote", std::move(args), kMineExtraMs);
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  session.out() << text_at(*answer, "name") << "@" << text_at(*answer, "version") << ": "
                << text_at(*answer, "values") << " values, " << title_of_group(at(*answer, "mined"))
                << '\n';
  return Exit::kFine;
}

}  // namespace quotemill::cli
