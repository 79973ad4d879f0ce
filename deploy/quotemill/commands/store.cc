#include <filesystem>
#include <ostream>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

Exit run_store_check(Session& session) {
  constexpr int kPatienceMs = 3'600'000;  // it reads all there is
  transport::ControlAnswer answer = session.try_ask("store.check", Json::object(), kPatienceMs);
  if (const auto* error = std::get_if<transport::ControlError>(&answer)) {
    session.fail(*error);
    return session.exit();
  }
  const Json report = std::get<Json>(std::move(answer));
  const bool is_sound = at(report, "problems_found") == 0;
  if (!session.is_for_people()) {
    session.print(report);
    return is_sound ? Exit::kFine : Exit::kError;
  }
  for (const char* what :
       {"hosts", "appraisals", "boot_logs", "baselines", "policies", "changes", "acts"}) {
    session.out() << text_at(report, what) << ' ' << what << '\n';
  }
  for (const Json& problem : at(report, "problems")) {
    session.fail(text_of(problem), {});
  }
  if (!is_sound) {
    session.fail(text_at(report, "problems_found") + " problems",
                 "restore a backup, or ask for help with this list");
    return session.exit();
  }
  session.out() << "nothing is wrong\n";
  return Exit::kFine;
}

Exit run_backup(Session& session, const std::string& folder) {
  std::error_code failure;
  const std::string absolute = std::filesystem::absolute(folder, failure).string();
  constexpr int kPatienceMs = 600'000;
  transport::ControlAnswer answer =
      session.try_ask("backup", {{"folder", absolute}, {"operator", operator_name()}}, kPatienceMs);
  if (const auto* error = std::get_if<transport::ControlError>(&answer)) {
    session.fail(*error);
    return session.exit();
  }
  if (session.is_for_people()) {
    session.out() << "the store is copied to " << printable(absolute) << '\n';
    session.note("to restore: stop the daemon, put the folder in the place of its store");
  } else {
    session.print(std::get<Json>(answer));
  }
  return Exit::kFine;
}

}  // namespace quotemill::cli
