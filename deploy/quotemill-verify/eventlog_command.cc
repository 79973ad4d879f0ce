#include <iostream>

#include "deploy/quotemill-verify/commands.h"
#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/log_report.h"
#include "engine/base/limits.h"

namespace quotemill::offline {
namespace {

int not_judged(const Error& error) {
  std::cerr << "quotemill-verify: " << error.to_string() << '\n';
  return kExitNotJudged;
}

Result<std::optional<DbxList>> read_dbx_list(const std::string& path) {
  if (path.empty()) {
    return std::optional<DbxList>();
  }
  const Result<Bytes> file = read_file(path, limits::kDbxListSizeMax);
  if (!file) {
    return file.error();
  }
  Result<DbxList> list = decode_dbx_list(*file);
  if (!list) {
    return list.error();
  }
  return std::optional(std::move(*list));
}

}  // namespace

int run_eventlog(const EventLogOptions& options) {
  const Result<Bytes> file = read_file(options.log, limits::kBootLogSizeMax);
  if (!file) {
    return not_judged(file.error());
  }
  const Result<std::optional<DbxList>> list = read_dbx_list(options.dbx_list);
  if (!list) {
    return not_judged(list.error());
  }
  LogReport report;
  const DbxList* const dbx_list = list->has_value() ? &**list : nullptr;
  if (options.final_events.empty()) {
    read_log(*file, dbx_list, report);
  } else {
    const Result<Bytes> table = read_file(options.final_events, limits::kBootLogSizeMax);
    if (!table) {
      return not_judged(table.error());
    }
    read_joined_log(*file, *table, dbx_list, report);
  }
  if (!options.userspace_log.empty()) {
    const Result<Bytes> userspace = read_file(options.userspace_log, limits::kUserspaceLogSizeMax);
    if (!userspace) {
      return not_judged(userspace.error());
    }
    add_userspace(*userspace, report);
  }
  options.json ? print_json(std::cout, report) : print_text(std::cout, report);
  return worst_of(report.findings) == Severity::kFail ? kExitNotProven : kExitProven;
}

}  // namespace quotemill::offline
