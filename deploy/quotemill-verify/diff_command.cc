#include <iostream>

#include "deploy/quotemill-verify/commands.h"
#include "deploy/quotemill-verify/input_files.h"
#include "deploy/quotemill-verify/json_parts.h"
#include "engine/base/limits.h"
#include "engine/eventlog/diff/log_diff.h"

namespace quotemill::offline {
namespace {

// A log and the file that it borrows.
struct LogFile {
  Bytes bytes;
  BootLogReading reading;
};

// False, and why, if it is none.
bool load(const std::string& path, LogFile& file) {
  Result<Bytes> bytes = read_file(path, limits::kBootLogSizeMax);
  if (!bytes) {
    std::cerr << "quotemill-verify: " << bytes.error().to_string() << '\n';
    return false;
  }
  file.bytes = std::move(*bytes);
  file.reading = read_boot_log(file.bytes);
  if (file.reading.broken) {
    std::cerr << "quotemill-verify: " << path << ": " << file.reading.broken->to_string()
              << "; compared up to event " << file.reading.log.events.size() << '\n';
  }
  return !file.reading.log.events.empty();
}

Json index_of(const BootEvent* event) {
  return event == nullptr ? Json(nullptr) : Json(event->number);
}

Json bank_of(const LogDiff& diff) {
  return diff.bank ? Json(name_of(*diff.bank)) : Json(nullptr);
}

void print_json(const LogDiff& diff) {
  Json json = {{"bank", bank_of(diff)}, {"same", diff.same}};
  json["differences"] = Json::array();
  for (const LogDifference& difference : diff.differences) {
    const BootEvent& event = difference.after != nullptr ? *difference.after : *difference.before;
    json["differences"].push_back({{"change", name_of(difference.change)},
                                   {"pcr", event.pcr},
                                   {"before", index_of(difference.before)},
                                   {"after", index_of(difference.after)},
                                   {"message", words_of(difference, diff.bank)}});
  }
  std::cout << json.dump(2) << '\n';
}

void print_text(const LogDiff& diff) {
  for (const LogDifference& difference : diff.differences) {
    std::cout << words_of(difference, diff.bank) << '\n';
  }
  std::cout << diff.same << " events are the same, " << diff.differences.size()
            << (diff.differences.size() == 1 ? " differs\n" : " differ\n");
}

}  // namespace

int run_diff(const DiffOptions& options) {
  LogFile before;
  LogFile after;
  if (!load(options.before, before) || !load(options.after, after)) {
    return kExitNotJudged;
  }
  const LogDiff diff = diff_boot_logs(before.reading.log, after.reading.log);
  options.json ? print_json(diff) : print_text(diff);
  const bool broken = before.reading.broken.has_value() || after.reading.broken.has_value();
  return diff.differences.empty() && !broken ? kExitProven : kExitNotProven;
}

}  // namespace quotemill::offline
