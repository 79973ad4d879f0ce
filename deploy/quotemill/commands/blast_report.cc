#include "deploy/quotemill/commands/blast_report.h"

#include <ostream>

namespace quotemill::cli {

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

std::optional<Json> change_with_blast(Session& session, const std::string& verb, Json args) {
  args["operator"] = operator_name();
  args["confirmed"] = session.settings().is_confirmed;
  const bool is_dry_run = session.settings().is_dry_run;
  if (session.is_for_people() && !is_dry_run) {
    const std::optional<Json> preview = session.ask(verb + ".check", args);
    if (!preview) {
      return std::nullopt;
    }
    if (at(*preview, "blast").is_object() && at(at(*preview, "blast"), "looked_at") != 0) {
      print_blast(session, at(*preview, "blast"));
    }
  }
  const std::optional<Json> answer = session.change(verb, args);
  if (answer && session.is_for_people() && is_dry_run && at(*answer, "blast").is_object()) {
    print_blast(session, at(*answer, "blast"));
  }
  return answer;
}

}  // namespace quotemill::cli
