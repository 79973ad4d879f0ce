#include "deploy/common/log.h"

// A line is the same wherever in the code it is written.
#define SD_JOURNAL_SUPPRESS_LOCATION

#include <cstdlib>
#include <unistd.h>
#include <vector>

#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

#include "deploy/common/journal_fields.h"
#include "engine/base/text.h"

namespace quotemill::program {
namespace {

constexpr std::size_t kValueMax = 1024;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string text_line(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line = safe_value(message);
  for (const auto& [key, value] : fields) {
    const std::string safe = safe_value(value);
    const bool needs_quotes = safe.empty() || safe.find_first_of(" =\"") != std::string::npos;
    line += ' ';
    line += key;
    line += '=';
    // Quotes inside are doubled, as in CSV: a value can never look like the next field.
    if (!needs_quotes) {
      line += safe;
      continue;
    }
    line += '"';
    for (const char c : safe) {
      line += c;
      if (c == '"') {
        line += c;
      }
    }
    line += '"';
  }
  return line;
}

// The time and level are spdlog's to add: see the pattern.
std::string json_members(std::string_view message, std::initializer_list<LogField> fields) {
  nlohmann::ordered_json json;
  json["message"] = safe_value(message);
  for (const auto& [key, value] : fields) {
    json[std::string(key)] = safe_value(value);
  }
  const std::string object = json.dump();
  return object.substr(1, object.size() - 2);
}

// JOURNAL_STREAM is inherited by whatever is started from a service; only if it names our own
// stderr, as "device:inode", does the journal read it (systemd.exec(5)).
bool started_by_journald() {
  const char* stream = std::getenv("JOURNAL_STREAM");  // NOLINT(concurrency-mt-unsafe)

  struct stat error {};

  return stream != nullptr && fstat(STDERR_FILENO, &error) == 0 &&
         std::to_string(error.st_dev) + ":" + std::to_string(error.st_ino) == stream;
}

void send_to_journal(std::vector<std::string> fields) {
  std::vector<iovec> parts;
  parts.reserve(fields.size());
  for (std::string& field : fields) {
    parts.push_back({field.data(), field.size()});
  }
  sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
}

}  // namespace

// What a host supplied was escaped where it came in: a second time would double its backslashes.
std::string safe_value(std::string_view text) {
  return printable(text.substr(0, kValueMax)) + (text.size() > kValueMax ? "..." : "");
}

Log::Log(std::string_view program, const LogSettings& settings) : format_(settings.format) {
  journal_as_ = format_ == LogFormat::kText && started_by_journald() ? program : "";
  logger_ = std::make_shared<spdlog::logger>("quotemilld",
                                             std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger_->set_pattern(format_ == LogFormat::kText
                           ? "%Y-%m-%dT%H:%M:%S.%eZ %l %v"
                           : R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})",
                       spdlog::pattern_time_type::utc);
  logger_->set_level(spdlog::level::from_str(settings.level));
  logger_->flush_on(spdlog::level::debug);
}

void Log::write(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields) const {
  const spdlog::level::level_enum at = spdlog_level(level);
  if (!logger_->should_log(at)) {
    return;
  }
  if (!journal_as_.empty()) {
    send_to_journal(journal_fields(level, journal_as_, text_line(message, fields), fields));
  } else {
    // Formatted by us already: never a format string of somebody else's.
    logger_->log(
        at, "{}",
        format_ == LogFormat::kText ? text_line(message, fields) : json_members(message, fields));
  }
}

}  // namespace quotemill::program
