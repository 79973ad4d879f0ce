#include "deploy/quotemill/commands/blast_report.h"

#include <ostream>
#include <utility>

#include "deploy/quotemill/commands/progress.h"

namespace quotemill::cli {

namespace {

std::string line_of_preview(const Json& status) {
  const std::string left = time_left(at(status, "remaining_ms"));
  return bar_of(at(status, "done"), at(status, "hosts")) +
         "  whom it hits: " + text_at(status, "done") + " of " + text_at(status, "hosts") +
         " hosts looked at" + (left.empty() ? "" : ", " + left);
}

std::optional<Json> ask_for(Session& session, const std::string& verb, const Json& args,
                            int extra_ms) {
  transport::ControlAnswer answer = session.try_ask(verb, args, extra_ms);
  if (const auto* error = std::get_if<transport::ControlError>(&answer)) {
    session.fail(*error);
    return std::nullopt;
  }
  return std::get<Json>(std::move(answer));
}

bool is_being_counted(const Json& answer) {
  return at(answer, "preview").is_number();
}

// Whether it was counted to its end.
bool follow_preview(Session& session, const Json& begun) {
  bool is_interrupted = false;
  const Followed what{.status_verb = "preview.status",
                      .stop_verb = "preview.stop",
                      .id = "preview",
                      .number = at(begun, "preview"),
                      .line = line_of_preview,
                      .resume_hint = "nothing was changed"};
  const std::optional<Json> status = follow(session, what, is_interrupted);
  if (!status) {
    return false;
  }
  if (text_at(*status, "state") != "done") {
    session.fail("the hosts that it hits were not counted to the end: nothing was changed",
                 "somebody stopped it; try again");
    return false;
  }
  return true;
}

}  // namespace

void print_blast(const Session& session, const Json& blast) {
  std::ostream& out = session.out();
  out << text_at(blast, "looked_at") << " of " << text_at(blast, "judged")
      << " judged hosts come under other rules: " << text_at(blast, "worse") << " get worse, "
      << text_at(blast, "better") << " better\n";
  if (at(blast, "old_evidence") != 0) {
    out << text_at(blast, "old_evidence")
        << " can only be told when they attest again: more is asked for than they sent\n";
  }
  if (at(blast, "no_evidence") != 0) {
    out << text_at(blast, "no_evidence") << " never attested\n";
  }
  if (at(blast, "errors") != 0) {
    out << text_at(blast, "errors") << " could not be judged\n";
  }
  Table table({"HOSTS", "FROM", "TO", "WHY", "FOR EXAMPLE"});
  for (const Json& group : at(blast, "groups")) {
    const std::string to = text_at(group, "to");
    table.add({{text_at(group, "hosts")},
               {text_at(group, "from")},
               {to, colour_of_state(to)},
               {text_at(group, "message")},
               {text_of(at(group, "examples").empty() ? Json() : at(group, "examples").front())}});
  }
  table.print(out, session.style());
}

std::optional<Json> ask_counted(Session& session, const std::string& verb, const Json& args,
                                int extra_ms) {
  std::optional<Json> answer = ask_for(session, verb, args, extra_ms);
  if (!answer || !is_being_counted(*answer)) {
    return answer;
  }
  if (!follow_preview(session, *answer)) {
    return std::nullopt;
  }
  answer = ask_for(session, verb, args, extra_ms);
  if (answer && is_being_counted(*answer)) {
    session.fail("others came into force while hosts were counted: nothing was changed",
                 "try again");
    return std::nullopt;
  }
  return answer;
}

std::optional<Json> change_with_blast(Session& session, const std::string& verb, Json args,
                                      int extra_ms) {
  args["operator"] = operator_name();
  args["confirmed"] = session.settings().is_confirmed;
  const bool is_dry_run = session.settings().is_dry_run;
  if (session.is_for_people() && !is_dry_run) {
    const std::optional<Json> preview = ask_counted(session, verb + ".check", args, extra_ms);
    if (!preview) {
      return std::nullopt;
    }
    if (at(*preview, "blast").is_object() && at(at(*preview, "blast"), "looked_at") != 0) {
      print_blast(session, at(*preview, "blast"));
    }
  }
  const std::optional<Json> answer =
      ask_counted(session, is_dry_run ? verb + ".check" : verb, args, extra_ms);
  if (answer && session.is_for_people() && is_dry_run && at(*answer, "blast").is_object()) {
    print_blast(session, at(*answer, "blast"));
  }
  return answer;
}

}  // namespace quotemill::cli
