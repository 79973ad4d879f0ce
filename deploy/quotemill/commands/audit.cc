#include <algorithm>
#include <ostream>

#include "deploy/quotemill/commands/commands.h"

namespace quotemill::cli {

namespace {

constexpr std::uint64_t kPage = 1'000;  // the daemon's

Exit check_trail(Session& session) {
  const std::optional<Json> answer = session.ask("audit.verify");
  if (!answer) {
    return session.exit();
  }
  const bool is_intact = at(*answer, "intact") == true;
  if (!session.is_for_people()) {
    session.print(*answer);
  } else if (is_intact) {
    session.out() << text_at(*answer, "acts") << " acts, whole; the newest is "
                  << text_at(*answer, "head") << '\n';
  } else {
    session.fail("the trail is broken at act " + text_at(*answer, "broken_at"),
                 "somebody changed the store: compare with a backup");
    return session.exit();
  }
  return is_intact ? Exit::kFine : Exit::kError;
}

}  // namespace

Exit run_audit(Session& session, const AuditOptions& options) {
  if (options.is_check) {
    return check_trail(session);
  }
  const std::optional<Json> newest = session.ask("audit.list", {{"limit", 0}});
  if (!newest) {
    return session.exit();
  }
  const Json last = at(*newest, "last");
  const std::uint64_t end = last.is_number() ? last.get<std::uint64_t>() : 0;
  const std::uint64_t limit = std::min(options.limit, kPage);
  const std::optional<Json> answer =
      session.ask("audit.list", {{"from", end > limit ? end - limit + 1 : 1}, {"limit", limit}});
  if (!answer) {
    return session.exit();
  }
  if (session.settings().json) {
    session.print(*answer);
    return Exit::kFine;
  }
  Table table({"NUMBER", "TIME", "WHO", "WHAT", "TO"});
  for (const Json& act : at(*answer, "audit")) {
    table.add({{text_at(act, "number")},
               {time_of(at(act, "time"))},
               {text_at(act, "who")},
               {text_at(act, "verb")},
               {text_at(act, "subject")}});
  }
  table.print(session.out(), session.style());
  return Exit::kFine;
}

}  // namespace quotemill::cli
