#include "deploy/quotemill/commands/baseline_listing.h"

#include <algorithm>
#include <iterator>

#include "deploy/quotemill/commands/baseline_name.h"

namespace quotemill::cli {

namespace {

Table table_of(std::span<const ValueColumn> columns) {
  std::vector<std::string> headers;
  std::transform(columns.begin(), columns.end(), std::back_inserter(headers),
                 [](const ValueColumn& column) { return column.header; });
  return Table(std::move(headers));
}

std::vector<Cell> row_of(const Json& value, std::span<const ValueColumn> columns) {
  std::vector<Cell> row;
  std::transform(columns.begin(), columns.end(), std::back_inserter(row),
                 [&value](const ValueColumn& column) { return Cell{text_at(value, column.key)}; });
  return row;
}

}  // namespace

Exit list_baseline(Session& session, const std::string& baseline, const BaselineListing& how) {
  const std::optional<BaselineName> named = parse_baseline_name(session, baseline);
  if (!named) {
    return session.exit();
  }
  Json args = name_args(*named);
  Table table = table_of(how.columns);
  for (Json next = 0; !next.is_null();) {
    args["from"] = next;
    const std::optional<Json> answer = session.ask("baseline.show", args);
    if (!answer || (how.is_meant != nullptr && !how.is_meant(session, *answer))) {
      return session.exit();
    }
    if (!session.is_for_people()) {
      session.print(*answer);  // a page each
    } else if (next == 0) {
      how.print_head(session, *answer);
    }
    for (const Json& value : at(*answer, "references")) {
      table.add(row_of(value, how.columns));
    }
    next = at(*answer, "next");
    // The version is that of the first page, whatever is imported meanwhile.
    args["version"] = at(*answer, "version");
  }
  if (session.is_for_people()) {
    table.print(session.out(), session.style());
  }
  return Exit::kFine;
}

}  // namespace quotemill::cli
