// The inventory: hosts that are expected. A file goes to the daemon as it is, which alone reads it.
#include <ostream>

#include "deploy/common/text_file.h"
#include "deploy/quotemill/commands/commands.h"
#include "deploy/quotemill/commands/upload.h"
#include "engine/base/limits.h"

namespace quotemill::cli {

namespace {

Exit refuse(Session& session, const std::string& file, const Json& answer) {
  for (const Json& mistake : at(answer, "mistakes")) {
    session.fail(printable(file) + ":" + text_at(mistake, "line") + ":" +
                     text_at(mistake, "column") + ": " + text_at(mistake, "what"),
                 "");
  }
  session.fail("mistakes: " + text_at(answer, "mistakes_found") + "; nothing was imported",
               "the file is taken as a whole or not at all: correct it, and run it again");
  if (session.settings().json) {
    session.print(answer);
  }
  return Exit::kError;
}

}  // namespace

Exit run_inventory_import(Session& session, const std::string& file) {
  const Result<std::string> text = program::read_text_file(file, limits::kReferenceFileSizeMax);
  if (!text) {
    session.fail(text.error().detail, "give the name of an inventory, as CSV or JSON");
    return session.exit();
  }
  const std::optional<std::string> uploaded = upload(session, *text);
  if (!uploaded) {
    return session.exit();
  }
  const std::optional<Json> answer =
      session.change("inventory.import", {{"upload", *uploaded}, {"operator", operator_name()}});
  if (!answer) {
    return session.exit();
  }
  if (at(*answer, "mistakes_found") != 0) {
    return refuse(session, file, *answer);
  }
  if (!session.is_for_people()) {
    session.print(*answer);
    return Exit::kFine;
  }
  session.out() << (session.settings().is_dry_run ? "would import: " : "imported: ")
                << text_at(*answer, "expected") << " expected, " << text_at(*answer, "approved")
                << " admitted, " << text_at(*answer, "labelled") << " labelled, "
                << text_at(*answer, "unchanged") << " as they were\n";
  return Exit::kFine;
}

Exit run_inventory_list(Session& session) {
  Json rows = Json::array();
  for (Json after = nullptr;;) {
    const std::optional<Json> page = session.ask("inventory.list", {{"after", after}});
    if (!page) {
      return session.exit();
    }
    for (const Json& row : at(*page, "expected")) {
      rows.push_back(row);
    }
    after = at(*page, "next");
    if (after.is_null()) {
      break;
    }
  }
  if (session.settings().json) {
    session.print({{"expected", rows}});
    return Exit::kFine;
  }
  Table table({"HOST", "LISTED", "BY", "EK"});
  for (const Json& row : rows) {
    table.add({{text_at(row, "name")},
               {time_of(at(row, "listed"))},
               {text_at(row, "by")},
               {text_at(row, "ek_sha256")}});
  }
  table.print(session.out(), session.style());
  return Exit::kFine;
}

Exit run_inventory_remove(Session& session, const std::string& host) {
  const std::optional<Json> answer =
      session.change("inventory.remove", {{"host", host}, {"operator", operator_name()}});
  if (!answer) {
    return session.exit();
  }
  if (!session.is_for_people()) {
    session.print(*answer);
  } else {
    session.out() << (session.settings().is_dry_run ? "would expect " : "expects ")
                  << text_at(*answer, "name") << " no more\n";
  }
  return Exit::kFine;
}

}  // namespace quotemill::cli
