#include "engine/policy/policy.h"

#include <ostream>
#include <sstream>

#include "deploy/common/text_file.h"
#include "deploy/quotemill/commands/blast_report.h"
#include "deploy/quotemill/commands/commands.h"
#include "deploy/quotemill/commands/policy_texts.h"
#include "engine/base/limits.h"
#include "engine/policy/policy_remarks.h"

namespace quotemill::cli {

namespace {

// The error's text has a line for each mistake.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(printable(line));
  }
  return lines;
}

// False if the file cannot be read, or is no policy: that is said.
bool check_one(Session& session, const std::string& file, Json& results) {
  const Result<std::string> text = program::read_text_file(file, limits::kPolicySizeMax);
  if (!text) {
    session.fail(text.error().detail, "give the name of a policy file");
    return false;
  }
  const Result<Policy> policy = parse_policy(*text, file);
  if (!session.is_for_people()) {
    results.push_back(
        policy
            ? Json{{"file", file},
                   {"valid", true},
                   {"id", policy->id},
                   {"version", policy->version},
                   {"sha256", policy->content.hex()},
                   {"remarks", remarks_of(*policy)}}
            : Json{{"file", file}, {"valid", false}, {"errors", lines_of(policy.error().detail)}});
    return static_cast<bool>(policy);
  }
  if (!policy) {
    for (const std::string& line : lines_of(policy.error().detail)) {
      session.fail(line, {});
    }
    return false;
  }
  session.out() << printable(file) << ": policy " << printable(policy->id) << " version "
                << policy->version << " is valid\n";
  for (const std::string& remark : remarks_of(*policy)) {
    session.note(printable(file) + ": " + remark);
  }
  return true;
}

Exit print_change(const Session& session, const Json& answer) {
  if (!session.is_for_people()) {
    session.print(answer);
    return Exit::kFine;
  }
  const Json changed = at(answer, "changed");
  const bool is_dry_run = session.settings().is_dry_run;
  for (const Json& record : changed) {
    session.out() << (is_dry_run ? "would " : "")
                  << (at(record, "withdrawn") == true ? "withdraw " : "apply ")
                  << text_at(record, "id");
    if (at(record, "withdrawn") != true) {
      session.out() << " version " << text_at(record, "version");
    }
    session.out() << '\n';
  }
  if (changed.empty()) {
    session.note("all of it is in force already");
  } else if (!is_dry_run) {
    session.note(
        "hosts are judged by it from their next attestation on; 'quotemill reattest "
        "--all' asks them now");
  }
  return Exit::kFine;
}

Exit change_policies(Session& session, const std::string& verb, Json args) {
  const std::optional<Json> answer = change_with_blast(session, verb, std::move(args));
  return answer ? print_change(session, *answer) : session.exit();
}

}  // namespace

std::optional<Json> policy_texts(Session& session, const std::vector<std::string>& files) {
  Json texts = Json::array();
  Json unused = Json::array();
  bool are_valid = true;
  for (const std::string& file : files) {
    const Result<std::string> text = program::read_text_file(file, limits::kPolicySizeMax);
    if (!text) {
      session.fail(text.error().detail, "give the names of policy files");
      return std::nullopt;
    }
    // With the file's name in its place: the daemon knows the text alone.
    if (const Result<Policy> policy = parse_policy(*text, file); !policy) {
      for (const std::string& line : lines_of(policy.error().detail)) {
        session.fail(line, {});
      }
      are_valid = false;
    }
    texts.push_back(*text);
  }
  return are_valid ? std::optional<Json>(std::move(texts)) : std::nullopt;
}

Exit run_policy_check(Session& session, const std::vector<std::string>& files) {
  Json results = Json::array();
  bool are_valid = true;
  for (const std::string& file : files) {
    are_valid = check_one(session, file, results) && are_valid;
  }
  if (!session.is_for_people()) {
    // Of one file as ever: what is said of it is at the top.
    Json answer = results.size() == 1 ? results.front() : Json{{"valid", are_valid}};
    answer["files"] = std::move(results);
    session.print(answer);
  }
  return are_valid ? Exit::kFine : Exit::kError;
}

Exit run_policy_apply(Session& session, const PolicyOptions& options) {
  std::optional<Json> texts = policy_texts(session, options.files);
  if (!texts) {
    return session.exit();
  }
  return change_policies(session, "policy.apply",
                         {{"texts", *std::move(texts)}, {"force", options.may_go_back}});
}

Exit run_policy_test(Session& session, const PolicyOptions& options) {
  std::optional<Json> texts = policy_texts(session, options.files);
  if (!texts) {
    return session.exit();
  }
  const std::optional<Json> answer =
      ask_counted(session, "policy.apply.check",
                  {{"texts", *std::move(texts)}, {"force", true}, {"operator", operator_name()}});
  if (!answer) {
    return session.exit();
  }
  const Json blast = at(*answer, "blast");
  if (session.is_for_people()) {
    print_blast(session, blast);
  } else {
    session.print(*answer);
  }
  return at(blast, "worse") == 0 && at(blast, "errors") == 0 ? Exit::kFine : Exit::kFailed;
}

Exit run_policy_withdraw(Session& session, const PolicyOptions& options) {
  return change_policies(session, "policy.withdraw", {{"id", options.id}});
}

Exit run_policy_list(Session& session) {
  const std::optional<Json> answer = session.ask("policy.list");
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"ID", "VERSION", "PRIORITY", "HOSTS", "SOURCE", "SINCE", "BY"});
  for (const Json& policy : at(*answer, "policies")) {
    const Json applied = at(policy, "applied");
    table.add({{text_at(policy, "id")},
               {text_at(policy, "version")},
               {text_at(policy, "priority")},
               {text_at(policy, "hosts")},
               {text_at(policy, "source")},
               {time_of(at(applied, "time"))},
               {text_at(applied, "by")}});
  }
  table.print(session.out(), session.style());
  if (at(*answer, "unmatched") != 0) {
    session.note(text_at(*answer, "unmatched") + " hosts have no policy: they are unknown");
  }
  return Exit::kFine;
}

Exit run_policy_show(Session& session, const PolicyOptions& options) {
  const std::optional<Json> answer =
      session.ask("policy.show", {{"id", options.id}, {"number", options.number}});
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  const Json text = at(*answer, "text");
  if (!text.is_string()) {
    session.note("policy " + text_at(*answer, "id") + " version " + text_at(*answer, "version") +
                 " is that of the daemon's configuration");
    return Exit::kFine;
  }
  for (const std::string& line : lines_of(text.get<std::string>())) {
    session.out() << line << '\n';
  }
  return Exit::kFine;
}

Exit run_policy_history(Session& session, const PolicyOptions& options) {
  const std::optional<Json> answer = session.ask("policy.history", {{"id", options.id}});
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"NUMBER", "TIME", "ID", "VERSION", "BY"});
  for (const Json& record : at(*answer, "history")) {
    table.add({{text_at(record, "number")},
               {time_of(at(record, "time"))},
               {text_at(record, "id")},
               {at(record, "withdrawn") == true ? "withdrawn" : text_at(record, "version")},
               {text_at(record, "by")}});
  }
  table.print(session.out(), session.style());
  return Exit::kFine;
}

}  // namespace quotemill::cli
