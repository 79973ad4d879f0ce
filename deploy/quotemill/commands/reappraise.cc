#include <ostream>

#include "deploy/quotemill/commands/blast_report.h"
#include "deploy/quotemill/commands/commands.h"
#include "deploy/quotemill/commands/policy_texts.h"
#include "deploy/quotemill/commands/progress.h"

namespace quotemill::cli {

namespace {

std::string line_of_run(const Json& status) {
  std::string line = bar_of(at(status, "done"), at(status, "hosts")) + "  " +
                     text_at(status, "done") + " of " + text_at(status, "hosts") + " hosts, " +
                     text_at(status, "per_second") + "/s";
  const std::string left = time_left(at(status, "remaining_ms"));
  return left.empty() ? line : line + ", " + left;
}

void print_run(const Session& session, const Json& status) {
  std::ostream& out = session.out();
  out << text_at(status, "done") << " of " << text_at(status, "hosts") << " hosts re-appraised, "
      << text_at(status, "logs_judged") << " boot logs judged\n";
  if (text_at(status, "kind") == "real") {
    out << text_at(status, "changed") << " changed, " << text_at(status, "rewritten")
        << " are as they were for other reasons\n";
    if (at(status, "overtaken") != 0) {
      out << text_at(status, "overtaken") << " were left alone: something newer happened to them\n";
    }
    if (at(status, "begun_anew") != 0) {
      out << "begun anew " << text_at(status, "begun_anew") << " times: the policies changed\n";
    }
  }
  print_blast(session, at(status, "blast"));
}

// What a run that has ended comes to.
Exit print_outcome(Session& session, const Json& status) {
  if (session.is_for_people()) {
    print_run(session, status);
  } else {
    session.print(status);
  }
  const std::string state = text_at(status, "state");
  const bool is_real = text_at(status, "kind") == "real";
  if (state != "done") {
    const std::string why = at(status, "error").is_null() ? state : text_at(status, "error");
    session.fail("not all hosts were re-appraised: " + why,
                 is_real ? "'quotemill reappraise --resume' goes on" : "");
    return session.exit();
  }
  const Json blast = at(status, "blast");
  if (at(blast, "errors") != 0) {
    return Exit::kError;
  }
  return !is_real && at(blast, "worse") != 0 ? Exit::kFailed : Exit::kFine;
}

Exit follow_run(Session& session, const Json& started, bool is_real) {
  bool is_interrupted = false;
  const Followed what{.status_verb = "reappraise.status",
                      .stop_verb = "reappraise.stop",
                      .id = "run",
                      .number = at(started, "run"),
                      .line = line_of_run,
                      .resume_hint = is_real ? "'quotemill reappraise --resume' goes on" : ""};
  const std::optional<Json> status = follow(session, what, is_interrupted);
  return status ? print_outcome(session, *status) : session.exit();
}

Exit show_run(Session& session) {
  const std::optional<Json> status = session.ask("reappraise.status");
  if (!status) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*status);
  } else if (text_at(*status, "state") == "none") {
    session.out() << "none since the daemon was started\n";
  } else {
    session.out() << text_at(*status, "kind") << ", " << text_at(*status, "state") << ": ";
    print_run(session, *status);
    if (const Json left = at(*status, "interrupted"); left.is_object()) {
      session.out() << "a real one by " << text_at(left, "by") << " is interrupted behind "
                    << text_at(left, "done") << " hosts: 'quotemill reappraise --resume' goes on\n";
    }
  }
  return Exit::kFine;
}

}  // namespace

Exit run_reappraise(Session& session, const ReappraiseOptions& options) {
  if (options.is_status) {
    return show_run(session);
  }
  const Json who = {{"operator", operator_name()}};
  if (options.is_stop) {
    const std::optional<Json> status = session.ask("reappraise.stop", who);
    return status ? Exit::kFine : session.exit();
  }
  if (options.is_resume) {
    const std::optional<Json> started = session.ask("reappraise.resume", who);
    return started ? follow_run(session, *started, true) : session.exit();
  }
  const bool is_real = !session.settings().is_dry_run;
  Json args = {{"hosts", options.selector},
               {"signatures", options.checks_signatures},
               {"operator", operator_name()}};
  if (!options.files.empty()) {
    std::optional<Json> texts = policy_texts(session, options.files);
    if (!texts) {
      return session.exit();
    }
    if (!is_real) {
      args["texts"] = *std::move(texts);
    } else if (!change_with_blast(session, "policy.apply",
                                  {{"texts", *std::move(texts)}, {"force", false}})) {
      return session.exit();
    }
  }
  const std::optional<Json> started = session.change("reappraise", args);
  return started ? follow_run(session, *started, is_real) : session.exit();
}

}  // namespace quotemill::cli
