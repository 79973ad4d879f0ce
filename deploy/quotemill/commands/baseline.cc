#include <array>
#include <ostream>

#include "deploy/quotemill/commands/baseline_listing.h"
#include "deploy/quotemill/commands/baseline_name.h"
#include "deploy/quotemill/commands/blast_report.h"
#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

namespace {

std::string title_of(const Json& baseline) {
  return text_at(baseline, "name") + " version " + text_at(baseline, "version");
}

bool is_imported(const Json& baseline) {
  return text_at(baseline, "kind") == "imported";
}

// "120 events of web-01", "3 values of shim.list".
std::string content_of(const Json& baseline) {
  return is_imported(baseline)
             ? text_at(baseline, "values") + " values of " + text_at(at(baseline, "file"), "name")
             : text_at(baseline, "events") + " events of " +
                   text_at(at(baseline, "source"), "name");
}

void print_head(const Session& session, const Json& baseline) {
  std::ostream& out = session.out();
  const Json file = at(baseline, "file");
  out << title_of(baseline) << ": " << content_of(baseline) << '\n';
  if (file.is_object()) {
    out << "imported " << time_of(at(baseline, "captured")) << " by " << text_at(file, "by")
        << ", format " << text_at(file, "format") << ", sha256 " << text_at(file, "sha256") << '\n';
  } else {
    out << "captured " << time_of(at(baseline, "captured")) << '\n';
  }
  if (!at(baseline, "retired").is_null()) {
    out << "retired " << time_of(at(baseline, "retired")) << " by "
        << text_at(baseline, "retired_by") << '\n';
  }
}

}  // namespace

Exit run_baseline_capture(Session& session, const CaptureOptions& options) {
  const std::optional<Json> baseline = change_with_blast(
      session, "baseline.capture", {{"host", options.host}, {"name", options.name}});
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
  Table table({"NAME", "VERSION", "IN FORCE", "HOLDS", "SINCE", "FROM"});
  for (const Json& baseline : at(*answer, "baselines")) {
    table.add({{text_at(baseline, "name")},
               {text_at(baseline, "version")},
               {!at(baseline, "retired").is_null() ? "retired"
                : at(baseline, "in_force") == true ? "yes"
                                                   : "no"},
               {is_imported(baseline) ? text_at(baseline, "values") + " values"
                                      : text_at(baseline, "events") + " events"},
               {time_of(at(baseline, "captured"))},
               {text_at(at(baseline, is_imported(baseline) ? "file" : "source"), "name")}});
  }
  table.print(session.out(), session.style());
  if (at(*answer, "baselines").empty()) {
    session.note("no baselines; capture one with 'quotemill baseline capture HOST --name NAME'");
  }
  return Exit::kFine;
}

Exit run_baseline_show(Session& session, const std::string& baseline) {
  static constexpr std::array kColumns = {
      ValueColumn{"KIND", "kind"},       ValueColumn{"PCR", "pcr"},
      ValueColumn{"DIGEST", "digest"},   ValueColumn{"NAME", "name"},
      ValueColumn{"VERSION", "version"}, ValueColumn{"VENDOR", "vendor"},
      ValueColumn{"SOURCE", "source"}};
  return list_baseline(session, baseline, {kColumns, print_head});
}

Exit run_baseline_diff(Session& session, const std::string& from, const std::string& to) {
  const std::optional<BaselineName> left = parse_baseline_name(session, from);
  const std::optional<BaselineName> right = left ? parse_baseline_name(session, to) : std::nullopt;
  if (!right) {
    return session.exit();
  }
  const std::optional<Json> answer = session.ask("baseline.diff", {{"from", left->name},
                                                                   {"from_version", left->version},
                                                                   {"to", right->name},
                                                                   {"to_version", right->version}});
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  session.out() << "from " << title_of(at(*answer, "from")) << " to " << title_of(at(*answer, "to"))
                << ": " << text_at(*answer, "found") << " differences, " << text_at(*answer, "same")
                << " digests are in both\n";
  const Json differences = at(*answer, "differences");
  for (const Json& difference : differences) {
    session.out() << text_at(difference, "text") << '\n';
  }
  if (at(*answer, "found") != differences.size()) {
    session.note("the first " + std::to_string(differences.size()) + " are shown");
  }
  return Exit::kFine;
}

Exit run_baseline_retire(Session& session, const std::string& baseline) {
  const std::optional<BaselineName> named = parse_baseline_name(session, baseline);
  if (!named) {
    return session.exit();
  }
  const std::optional<Json> answer =
      change_with_blast(session, "baseline.retire", name_args(*named));
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  session.out() << (session.settings().is_dry_run ? "would retire " : "retired ")
                << title_of(*answer) << '\n';
  if (!at(*answer, "successor").is_null()) {
    session.note("of that name, version " + text_at(*answer, "successor") + " is in use now");
  }
  return Exit::kFine;
}

Exit run_baseline_export(Session& session, const std::string& baseline) {
  const std::optional<BaselineName> named = parse_baseline_name(session, baseline);
  if (!named) {
    return session.exit();
  }
  Json args = name_args(*named);
  for (std::size_t written = 0;;) {
    args["offset"] = written;
    const std::optional<Json> answer = session.ask("baseline.export", args);
    if (!answer) {
      return session.exit();
    }
    const std::optional<Bytes> part = from_hex(text_at(*answer, "hex"));
    const Json size = at(*answer, "size");
    if (!part || (part->empty() && size != written)) {
      session.fail("the daemon's answer is no part of a file", {});
      return session.exit();
    }
    session.out() << as_text(*part);
    written += part->size();
    if (size == written) {
      return Exit::kFine;
    }
    args["version"] = at(at(*answer, "baseline"), "version");
  }
}

}  // namespace quotemill::cli
