#include <ostream>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

Exit run_token_create(Session& session, const TokenOptions& options) {
  const std::optional<Json> token = session.change(
      "token.create",
      {{"count", options.count}, {"ttl_ms", options.ttl_ms}, {"operator", operator_name()}});
  if (!token) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*token);
    return Exit::kFine;
  }
  if (session.settings().is_dry_run) {
    session.out() << "would make a token for " << text_at(*token, "uses_left") << " hosts until "
                  << time_of(at(*token, "expires")) << '\n';
    return Exit::kFine;
  }
  // The token alone, so that it can go to a file or a pipe.
  session.out() << text_at(*token, "token") << '\n';
  session.note("good for " + text_at(*token, "uses_left") + " hosts until " +
               time_of(at(*token, "expires")) + "; it is not shown again");
  return Exit::kFine;
}

Exit run_token_list(Session& session) {
  const std::optional<Json> answer = session.ask("token.list");
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"ID", "STATE", "USES LEFT", "CREATED", "EXPIRES"});
  for (const Json& token : at(*answer, "tokens")) {
    table.add({{text_at(token, "id")},
               {text_at(token, "state")},
               {text_at(token, "uses_left")},
               {time_of(at(token, "created"))},
               {time_of(at(token, "expires"))}});
  }
  table.print(session.out(), session.style());
  return Exit::kFine;
}

Exit run_pending_list(Session& session) {
  const std::optional<Json> answer = session.ask("pending.list");
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"UID", "NAME", "EK SHA-256", "SINCE", "EXPIRES", "NOTE"});
  for (const Json& host : at(*answer, "pending")) {
    table.add({{text_at(host, "uuid")},
               {text_at(host, "name")},
               {text_at(host, "ek_sha256")},
               {time_of(at(host, "enrolled"))},
               {time_of(at(host, "expires"))},
               {text_at(host, "note")}});
  }
  table.print(session.out(), session.style());
  if (!at(*answer, "pending").empty()) {
    session.note("admit one with 'quotemill pending approve UID' after comparing its EK");
  }
  return Exit::kFine;
}

}  // namespace quotemill::cli
